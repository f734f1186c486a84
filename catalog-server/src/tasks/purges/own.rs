//! Which files are a content's own. Pure.
//!
//! A content that was made here holds its locations for itself alone: whatever its manifests name below them is its own.
//! One that was registered came with files of somebody else's, who may still use them. There only that is its own which
//! a snapshot added that it did not come with.

use std::collections::HashSet;

use uuid::Uuid;

use crate::locations::Location;

/// What a content may delete.
#[derive(Clone, Debug)]
pub(in crate::tasks) struct Own {
    /// The locations that it holds: normal, with a trailing `/`.
    pub(in crate::tasks) held: Vec<String>,
    /// Of a registered content, the snapshots that it did not come with; `None` for one that was made here.
    pub(in crate::tasks) added: Option<HashSet<i64>>,
}

impl Own {
    /// Where the file is, if it is the content's own. `snapshot` is the one that added it.
    pub(in crate::tasks) fn address(&self, location: &str, snapshot: Option<i64>) -> Option<String> {
        let ours = match &self.added {
            None => true,
            Some(added) => snapshot.is_some_and(|id| added.contains(&id)),
        };
        if ours { self.within(location) } else { None }
    }

    /// Where the file is, if it lies below what the content holds, and not in its place.
    pub(in crate::tasks) fn within(&self, location: &str) -> Option<String> {
        let location = Location::parse(location).ok()?;
        let below = |held: &String| location.normal().starts_with(held.as_str()) && location.normal() != held.as_str();
        self.held.iter().any(below).then(|| location.address().to_owned())
    }
}

/// True for a content that was made here: the ids of those that are registered tell no time.
pub(in crate::tasks) fn made_here(content: Uuid) -> bool {
    content.get_version_num() == 7
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(added: Option<&[i64]>) -> Own {
        Own {
            held: vec!["s3://b/t/".into(), "file:///d/".into()],
            added: added.map(|ids| ids.iter().copied().collect()),
        }
    }

    #[test]
    fn only_what_lies_below_a_held_location_is_its_own() {
        let own = own(None);
        assert_eq!(own.address("s3a://b/t/data/x.parquet", None).as_deref(), Some("s3://b/t/data/x.parquet"));
        assert_eq!(own.address("file:/d/x", Some(1)).as_deref(), Some("file:///d/x"));
        for other in
            ["s3://b/t2/x", "s3://b/x", "s3://b/t", "s3://b/t/../x", "s3://b/t/%2e%2e/x", "s3://b/t//x", "/d/x", ""]
        {
            assert_eq!(own.address(other, None), None, "{other}");
        }
    }

    #[test]
    fn of_a_registered_table_only_what_was_added_later_is_its_own() {
        let own = own(Some(&[7]));
        assert!(own.address("s3://b/t/x", Some(7)).is_some());
        assert!(own.address("s3://b/t/x", Some(6)).is_none());
        assert!(own.address("s3://b/t/x", None).is_none());
        assert!(own.address("s3://b/u/x", Some(7)).is_none());
    }
}
