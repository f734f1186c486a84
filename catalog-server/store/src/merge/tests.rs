//! The decision about one key, in every constellation.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::{Candidate, Mode, Modes, Outcome, Reason, three_way};
use crate::{Content, Entry, Expect, Key, NamespacePath, Operation, Precondition, Version};

fn ns(name: &str) -> NamespacePath {
    NamespacePath::new([name]).unwrap()
}

fn key() -> Key {
    Key::relation(ns("a"), "t").unwrap()
}

/// A version of the one table.
fn entry(seq: i64) -> Option<Entry> {
    let content = Content::Table { id: Uuid::from_u128(1), metadata_location: format!("m{seq}") };
    Some(Entry { content, version: Version { branch_id: 1, seq } })
}

fn space(id: u128, value: &str) -> Option<Entry> {
    let properties = BTreeMap::from([("p".into(), value.into())]);
    let content = Content::Namespace { id: Uuid::from_u128(id), properties };
    Some(Entry { content, version: Version { branch_id: 1, seq: 1 } })
}

fn decided(bases: &[Option<Entry>], source: Option<Entry>, target: Option<Entry>, mode: Mode) -> Outcome {
    let candidate = Candidate { key: key(), bases: bases.to_vec(), source, target };
    three_way(vec![candidate], &Modes { default: mode, keys: HashMap::new() })
}

fn put(content: Option<Entry>, expect: Expect) -> Outcome {
    // Where there is something, it is the same table here.
    let arrivals = if expect == Expect::Absent { vec![key()] } else { vec![] };
    let operation = Operation::Put { key: key(), expect, content: content.unwrap().content, locations: None };
    let preconditions = vec![Precondition::Exists(ns("a"))];
    Outcome { operations: vec![operation], preconditions, arrivals, clashes: vec![] }
}

fn at(seq: i64) -> Expect {
    Expect::Version(Version { branch_id: 1, seq })
}

#[test]
fn what_only_the_source_changed_is_taken() {
    let taken = |base, source, target| decided(&[base], source, target, Mode::Normal);
    assert_eq!(taken(entry(1), entry(2), entry(1)), put(entry(2), at(1)));
    assert_eq!(taken(None, entry(2), None), put(entry(2), Expect::Absent));
    let delete = Operation::Delete { key: key(), expect: at(1), purge: false };
    assert_eq!(taken(entry(1), None, entry(1)).operations, [delete]);
}

#[test]
fn what_only_the_target_changed_or_both_alike_stays() {
    for (base, source, target) in [
        (entry(1), entry(1), entry(2)),
        (entry(1), entry(1), None),
        (None, None, entry(2)),
        (entry(1), entry(2), entry(2)),
        (entry(1), None, None),
        (None, entry(1), entry(1)),
    ] {
        assert_eq!(decided(&[base], source, target, Mode::Normal), Outcome::default());
    }
}

#[test]
fn what_both_changed_is_a_clash_unless_a_mode_decides() {
    for (base, source, target) in [
        (entry(1), entry(2), entry(3)),
        (entry(1), None, entry(3)),
        (entry(1), entry(2), None),
        (None, entry(2), entry(3)),
    ] {
        let clash =
            decided(std::slice::from_ref(&base), source.clone(), target.clone(), Mode::Normal).clashes.remove(0);
        assert_eq!((clash.key, clash.reason), (key(), Reason::BothChanged));
        assert_eq!((clash.base, clash.source, clash.target), (base.clone(), source.clone(), target.clone()));
        assert_eq!(
            decided(std::slice::from_ref(&base), source.clone(), target.clone(), Mode::Ours),
            Outcome::default()
        );
        let theirs = decided(&[base], source, target, Mode::Theirs);
        assert_eq!((theirs.operations.len(), theirs.clashes.len()), (1, 0));
    }
}

#[test]
fn a_mode_of_a_key_stands_above_the_default() {
    let candidate = Candidate { key: key(), bases: vec![entry(1)], source: entry(2), target: entry(3) };
    let modes = Modes { default: Mode::Theirs, keys: HashMap::from([(key(), Mode::Ours)]) };
    assert_eq!(three_way(vec![candidate.clone()], &modes), Outcome::default());
    let modes = Modes { default: Mode::Ours, keys: HashMap::from([(key(), Mode::Theirs)]) };
    assert_eq!(three_way(vec![candidate], &modes), put(entry(2), at(3)));
}

#[test]
fn bases_that_disagree_are_no_base() {
    let (one, two) = (entry(1), entry(2));
    assert_eq!(decided(&[one.clone(), one.clone()], two.clone(), one.clone(), Mode::Normal).operations.len(), 1);
    assert_eq!(decided(&[one.clone(), two.clone()], two.clone(), one.clone(), Mode::Normal).clashes.len(), 1);
    assert_eq!(decided(&[one, two.clone()], two.clone(), two, Mode::Normal), Outcome::default());
    assert_eq!(decided(&[], entry(1), None, Mode::Normal), put(entry(1), Expect::Absent));
}

#[test]
fn a_namespace_is_its_properties_and_keeps_the_targets_id() {
    let path = ns("a").key().unwrap();
    let merge = |base, source, target| {
        three_way(vec![Candidate { key: path.clone(), bases: vec![base], source, target }], &Modes::default())
    };
    assert_eq!(merge(None, space(1, "x"), space(2, "x")), Outcome::default());
    assert_eq!(merge(None, space(1, "x"), space(2, "y")).clashes.len(), 1);
    let taken = merge(space(1, "x"), space(1, "y"), space(2, "x"));
    assert!(
        matches!(&taken.operations[..], [Operation::Put { content, .. }] if *content == space(2, "y").unwrap().content)
    );
    assert_eq!(taken.preconditions, []);
    let gone = merge(space(1, "x"), None, space(1, "x"));
    assert_eq!(gone.preconditions, [Precondition::Empty(ns("a"))]);
}
