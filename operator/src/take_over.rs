//! The word of a user that takes a schema, or a warehouse, from its live owner. It counts once: of two that both bear it, the
//! second takes what the first had, and that is the end of it.

use kube::api::ObjectMeta;

/// With the value `true` on a Catalog it takes the schema of its database from another Catalog, on a Warehouse the
/// warehouse of its name.
pub const TAKE_OVER: &str = "catalog.pangolin.dev/take-over";

/// Whether the resource may take now. `used` is what its status says.
pub(crate) fn due(metadata: &ObjectMeta, used: bool) -> bool {
    asked(metadata) && !used
}

/// What its status says from now on: whoever bears the word and has what it wants has used it, and whoever takes it off
/// may use it again. `has` is true if it has it now.
pub(crate) fn used(metadata: &ObjectMeta, used: bool, has: bool) -> bool {
    asked(metadata) && (used || has)
}

fn asked(metadata: &ObjectMeta) -> bool {
    metadata.annotations.iter().flatten().any(|(key, value)| key == TAKE_OVER && value == "true")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(value: &str) -> ObjectMeta {
        let annotations = Some([(TAKE_OVER.to_owned(), value.to_owned())].into());
        ObjectMeta { annotations, ..ObjectMeta::default() }
    }

    #[test]
    fn it_counts_once_and_again_when_it_was_taken_off() {
        let (bears, bare) = (with("true"), ObjectMeta::default());
        assert!(due(&bears, false) && !due(&bare, false) && !due(&with("yes"), false));
        assert!(!used(&bears, false, false));
        assert!(used(&bears, false, true));
        assert!(!due(&bears, true) && used(&bears, true, false));
        assert!(!used(&bare, true, true));
    }

    #[test]
    fn two_that_bear_it_take_from_each_other_once() {
        let (bears, mut holder, mut takings) = (with("true"), 0, 0);
        let mut spent = [false, false];
        for turn in 0..20 {
            let me = turn % 2;
            if holder != me && due(&bears, spent[me]) {
                (holder, takings) = (me, takings + 1);
            }
            spent[me] = used(&bears, spent[me], holder == me);
        }
        assert_eq!((holder, takings), (1, 1));
    }
}
