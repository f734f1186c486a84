//! `add-sort-order` and `set-default-sort-order`.

use crate::apply::{Draft, next_id};
use crate::error::{ApplyError, invalid};
use crate::metadata::NO_ID;
use crate::schema::SchemaIndex;
use crate::sort::{FIRST_ID, SortOrder, UNSORTED_ID};

impl Draft<'_> {
    /// The request's order id means nothing. The same order is found again and counts as the last one added; the order
    /// without fields always has id 0.
    pub(super) fn add_sort_order(&mut self, order: &SortOrder) -> Result<(), ApplyError> {
        let orders = &self.metadata.sort_orders;
        if let Some(same) = orders.iter().find(|other| other.same_order(order)) {
            self.last_added_order = Some(same.id);
            return Ok(());
        }
        let id =
            if order.is_unsorted() { UNSORTED_ID } else { next_id(FIRST_ID, orders.iter().map(|order| order.id))? };
        let Some(schema) = self.schema() else {
            return invalid("Attempting to add a sort order before a schema is added");
        };
        order.check_new(&SchemaIndex::new(schema)?)?;
        self.metadata.sort_orders.push(SortOrder { id, ..order.clone() });
        self.last_added_order = Some(id);
        self.changed = true;
        Ok(())
    }

    pub(super) fn set_default_sort_order(&mut self, id: i32) -> Result<(), ApplyError> {
        let id = match (id, self.last_added_order) {
            (NO_ID, Some(added)) => added,
            (NO_ID, None) => return invalid("Cannot set last added sort order: no sort order has been added"),
            (id, _) => id,
        };
        if id == self.metadata.default_sort_order_id {
            return Ok(());
        }
        if !self.metadata.sort_orders.iter().any(|order| order.id == id) {
            return invalid(format!("Cannot set default sort order to unknown sort order: {id}"));
        }
        self.metadata.default_sort_order_id = id;
        self.layout_changed = true;
        self.changed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::TableMetadata;
    use crate::fixture::{changed, is_unchanged, refused, table};

    fn add(sources: &[i32]) -> Value {
        let field = |id: &i32| json!({"source-id": id, "transform": "identity", "direction": "asc", "null-order": "nulls-first"});
        let fields: Vec<Value> = sources.iter().map(field).collect();
        json!({"action": "add-sort-order", "sort-order": {"order-id": 31, "fields": fields}})
    }

    fn set(id: i32) -> Value {
        json!({"action": "set-default-sort-order", "sort-order-id": id})
    }

    fn ids(table: &TableMetadata) -> Vec<i32> {
        table.sort_orders().iter().map(|order| order.id).collect()
    }

    #[test]
    fn orders_are_numbered_from_one_and_no_order_is_zero() {
        let next = changed(&table(), &[add(&[1]), set(-1), add(&[2, 1])]);
        assert_eq!((ids(&next), next.default_sort_order_id()), (vec![0, 1, 2], 1));
        assert!(is_unchanged(&next, &[add(&[1]), set(-1)]));
        let back = changed(&next, &[add(&[]), set(-1)]);
        assert_eq!((ids(&back), back.default_sort_order_id()), (vec![0, 1, 2], 0));
    }

    #[test]
    fn an_unknown_order_cannot_be_the_default() {
        assert_eq!(refused(&table(), &[set(4)]), "Cannot set default sort order to unknown sort order: 4");
        assert_eq!(refused(&table(), &[set(-1)]), "Cannot set last added sort order: no sort order has been added");
    }

    #[test]
    fn an_order_by_a_missing_column_is_refused() {
        assert_eq!(
            refused(&table(), &[add(&[90])]),
            "Cannot find source column for sort field: identity(90) ASC NULLS FIRST"
        );
    }
}
