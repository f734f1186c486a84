//! Every way into the crate for one text: each must end in a value that lasts or in an error.

use std::sync::LazyLock;

use bytes::Bytes;
use iceberg_model::{
    Applied, AppliedView, ApplyContext, PartitionSpec, Requirement, Schema, Snapshot, SortOrder, TableMetadata, Update,
    ViewMetadata, ViewRequirement, ViewUpdate, ViewVersion, apply, apply_view, check, check_view,
};
use serde::de::DeserializeOwned;

const TABLES: [&[u8]; 3] = [
    include_bytes!("../documents/old-v1.metadata.json"),
    include_bytes!("../documents/spark-v2.metadata.json"),
    include_bytes!("../documents/spark-v3.metadata.json"),
];
const VIEW: &[u8] = include_bytes!("../documents/spark-view.metadata.json");

static BASES: LazyLock<Vec<TableMetadata>> =
    LazyLock::new(|| TABLES.iter().filter_map(|table| TableMetadata::parse(table).ok()).collect());
static VIEW_BASE: LazyLock<Option<ViewMetadata>> = LazyLock::new(|| ViewMetadata::parse(VIEW).ok());

/// Panics if something is wrong; else says in how many ways `bytes` were a value.
pub(crate) fn exercise(bytes: &[u8]) -> usize {
    let read = [
        table(bytes),
        trusted_table(bytes),
        view(bytes),
        updates(bytes),
        view_updates(bytes),
        requirement(bytes),
        is::<Schema>(bytes),
        is::<PartitionSpec>(bytes),
        is::<SortOrder>(bytes),
        is::<Snapshot>(bytes),
        is::<ViewVersion>(bytes),
    ];
    read.into_iter().filter(|read| *read).count()
}

fn table(bytes: &[u8]) -> bool {
    let Ok(metadata) = TableMetadata::parse(bytes) else { return false };
    let written = metadata.to_bytes();
    assert_eq!(TableMetadata::parse(&written).as_ref(), Ok(&metadata), "what was written is read as something else");
    let trusted = TableMetadata::parse_trusted(&Bytes::copy_from_slice(bytes));
    assert_eq!(trusted.as_ref(), Ok(&metadata), "what is trusted is read as something else");
    assert!(metadata.with_referenced_snapshots().is_ok());
    true
}

fn trusted_table(bytes: &[u8]) -> bool {
    let Ok(metadata) = TableMetadata::parse_trusted(&Bytes::copy_from_slice(bytes)) else { return false };
    let _outcome = (metadata.snapshots().is_ok(), metadata.snapshot_log().is_ok(), metadata.to_bytes());
    let update = r#"{"action": "set-properties", "updates": {"a": "b"}}"#;
    let update: Option<Update> = serde_json::from_str(update).ok();
    let _outcome = apply(Some(&metadata), update.as_slice(), ApplyContext { now_ms: 0, previous_file: Some("f") });
    true
}

fn view(bytes: &[u8]) -> bool {
    let Ok(metadata) = ViewMetadata::parse(bytes) else { return false };
    assert_eq!(ViewMetadata::parse(&metadata.to_bytes()).as_ref(), Ok(&metadata));
    true
}

fn updates(bytes: &[u8]) -> bool {
    let Some(updates) = one_or_many::<Update>(bytes) else { return false };
    let context = ApplyContext { now_ms: 1_800_000_000_000, previous_file: Some("s3://lake/f.metadata.json") };
    for base in BASES.iter().map(Some).chain([None]) {
        if let Ok(Applied::Changed(next)) = apply(base, &updates, context) {
            assert_eq!(TableMetadata::parse(&next.to_bytes()).as_ref(), Ok(&next), "a commit made what cannot be read");
        }
    }
    true
}

fn view_updates(bytes: &[u8]) -> bool {
    let Some(updates) = one_or_many::<ViewUpdate>(bytes) else { return false };
    if let Some(base) = VIEW_BASE.as_ref()
        && let Ok(AppliedView::Changed(next)) = apply_view(base, &updates, 1_800_000_000_000)
    {
        assert_eq!(ViewMetadata::parse(&next.to_bytes()).as_ref(), Ok(&next), "a commit made what cannot be read");
    }
    true
}

fn requirement(bytes: &[u8]) -> bool {
    let table = one_or_many::<Requirement>(bytes);
    let _outcome = table.as_ref().map(|table| check(table, BASES.first()));
    let view = one_or_many::<ViewRequirement>(bytes);
    let _outcome = view.as_ref().zip(VIEW_BASE.as_ref()).map(|(view, base)| check_view(view, base));
    table.is_some() || view.is_some()
}

fn is<T: DeserializeOwned>(bytes: &[u8]) -> bool {
    serde_json::from_slice::<T>(bytes).is_ok()
}

fn one_or_many<T: DeserializeOwned>(bytes: &[u8]) -> Option<Vec<T>> {
    serde_json::from_slice(bytes).or_else(|_| serde_json::from_slice(bytes).map(|one| vec![one])).ok()
}
