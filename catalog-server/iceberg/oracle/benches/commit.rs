//! What a commit costs as a table grows: a plain copy of the document's bytes, `iceberg-model` and the `iceberg` crate
//! in the same run. Read the document, append a snapshot, write the next. By hand: `cargo bench --bench commit`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark times itself and may fail")]

use bytes::Bytes;
use iceberg::TableUpdate;
use iceberg_model::{Applied, ApplyContext, Update};
use serde::de::DeserializeOwned;
use serde_json::Value;

#[path = "../../benches/commit/clock.rs"]
mod clock;
#[path = "../../benches/commit/table.rs"]
mod table;

use clock::{fastest, micros};

fn main() {
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>10}",
        "snapshots", "KiB", "copy", "ours", "crate", "ours/copy", "crate/ours"
    );
    for count in [10, 500, 5_000] {
        let document = Bytes::from(table::document(count));
        let updates = table::append(count);
        let (our_updates, their_updates) = (read(&updates), read(&updates));
        let rounds = if count > 1_000 { 60 } else { 600 };
        let copy = fastest(rounds, || document.to_vec());
        let ours = fastest(rounds, || ours(&document, &our_updates));
        let theirs = fastest(rounds.min(40), || theirs(&document, &their_updates));
        println!(
            "{count:>9} {:>9} {:>9} {:>9} {:>9} {:>9.2} {:>10.0}",
            document.len() / 1024,
            micros(copy),
            micros(ours),
            micros(theirs),
            ours.as_secs_f64() / copy.as_secs_f64(),
            theirs.as_secs_f64() / ours.as_secs_f64(),
        );
    }
}

fn read<T: DeserializeOwned>(updates: &[Value]) -> Vec<T> {
    updates.iter().map(|update| serde_json::from_str(&update.to_string()).unwrap()).collect()
}

fn ours(document: &Bytes, updates: &[Update]) -> Vec<u8> {
    let base = iceberg_model::TableMetadata::parse_trusted(document).unwrap();
    let context = ApplyContext { now_ms: table::NOW, previous_file: Some(table::FILE) };
    match iceberg_model::apply(Some(&base), updates, context).unwrap() {
        Applied::Changed(next) => next.to_bytes(),
        Applied::Unchanged => panic!("nothing changed"),
    }
}

fn theirs(document: &Bytes, updates: &[TableUpdate]) -> Vec<u8> {
    let base: iceberg::spec::TableMetadata = serde_json::from_slice(document).unwrap();
    let mut builder = base.into_builder(Some(table::FILE.to_owned()));
    for update in updates {
        builder = update.clone().apply(builder).unwrap();
    }
    serde_json::to_vec(&builder.build().unwrap().metadata).unwrap()
}
