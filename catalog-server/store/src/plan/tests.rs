use std::collections::{BTreeMap, HashSet};

use jiff::Timestamp;
use uuid::Uuid;

use super::{Head, NameRow, Plan, PurgeRow, State, plan};
use crate::{
    Branch, Class, Commit, CommitError, CommitRequest, Content, Entry, Expect, Found, Key, NamespacePath, Operation,
    Precondition, Version,
};

const BRANCH: i64 = 42;

fn branch() -> Branch {
    Branch { id: BRANCH, warehouse_id: 1, name: "main".into(), protected: false, lineage: vec![], upto: vec![] }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn id(n: u128) -> Uuid {
    Uuid::from_u128(n)
}

fn ns(name: &str) -> NamespacePath {
    NamespacePath::new(name.split('.')).unwrap()
}

fn table_key(ns_name: &str, name: &str) -> Key {
    Key::relation(ns(ns_name), name).unwrap()
}

fn table(n: u128, location: &str) -> Content {
    Content::Table { id: id(n), metadata_location: location.into() }
}

fn view(n: u128, location: &str) -> Content {
    Content::View { id: id(n), metadata_location: location.into() }
}

fn namespace(n: u128) -> Content {
    Content::Namespace { id: id(n), properties: BTreeMap::new() }
}

fn at_location(location: &str) -> Expect {
    Expect::Location(location.into())
}

fn at_seq(seq: i64) -> Expect {
    Expect::Version(Version { branch_id: BRANCH, seq })
}

fn put(key: Key, expect: Expect, content: Content) -> Operation {
    Operation::Put { key, expect, content, locations: None }
}

fn holding(mut operation: Operation, held: &[&str]) -> Operation {
    if let Operation::Put { locations, .. } = &mut operation {
        *locations = Some(held.iter().map(|l| (*l).to_owned()).collect());
    }
    operation
}

fn delete(key: Key, expect: Expect) -> Operation {
    Operation::Delete { key, expect, purge: false }
}

fn request(n: u128, operations: Vec<Operation>, preconditions: Vec<Precondition>) -> CommitRequest {
    CommitRequest {
        id: id(n),
        author: "anna".into(),
        message: format!("request {n}"),
        operations,
        preconditions,
        idempotency: None,
        origin: None,
    }
}

fn create(n: u128, ns_name: &str, name: &str, location: &str) -> CommitRequest {
    let put = put(table_key(ns_name, name), Expect::Absent, table(n, location));
    request(n, vec![put], vec![Precondition::Exists(ns(ns_name))])
}

fn run(requests: &[CommitRequest], state: State) -> Plan {
    plan(&branch(), requests, state, at(100))
}

/// A state in which these keys are live, each written by the commit with its place in the list.
fn state(entries: &[(Key, Content)]) -> State {
    let mut state = State::default();
    for (i, (key, content)) in entries.iter().enumerate() {
        let seq = i64::try_from(i).unwrap() + 1;
        let version = Version { branch_id: BRANCH, seq };
        state.entries.insert(key.clone(), Entry { content: content.clone(), version });
        state.own_seq.insert(key.clone(), seq);
        state.first_seq.insert(key.clone(), seq);
        state.head = Some(Head { seq, id: id(9_000 + i as u128), committed_at: at(50) });
    }
    state
}

fn with_children(mut state: State, of: &str, children: &[(Class, &str)]) -> State {
    let children: HashSet<_> = children.iter().map(|(class, name)| (*class, (*name).to_owned())).collect();
    state.children.insert(ns(of), children);
    state
}

fn conflict(result: &Result<Commit, CommitError>) -> (Key, Found) {
    match result {
        Err(CommitError::Conflict { key, found }) => (key.clone(), found.clone()),
        other => panic!("not a conflict: {other:?}"),
    }
}

#[test]
fn eight_requests_in_one_group_win_and_lose_as_if_they_had_come_one_by_one() {
    let a = ns("a").key().unwrap();
    let requests = [
        request(1, vec![put(a.clone(), Expect::Absent, namespace(1))], vec![]),
        create(2, "a", "t", "m0"),
        request(3, vec![put(table_key("a", "t"), at_location("m0"), table(2, "m1"))], vec![]),
        request(4, vec![put(table_key("a", "t"), at_location("m0"), table(2, "m2"))], vec![]),
        request(5, vec![delete(a.clone(), at_seq(1))], vec![Precondition::Empty(ns("a"))]),
        request(6, vec![delete(table_key("a", "t"), at_location("m1"))], vec![]),
        request(7, vec![delete(a.clone(), at_seq(1))], vec![Precondition::Empty(ns("a"))]),
        create(8, "a", "u", "m9"),
    ];
    let Plan { results, rows } = run(&requests, with_children(State::default(), "a", &[]));

    let won: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(won, [true, true, true, false, false, true, true, false]);
    let Found::Entry(found) = conflict(&results[3]).1 else { panic!("nothing found") };
    assert_eq!(found.content, table(2, "m1"));
    assert_eq!(conflict(&results[4]), (a.clone(), Found::NotEmpty));
    assert_eq!(conflict(&results[7]), (a.clone(), Found::Absent));

    let chain: Vec<_> = rows.commits.iter().map(|c| (c.seq, c.id, c.parent_id)).collect();
    let expected = [(1, 1, None), (2, 2, Some(1)), (3, 3, Some(2)), (4, 6, Some(3)), (5, 7, Some(6))];
    assert_eq!(chain, expected.map(|(seq, n, parent)| (seq, id(n), parent.map(id))));
    let names = [
        NameRow { key: a, kind: 0, seq: 5, first_seq: 1 },
        NameRow { key: table_key("a", "t"), kind: 0, seq: 4, first_seq: 2 },
    ];
    assert_eq!(rows.names, names);
    let versions: Vec<_> = rows.versions.iter().map(|v| (v.seq, v.key.name.as_str(), v.prev_seq)).collect();
    assert_eq!(versions, [(1, "a", None), (2, "t", None), (3, "t", Some(2)), (4, "t", Some(3)), (5, "a", Some(1))]);
}

#[test]
fn dropping_a_namespace_and_creating_a_table_in_it_never_both_win() {
    let before = || with_children(state(&[(ns("a").key().unwrap(), namespace(1))]), "a", &[]);
    let drop = || {
        let delete = delete(ns("a").key().unwrap(), at_seq(1));
        request(10, vec![delete], vec![Precondition::Empty(ns("a"))])
    };
    let first = run(&[drop(), create(11, "a", "t", "m")], before());
    assert!(first.results[0].is_ok());
    assert_eq!(conflict(&first.results[1]), (ns("a").key().unwrap(), Found::Absent));
    let second = run(&[create(11, "a", "t", "m"), drop()], before());
    assert!(second.results[0].is_ok());
    assert_eq!(conflict(&second.results[1]), (ns("a").key().unwrap(), Found::NotEmpty));
}

#[test]
fn a_commit_of_an_existing_table_only_inserts() {
    let key = table_key("a", "t");
    let before = state(&[(key.clone(), table(2, "m0"))]);
    let rows = run(&[request(5, vec![put(key, at_location("m0"), table(2, "m1"))], vec![])], before).rows;
    assert_eq!((rows.commits.len(), rows.versions.len()), (1, 1));
    assert_eq!((rows.names.len(), rows.releases.len(), rows.claims.len(), rows.purges.len()), (0, 0, 0, 0));
    assert_eq!(rows.versions[0].prev_seq, Some(1));
}

#[test]
fn a_group_without_a_winner_writes_nothing() {
    let key = table_key("a", "t");
    let request = request(5, vec![put(key.clone(), at_location("m0"), table(2, "m1"))], vec![]);
    let Plan { results, rows } = run(&[request], State::default());
    assert_eq!(conflict(&results[0]), (key, Found::Absent));
    assert_eq!(rows, super::Rows::default());
}

#[test]
fn time_never_goes_back_along_a_branch_or_over_its_fork() {
    let mut before = State { head: Some(Head { seq: 7, id: id(7), committed_at: at(500) }), ..State::default() };
    let commit = run(&[request(8, vec![], vec![])], before.clone()).results.remove(0).unwrap();
    assert_eq!((commit.seq, commit.parent_id, commit.committed_at), (8, Some(id(7)), at(500)));
    before = State { fork: Some(Head { seq: 7, id: id(7), committed_at: at(500) }), ..State::default() };
    let commit = run(&[request(8, vec![], vec![])], before).results.remove(0).unwrap();
    assert_eq!((commit.seq, commit.parent_id, commit.committed_at), (1, Some(id(7)), at(500)));
}

#[test]
fn time_is_kept_as_precisely_as_databases_keep_it() {
    let now = Timestamp::from_nanosecond(1_234_567_890_123_456_789).unwrap();
    let plan = plan(&branch(), &[request(1, vec![], vec![])], State::default(), now);
    assert_eq!(plan.rows.commits[0].committed_at.as_nanosecond(), 1_234_567_890_123_456_000);
}

#[test]
fn a_key_that_comes_back_keeps_the_first_seq_of_its_row() {
    let key = table_key("a", "t");
    let mut before = state(&[(key.clone(), table(2, "m0"))]);
    before.entries.clear();
    before.head = Some(Head { seq: 20, id: id(20), committed_at: at(1) });
    let rows = run(&[create_free(5, &key)], before).rows;
    assert_eq!(rows.names, [NameRow { key, kind: 2, seq: 21, first_seq: 1 }]);
}

#[test]
fn a_key_inherited_from_an_ancestor_gets_its_first_row_when_it_is_dropped() {
    let key = table_key("a", "t");
    let mut before = State::default();
    let version = Version { branch_id: 7, seq: 3 };
    before.entries.insert(key.clone(), Entry { content: table(2, "m0"), version });
    let rows = run(&[request(5, vec![delete(key.clone(), Expect::Version(version))], vec![])], before).rows;
    assert_eq!(rows.versions[0].prev_seq, None);
    assert_eq!(rows.names, [NameRow { key, kind: 0, seq: 1, first_seq: 1 }]);
}

#[test]
fn a_table_that_becomes_a_view_is_listed_as_one() {
    let key = table_key("a", "t");
    let before = state(&[(key.clone(), table(2, "m0"))]);
    let rows = run(&[request(5, vec![put(key.clone(), at_location("m0"), view(3, "v0"))], vec![])], before).rows;
    assert_eq!(rows.names, [NameRow { key, kind: 3, seq: 2, first_seq: 1 }]);
    assert_eq!(rows.releases, [id(2)]);
}

#[test]
fn a_loser_in_the_middle_of_its_operations_leaves_no_trace() {
    let operations =
        vec![create_free(5, &table_key("a", "t")).operations.remove(0), delete(table_key("a", "u"), at_location("x"))];
    let Plan { results, rows } =
        run(&[request(5, operations, vec![]), create_free(6, &table_key("a", "t"))], State::default());
    assert_eq!(conflict(&results[0]), (table_key("a", "u"), Found::Absent));
    assert!(results[1].is_ok());
    assert_eq!(rows.versions.len(), 1);
}

#[test]
fn preconditions_are_judged_after_the_requests_own_operations() {
    let key = ns("a").key().unwrap();
    let both =
        vec![put(key.clone(), Expect::Absent, namespace(1)), put(table_key("a", "t"), Expect::Absent, table(2, "m"))];
    let exists = request(5, both, vec![Precondition::Exists(ns("a")), Precondition::Exists(NamespacePath::root())]);
    assert!(run(&[exists], State::default()).results[0].is_ok());

    let before = with_children(
        state(&[(key.clone(), namespace(1)), (table_key("a", "t"), table(2, "m"))]),
        "a",
        &[(Class::Relation, "t")],
    );
    let all = vec![delete(table_key("a", "t"), at_location("m")), delete(key, at_seq(1))];
    assert!(run(&[request(5, all, vec![Precondition::Empty(ns("a"))])], before).results[0].is_ok());
}

#[test]
fn what_a_request_puts_into_a_namespace_keeps_it_from_being_empty() {
    let before = with_children(state(&[(ns("a").key().unwrap(), namespace(1))]), "a", &[]);
    let operations =
        vec![put(table_key("a", "t"), Expect::Absent, table(2, "m")), delete(ns("a").key().unwrap(), at_seq(1))];
    let drop = request(5, operations, vec![Precondition::Empty(ns("a"))]);
    assert_eq!(conflict(&run(&[drop], before).results[0]).1, Found::NotEmpty);
}

#[test]
fn a_namespace_with_a_namespace_below_is_not_empty() {
    let before = state(&[(ns("a").key().unwrap(), namespace(1)), (ns("a.b").key().unwrap(), namespace(2))]);
    let before = with_children(before, "a", &[(Class::Namespace, "b")]);
    let drop = request(5, vec![delete(ns("a").key().unwrap(), at_seq(1))], vec![Precondition::Empty(ns("a"))]);
    assert_eq!(conflict(&run(&[drop], before).results[0]).1, Found::NotEmpty);
}

#[test]
fn children_that_were_not_read_are_a_fault_and_not_an_empty_namespace() {
    let before = state(&[(ns("a").key().unwrap(), namespace(1))]);
    let drop = request(5, vec![delete(ns("a").key().unwrap(), at_seq(1))], vec![Precondition::Empty(ns("a"))]);
    assert!(matches!(run(&[drop], before).results[0], Err(CommitError::Backend(_))));
}

#[test]
fn a_rename_keeps_the_content_and_its_locations() {
    let before = state(&[(table_key("a", "t"), table(2, "m0"))]);
    let operations = vec![
        put(table_key("a", "u"), Expect::Absent, table(2, "m0")),
        Operation::Delete { key: table_key("a", "t"), expect: at_location("m0"), purge: true },
    ];
    let rows = run(&[request(5, operations, vec![])], before).rows;
    assert_eq!((rows.releases, rows.claims, rows.purges), (vec![], vec![], vec![]));
    let kinds: Vec<_> = rows.names.iter().map(|n| (n.key.name.as_str(), n.kind)).collect();
    assert_eq!(kinds, [("t", 0), ("u", 2)]);
}

#[test]
fn what_another_branch_shows_keeps_its_locations() {
    let drop = request(5, vec![delete(table_key("a", "t"), at_location("m0"))], vec![]);
    let before = |shown: &[Uuid]| State {
        shown: shown.iter().map(|content| (*content, ["m0".to_owned()].into())).collect(),
        ..state(&[(table_key("a", "t"), table(2, "m0"))])
    };
    assert_eq!(before(&[]).watched(std::slice::from_ref(&drop)), [id(2)]);
    assert_eq!(run(std::slice::from_ref(&drop), before(&[])).rows.releases, [id(2)]);
    assert!(run(&[drop], before(&[id(2)])).rows.releases.is_empty());
}

#[test]
fn a_state_that_others_show_and_nobody_has_looked_at_is_a_conflict() {
    let look = |files: &[&str]| Precondition::ShownAs {
        key: table_key("a", "t"),
        content: id(2),
        files: files.iter().map(|file| (*file).to_owned()).collect(),
    };
    let commit =
        |files| request(5, vec![put(table_key("a", "t"), at_location("m1"), table(2, "m2"))], vec![look(files)]);
    let before = || State {
        shown: [(id(2), ["m0".to_owned()].into())].into(),
        ..state(&[(table_key("a", "t"), table(2, "m1"))])
    };
    assert_eq!(before().watched(&[commit(&[])]), [id(2)]);
    assert!(run(&[commit(&["x", "m0"])], before()).results[0].is_ok());
    let result = run(&[commit(&["x"])], before()).results.remove(0);
    assert_eq!(conflict(&result), (table_key("a", "t"), Found::ShownAs { metadata_location: "m0".into() }));
}

#[test]
fn a_drop_lets_the_locations_go_and_one_with_a_purge_keeps_them() {
    let drop = |purge| {
        let before = state(&[(table_key("a", "t"), table(2, "m0"))]);
        let drop = Operation::Delete { key: table_key("a", "t"), expect: at_location("m0"), purge };
        run(&[request(5, vec![drop], vec![])], before).rows
    };
    assert_eq!((drop(false).releases, drop(false).purges), (vec![id(2)], vec![]));
    let purge = PurgeRow { content_id: id(2), metadata_location: "m0".into() };
    assert_eq!((drop(true).releases, drop(true).purges), (vec![], vec![purge]));
}

#[test]
fn a_table_is_under_one_key_of_a_branch() {
    let back = |n, name: &str| request(n, vec![put(table_key("a", name), Expect::Absent, table(2, "m0"))], vec![]);
    let there = || state(&[(table_key("a", "t"), table(2, "m0"))]);
    let is_at = |result: &Result<Commit, CommitError>, name: &str, other: &str| {
        assert_eq!(conflict(result), (table_key("a", name), Found::Elsewhere(table_key("a", other))));
    };
    is_at(&run(&[back(5, "u")], there()).results[0], "u", "t");
    let results = run(&[back(5, "u"), back(6, "v")], State::default()).results;
    assert!(results[0].is_ok());
    is_at(&results[1], "v", "u");
    // A key that nobody in the group asks about.
    assert_eq!(State::default().returning(&[back(5, "u")]), [id(2)]);
    let elsewhere = State { elsewhere: [(id(2), table_key("a", "x"))].into(), ..State::default() };
    is_at(&run(&[back(5, "u")], elsewhere).results[0], "u", "x");
    let both = ["u", "v"].map(|name| put(table_key("a", name), Expect::Absent, table(2, "m0")));
    is_at(&run(&[request(5, both.into(), vec![])], State::default()).results[0], "u", "v");
    // What leaves its key in the same commit, or in one before it, may have another one.
    let leave = || delete(table_key("a", "t"), at_location("m0"));
    let renamed = request(5, vec![put(table_key("a", "u"), Expect::Absent, table(2, "m0")), leave()], vec![]);
    assert!(run(&[renamed], there()).results[0].is_ok());
    let results = run(&[request(5, vec![leave()], vec![]), back(6, "u")], there()).results;
    assert!(results.iter().all(Result::is_ok), "{results:?}");
}

#[test]
fn a_content_whose_purge_has_begun_does_not_come_back() {
    let back = request(5, vec![put(table_key("a", "t"), Expect::Absent, table(2, "m0"))], vec![]);
    let before = State { purged: [id(2)].into(), ..State::default() };
    assert_eq!(State::default().returning(std::slice::from_ref(&back)), [id(2)]);
    let result = run(std::slice::from_ref(&back), before).results.remove(0);
    assert_eq!(conflict(&result), (table_key("a", "t"), Found::Purged));
    assert!(run(&[back], State::default()).results[0].is_ok());
}

#[test]
fn only_what_comes_from_elsewhere_is_returning() {
    let there = state(&[(table_key("a", "t"), table(2, "m0"))]);
    let commit = put(table_key("a", "t"), at_location("m0"), table(2, "m1"));
    let rename =
        vec![put(table_key("a", "u"), Expect::Absent, table(2, "m0")), delete(table_key("a", "t"), at_location("m0"))];
    let create = holding(put(table_key("a", "n"), Expect::Absent, table(3, "m")), &["s3://b/n/"]);
    let space = put(ns("b").key().unwrap(), Expect::Absent, namespace(4));
    for operations in [vec![commit], rename, vec![create], vec![space]] {
        assert!(there.returning(&[request(5, operations, vec![])]).is_empty());
    }
}

#[test]
fn equal_lower_and_higher_locations_of_another_table_are_taken() {
    for (asked, taken) in [("s3://b/t/", true), ("s3://b/t/x/", true), ("s3://b/", true), ("s3://b/tt/", false)] {
        let before = State { held: vec![("s3://b/t/".into(), id(2))], ..State::default() };
        let operation = holding(create_free(5, &table_key("a", "u")).operations.remove(0), &[asked]);
        let result = run(&[request(5, vec![operation], vec![])], before).results.remove(0);
        assert_eq!(result.is_err(), taken, "{asked}");
        if taken {
            let found = Found::LocationTaken { location: asked.into(), holder: id(2) };
            assert_eq!(conflict(&result), (table_key("a", "u"), found));
        }
    }
}

#[test]
fn locations_are_taken_and_let_go_within_a_group() {
    let claim = |n, name: &str| {
        let operation = create_free(n, &table_key("a", name)).operations.remove(0);
        request(n, vec![holding(operation, &["s3://b/t/", "s3://b/t/"])], vec![])
    };
    let drop = request(7, vec![delete(table_key("a", "t"), at_location("m"))], vec![]);
    let Plan { results, rows } = run(&[claim(5, "t"), claim(6, "u"), drop, claim(8, "v")], State::default());
    let won: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(won, [true, false, true, true]);
    assert_eq!(rows.releases, [id(5), id(8)]);
    assert_eq!(rows.claims, [("s3://b/t/".to_owned(), id(8))]);
}

#[test]
fn a_content_holds_what_it_ever_held_until_it_is_dropped() {
    let key = table_key("a", "t");
    let mut before = state(&[(key.clone(), table(2, "m0"))]);
    before.held = vec![("s3://b/t/".into(), id(2))];
    let moved = holding(put(key.clone(), at_location("m0"), table(2, "m1")), &["s3://b/new/", "s3://b/t/x/"]);
    let claim = |n, name: &str| holding(create_free(n, &table_key("a", name)).operations.remove(0), &["s3://b/t/y/"]);
    let requests = [
        request(5, vec![moved], vec![]),
        request(6, vec![claim(6, "u")], vec![]),
        request(7, vec![delete(key, at_location("m1"))], vec![]),
        request(8, vec![claim(8, "u")], vec![]),
    ];
    let rows = run(&requests[..1], before.clone()).rows;
    assert_eq!(rows.releases, [id(2)]);
    assert_eq!(rows.claims, [("s3://b/new/".to_owned(), id(2)), ("s3://b/t/".to_owned(), id(2))]);
    let Plan { results, rows } = run(&requests, before);
    let won: Vec<bool> = results.iter().map(Result::is_ok).collect();
    assert_eq!(won, [true, false, true, true]);
    assert_eq!(rows.releases, [id(2), id(8)]);
    assert_eq!(rows.claims, [("s3://b/t/y/".to_owned(), id(8))]);
}

#[test]
fn two_tables_of_one_request_may_not_overlap_either() {
    let operation =
        |n, name: &str, location| holding(create_free(n, &table_key("a", name)).operations.remove(0), &[location]);
    let operations = vec![operation(5, "t", "s3://b/t/"), operation(6, "u", "s3://b/t/u/")];
    assert!(run(&[request(9, operations, vec![])], State::default()).results[0].is_err());
}

#[test]
fn what_no_caller_may_ask_for_is_a_fault_of_that_request_alone() {
    let key = table_key("a", "t");
    let twice = vec![put(key.clone(), Expect::Absent, table(2, "m")), put(key.clone(), Expect::Absent, table(3, "m"))];
    let bare = holding(put(key.clone(), Expect::Absent, table(2, "m")), &["s3://b/t"]);
    let requests = [
        request(1, twice, vec![]),
        request(2, vec![delete(key.clone(), Expect::Absent)], vec![]),
        request(3, vec![put(key.clone(), Expect::Absent, namespace(2))], vec![]),
        request(4, vec![bare], vec![]),
        create_free(5, &key),
        create_free(5, &table_key("a", "u")),
    ];
    let Plan { results, rows } = run(&requests, State::default());
    for n in [0, 1, 2, 3, 5] {
        assert!(matches!(results[n], Err(CommitError::Backend(_))), "request {n}: {:?}", results[n]);
    }
    assert!(results[4].is_ok());
    assert_eq!(rows.commits.len(), 1);
}

#[test]
fn a_backend_is_told_each_thing_to_read_once() {
    let put = |n, name: &str| holding(create_free(n, &table_key("a", name)).operations.remove(0), &["s3://b/t/"]);
    let requests = [
        request(1, vec![put(1, "t")], vec![Precondition::Exists(ns("a"))]),
        request(2, vec![put(2, "t")], vec![Precondition::Exists(ns("a")), Precondition::Exists(NamespacePath::root())]),
        request(3, vec![delete(ns("b").key().unwrap(), at_seq(1))], vec![Precondition::Empty(ns("b"))]),
    ];
    assert_eq!(State::keys_of(&requests), [ns("a").key().unwrap(), ns("b").key().unwrap(), table_key("a", "t")]);
    assert_eq!(State::empties_of(&requests), [ns("b")]);
    assert_eq!(State::locations_of(&requests), ["s3://b/t/"]);
    assert_eq!(State::deletes_of(&requests), 1);
    let state = state(&[(table_key("a", "t"), table(7, "m"))]);
    assert_eq!(state.touched(&requests), [id(1), id(2), id(7)]);
}

/// Creates a table whatever its namespace is.
fn create_free(n: u128, key: &Key) -> CommitRequest {
    request(n, vec![put(key.clone(), Expect::Absent, table(n, "m"))], vec![])
}
