//! Field ids of a new table: the client's are only good for finding its partition and sort sources.

use std::collections::HashMap;

use crate::schema::Schema;
use crate::types::{Field, ListType, MapType, StructType, Type};

/// A schema with ids from 1, and what became of the old ids.
pub(crate) struct FreshSchema {
    pub(crate) schema: Schema,
    /// Old field id to new.
    pub(crate) ids: HashMap<i32, i32>,
    pub(crate) last_column_id: i32,
}

impl FreshSchema {
    /// Ids are given level by level: a struct's fields first, then what is inside each of them, as the reference
    /// implementation does, so that the same request makes the same ids on every catalog.
    pub(crate) fn new(schema: Schema, id: i32) -> Self {
        let mut fresh = Numbering { last: 0, ids: HashMap::new() };
        let Schema { id: _, fields, identifier_field_ids, unknown } = schema;
        let fields = fresh.fields(fields);
        let Numbering { last, ids } = fresh;
        let identifier_field_ids = identifier_field_ids.iter().filter_map(|id| ids.get(id).copied()).collect();
        Self { schema: Schema { id, fields, identifier_field_ids, unknown }, ids, last_column_id: last }
    }
}

struct Numbering {
    last: i32,
    ids: HashMap<i32, i32>,
}

impl Numbering {
    fn next(&mut self, old: i32) -> i32 {
        self.last += 1;
        self.ids.insert(old, self.last);
        self.last
    }

    fn fields(&mut self, mut fields: Vec<Field>) -> Vec<Field> {
        for field in &mut fields {
            field.id = self.next(field.id);
        }
        fields.into_iter().map(|field| Field { field_type: self.within(field.field_type), ..field }).collect()
    }

    fn within(&mut self, field_type: Type) -> Type {
        match field_type {
            Type::Primitive(_) => field_type,
            Type::Struct(StructType { fields, unknown }) => {
                Type::Struct(StructType { fields: self.fields(fields), unknown })
            }
            Type::List(list) => {
                let ListType { element_id, element_required, element, unknown } = *list;
                let element_id = self.next(element_id);
                let element = self.within(element);
                Type::List(Box::new(ListType { element_id, element_required, element, unknown }))
            }
            Type::Map(map) => {
                let MapType { key_id, key, value_id, value_required, value, unknown } = *map;
                let (key_id, value_id) = (self.next(key_id), self.next(value_id));
                let (key, value) = (self.within(key), self.within(value));
                Type::Map(Box::new(MapType { key_id, key, value_id, value_required, value, unknown }))
            }
        }
    }
}
