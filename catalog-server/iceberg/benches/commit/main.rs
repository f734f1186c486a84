//! What a commit costs as a table grows: read the document, append a snapshot, write the next; beside a plain copy of
//! the same bytes. `check` is the reading of a document from elsewhere, with all that is in it. By hand: `cargo bench -p iceberg-model`.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a benchmark times itself and may fail")]

mod clock;
mod table;

use bytes::Bytes;
use iceberg_model::{Applied, ApplyContext, TableMetadata, Update, apply};

use clock::{fastest, micros};

fn main() {
    println!(
        "{:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7}",
        "snapshots", "KiB", "copy", "check", "parse", "append", "write", "commit", "×copy"
    );
    for count in [10, 500, 5_000] {
        let document = Bytes::from(table::document(count));
        let update: Vec<Update> =
            table::append(count).iter().map(|update| serde_json::from_str(&update.to_string()).unwrap()).collect();
        let rounds = if count > 1_000 { 60 } else { 600 };
        let base = TableMetadata::parse_trusted(&document).unwrap();
        let copy = fastest(rounds, || document.to_vec());
        let check = fastest(rounds, || TableMetadata::parse(&document).unwrap());
        let parse = fastest(rounds, || TableMetadata::parse_trusted(&document).unwrap());
        let applied = fastest(rounds, || next(&base, &update));
        let written = next(&base, &update);
        let write = fastest(rounds, || written.to_bytes());
        let commit = fastest(rounds, || next(&TableMetadata::parse_trusted(&document).unwrap(), &update).to_bytes());
        println!(
            "{count:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>9} {:>7.2}",
            document.len() / 1024,
            micros(copy),
            micros(check),
            micros(parse),
            micros(applied),
            micros(write),
            micros(commit),
            commit.as_secs_f64() / copy.as_secs_f64()
        );
    }
}

fn next(base: &TableMetadata, update: &[Update]) -> TableMetadata {
    let context = ApplyContext { now_ms: table::NOW, previous_file: Some(table::FILE) };
    match apply(Some(base), update, context).unwrap() {
        Applied::Changed(next) => next,
        Applied::Unchanged => panic!("nothing changed"),
    }
}
