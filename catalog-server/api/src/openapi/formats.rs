//! Schemas of types that are not ours. Feature flags of `schemars` would do, and would build half of the workspace anew.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

macro_rules! formats {
    ($($(#[$doc:meta])* $name:ident = $format:literal,)*) => {
        $(
            $(#[$doc])*
            pub(crate) struct $name;

            impl JsonSchema for $name {
                fn inline_schema() -> bool {
                    true
                }

                fn schema_name() -> Cow<'static, str> {
                    stringify!($name).into()
                }

                fn json_schema(_: &mut SchemaGenerator) -> Schema {
                    json_schema!({"type": "string", "format": $format})
                }
            }
        )*
    };
}

formats! {
    /// RFC 3339: `jiff::Timestamp`.
    DateTime = "date-time",
    /// `uuid::Uuid`.
    Uuid = "uuid",
}
