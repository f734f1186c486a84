//! Table properties: the few that the catalog itself obeys.

use std::collections::BTreeMap;

use crate::error::{ApplyError, invalid};
use crate::json::{ObjectWriter, Unknown, WriteJson};
use crate::schema::SchemaIndex;

/// A table's properties.
pub type Properties = BTreeMap<String, String>;

/// Sets the version of a new table and upgrades an old one; never stored.
pub(crate) const FORMAT_VERSION: &str = "format-version";
/// How many old metadata files the log keeps.
pub(crate) const PREVIOUS_VERSIONS_MAX: &str = "write.metadata.previous-versions-max";
const PREVIOUS_VERSIONS_MAX_DEFAULT: usize = 100;
const METRICS_COLUMN_PREFIX: &str = "write.metadata.metrics.column.";

/// Properties that steer an operation or show state, and so are never stored.
const RESERVED: [&str; 9] = [
    FORMAT_VERSION,
    "uuid",
    "snapshot-count",
    "current-snapshot-summary",
    "current-snapshot-id",
    "current-snapshot-timestamp-ms",
    "current-schema",
    "default-partition-spec",
    "default-sort-order",
];

/// Set on new tables unless the client says otherwise, as the reference implementation does: readers that know no
/// such property take an older default.
const NEW_TABLE_DEFAULTS: [(&str, &str); 1] = [("write.parquet.compression-codec", "zstd")];

const COMMIT_NUMBERS: [&str; 4] = [
    "commit.retry.num-retries",
    "commit.retry.min-wait-ms",
    "commit.retry.max-wait-ms",
    "commit.retry.total-timeout-ms",
];

/// Whether `key` is a property that is never stored.
pub fn is_reserved(key: &str) -> bool {
    RESERVED.contains(&key)
}

/// What is stored of the properties of a create request.
pub(crate) fn of_new_table(requested: Properties) -> Properties {
    let defaults = NEW_TABLE_DEFAULTS.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    let mut stored: Properties = defaults.collect();
    stored.extend(requested.into_iter().filter(|(key, _)| !is_reserved(key)));
    stored
}

/// The format version that properties ask for.
pub(crate) fn format_version(properties: &Properties) -> Result<Option<i64>, ApplyError> {
    let Some(text) = properties.get(FORMAT_VERSION) else { return Ok(None) };
    match text.trim().parse() {
        Ok(version) => Ok(Some(version)),
        Err(_) => invalid(format!("Table property {FORMAT_VERSION} must have integer value, not {text}")),
    }
}

/// Refuses values that no writer could obey.
pub(crate) fn check_values(properties: &Properties) -> Result<(), ApplyError> {
    for key in COMMIT_NUMBERS {
        let Some(text) = properties.get(key) else { continue };
        match text.trim().parse::<i64>() {
            Ok(0..) => {}
            Ok(_) => return invalid(format!("Table property {key} must have non negative integer value")),
            Err(_) => return invalid(format!("Table property {key} must have integer value")),
        }
    }
    match properties.get(PREVIOUS_VERSIONS_MAX) {
        Some(text) if text.trim().parse::<i64>().is_err() => {
            invalid(format!("Table property {PREVIOUS_VERSIONS_MAX} must have integer value"))
        }
        _ => Ok(()),
    }
}

/// Refuses metrics modes for columns that do not exist.
pub(crate) fn check_metrics_columns(properties: &Properties, schema: &SchemaIndex<'_>) -> Result<(), ApplyError> {
    for key in properties.keys() {
        let Some(column) = key.strip_prefix(METRICS_COLUMN_PREFIX) else { continue };
        if schema.by_name(column).is_none() {
            return invalid(format!(
                "Invalid metrics config, could not find column {column} from table prop {key} in schema"
            ));
        }
    }
    Ok(())
}

/// How many old metadata files the log keeps: at least one, 100 if nothing legible is said.
pub(crate) fn previous_versions_max(properties: &Properties) -> usize {
    let said = properties.get(PREVIOUS_VERSIONS_MAX).and_then(|text| text.trim().parse::<i64>().ok());
    said.map_or(PREVIOUS_VERSIONS_MAX_DEFAULT, |max| usize::try_from(max).unwrap_or(1).max(1))
}

impl WriteJson for Properties {
    fn write_json(&self, out: &mut Vec<u8>) {
        let mut object = ObjectWriter::new(out);
        for (key, value) in self {
            object.field(key, value);
        }
        object.end(&Unknown::new());
    }
}
