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
        let Some(schema) = self.metadata.current_schema() else {
            return invalid("Attempting to add a sort order before a schema is current");
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
