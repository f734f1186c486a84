//! The names in the loaded warehouse, and changes of its tables.

use catalog_store::{Branch, CommitRequest, Content, Expect, Ids, Key, TreeStore, View};

use crate::bench::ground::{Ground, namespace, put};
use crate::failure::{Attempt, Failure, Outcome};

/// The key of a namespace, counted from 1.
pub(super) fn space(k: u32) -> Outcome<Key> {
    namespace(&format!("n{k}"))?.key().ok_or_else(|| Failure::new("a namespace has no key"))
}

/// The key of a table of a namespace, both counted from 1.
pub(super) fn table(k: u32, t: u32) -> Outcome<Key> {
    Key::relation(namespace(&format!("n{k}"))?, format!("t{t:06}")).attempt("name a table")
}

/// A table somewhere among a hundred thousand of a namespace.
pub(super) fn somewhere(round: u64) -> Outcome<Key> {
    let number = u32::try_from(round).unwrap_or_default();
    table(number % 10 + 1, number.wrapping_mul(7_919) % 100_000 + 1)
}

/// A new metadata file for each of some tables as a branch sees them, a commit each.
pub(super) async fn updates(ground: &Ground, branch: &Branch, keys: Vec<Key>) -> Outcome<Vec<CommitRequest>> {
    let mut requests = Vec::with_capacity(keys.len());
    for key in keys {
        let found = ground.store.look(&View::head(branch), &key).await.attempt("look for a table")?;
        let content = found.ok_or_else(|| Failure::new(format!("{key} is not there")))?.content;
        let from = content.metadata_location().unwrap_or_default();
        let (folder, _) = from.rsplit_once('/').unwrap_or_default();
        let metadata_location = format!("{folder}/00001-{}.metadata.json", Ids.random());
        let expect = Expect::Location(from.to_owned());
        requests.push(put(key, expect, Content::Table { id: content.id(), metadata_location }, None));
    }
    Ok(requests)
}
