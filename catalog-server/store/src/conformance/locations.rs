//! Two tables never overlap, whatever warehouses they are in.

use futures::future::join_all;
use futures::join;

use super::Subject;
use super::things::{
    at, commit, conflict, conflict_of, create_ns, delete, location, look, main_branch, put, put_at, put_warehouse,
    request, requiring, table, table_key, warehouse,
};
use crate::{CommitRequest, Content, Expect, Found, Operation, Precondition, PutWarehouse, View};

fn claim(name: &str, locations: &[&str]) -> CommitRequest {
    request(vec![put_at(table_key("a", name), Expect::Absent, table("m"), locations)])
}

pub async fn equal_lower_and_higher_locations_are_taken(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, claim("t", &["s3://b/a/t/", "s3://c/x/y/"])).await;
    let holder = look(subject, &branch, &table_key("a", "t")).await.unwrap().content.id();
    let taken = ["s3://b/a/t/", "s3://b/a/t/data/", "s3://b/a/", "s3://b/", "s3://c/x/y/", "s3://c/", "s3://c/x/y/z/"];
    for location in taken {
        let found = Found::LocationTaken { location: location.into(), holder };
        let key = table_key("a", "u");
        assert_eq!(conflict(subject, &branch, claim("u", &["s3://free/", location])).await, (key, found));
    }
    commit(subject, &branch, claim("u", &["s3://free/"])).await;
}

pub async fn siblings_and_wildcards_do_not_overlap(subject: &Subject) {
    let branch = main_branch(subject).await;
    let free = [
        "s3://b/a_b/",
        "s3://b/axb/",
        "s3://b/a%b/",
        "s3://b/a_bc/",
        "s3://b/a/",
        "s3://b/a0/",
        "s3://b/a!/",
        "s3://b/A/",
        "s3://b/ä/",
        "s3://b/a\u{10ffff}/",
        "s3://b/a\\/",
        "file:///b/a_b/",
    ];
    for (n, location) in free.into_iter().enumerate() {
        commit(subject, &branch, claim(&format!("t{n}"), &[location])).await;
    }
    for location in free {
        conflict(subject, &branch, claim("u", &[&format!("{location}x/")])).await;
    }
}

pub async fn a_location_is_exclusive_across_warehouses(subject: &Subject) {
    let (_, lake) = warehouse(subject, "lake").await;
    let (_, pond) = warehouse(subject, "pond").await;
    commit(subject, &lake, claim("t", &["s3://b/a/"])).await;
    let holder = look(subject, &lake, &table_key("a", "t")).await.unwrap().content.id();
    for taken in ["s3://b/a/", "s3://b/a/x/", "s3://b/"] {
        let found = Found::LocationTaken { location: taken.into(), holder };
        assert_eq!(conflict(subject, &pond, claim("t", &[taken])).await, (table_key("a", "t"), found));
    }
    commit(subject, &pond, claim("t", &["s3://b/b/"])).await;
    conflict(subject, &lake, claim("u", &["s3://b/b/"])).await;
    // Let go in one warehouse, taken in the other.
    commit(subject, &lake, request(vec![delete(table_key("a", "t"), location("m"))])).await;
    commit(subject, &pond, claim("u", &["s3://b/a/x/"])).await;
    conflict(subject, &lake, claim("t", &["s3://b/a/"])).await;
}

pub async fn a_drop_lets_locations_go_and_a_rename_keeps_them(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, claim("t", &["s3://b/t/"])).await;
    let content = look(subject, &branch, &table_key("a", "t")).await.unwrap().content;
    let renamed = Operation::Put { key: table_key("a", "r"), expect: Expect::Absent, content, locations: None };
    commit(subject, &branch, request(vec![delete(table_key("a", "t"), location("m")), renamed])).await;
    conflict(subject, &branch, claim("u", &["s3://b/t/x/"])).await;
    // Let go and taken in one group, and once more after it.
    let drop = Operation::Delete { key: table_key("a", "r"), expect: location("m"), purge: false };
    let group = vec![claim("u", &["s3://b/"]), request(vec![drop]), claim("v", &["s3://b/"])];
    let mut results = subject.store.commit(&branch, group, at(1)).await;
    assert!(results.pop().unwrap().is_ok() && results.pop().unwrap().is_ok());
    conflict_of(results.pop().unwrap());
    commit(subject, &branch, request(vec![delete(table_key("a", "v"), location("m"))])).await;
    commit(subject, &branch, claim("w", &["s3://b/t/"])).await;
}

pub async fn a_drop_keeps_the_locations_of_what_another_branch_or_a_tag_shows(subject: &Subject) {
    let branch = main_branch(subject).await;
    let (store, lake) = (&subject.store, branch.warehouse_id);
    commit(subject, &branch, create_ns("a")).await;
    commit(subject, &branch, claim("forked", &["s3://b/forked/"])).await;
    let dev = store.create_branch(lake, "dev", &View::head(&branch), at(1)).await.unwrap();
    commit(subject, &branch, claim("tagged", &["s3://b/tagged/"])).await;
    store.create_tag(lake, "v1", &View::head(&branch), at(1)).await.unwrap();
    commit(subject, &branch, claim("alone", &["s3://b/alone/"])).await;
    for name in ["forked", "tagged", "alone"] {
        commit(subject, &branch, request(vec![delete(table_key("a", name), location("m"))])).await;
    }
    for name in ["forked", "tagged"] {
        conflict(subject, &branch, claim("u", &[&format!("s3://b/{name}/x/")])).await;
        conflict(subject, &dev, claim("u", &[&format!("s3://b/{name}/")])).await;
    }
    commit(subject, &branch, claim("u", &["s3://b/alone/"])).await;
}

pub async fn a_content_holds_what_it_ever_held_until_it_is_dropped(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, claim("t", &["s3://b/t/", "s3://b/old/"])).await;
    let key = table_key("a", "t");
    let id = look(subject, &branch, &key).await.unwrap().content.id();
    let moved = |from: &str, to: &str, locations: &[&str]| {
        let content = Content::Table { id, metadata_location: to.into() };
        request(vec![put_at(key.clone(), location(from), content, locations)])
    };
    let held = ["s3://b/new/", "s3://b/old/", "s3://b/t/y/", "s3://b/t/x/"];
    let all_are_held = async || {
        for held in held {
            conflict(subject, &branch, claim("u", &[held])).await;
        }
    };
    commit(subject, &branch, moved("m", "m1", &["s3://b/t/x/", "s3://b/new/"])).await;
    all_are_held().await;
    // A commit that says nothing about locations keeps them; so does one that goes back to where the table was.
    let content = Content::Table { id, metadata_location: "m2".into() };
    let silent = Operation::Put { key: key.clone(), expect: location("m1"), content, locations: None };
    commit(subject, &branch, request(vec![silent])).await;
    commit(subject, &branch, moved("m2", "m3", &["s3://b/t/"])).await;
    all_are_held().await;
    commit(subject, &branch, request(vec![delete(key.clone(), location("m3"))])).await;
    commit(subject, &branch, claim("u", &held)).await;
}

pub async fn what_comes_back_can_be_asked_to_hold_locations(subject: &Subject) {
    let branch = main_branch(subject).await;
    let key = table_key("a", "t");
    commit(subject, &branch, claim("t", &["s3://b/t/"])).await;
    let content = look(subject, &branch, &key).await.unwrap().content;
    let id = content.id();
    let drop = || request(vec![delete(key.clone(), location("m"))]);
    let holding = |operation| requiring(vec![operation], vec![Precondition::Holds { key: key.clone(), content: id }]);
    let silent = || holding(put(key.clone(), Expect::Absent, content.clone()));
    let claiming = || holding(put_at(key.clone(), Expect::Absent, content.clone(), &["s3://b/t/"]));
    commit(subject, &branch, drop()).await;
    assert_eq!(subject.store.let_go(&[id]).await.unwrap(), [id].into());
    assert_eq!(conflict(subject, &branch, silent()).await, (key.clone(), Found::LetGo));
    commit(subject, &branch, claiming()).await;
    assert_eq!(subject.store.let_go(&[id]).await.unwrap(), [].into());
    commit(subject, &branch, holding(put(key.clone(), location("m"), content.clone()))).await;
    // Let go in the same group.
    let mut results = subject.store.commit(&branch, vec![drop(), silent()], at(1)).await;
    assert_eq!(conflict_of(results.pop().unwrap()), (key.clone(), Found::LetGo));
    commit(subject, &branch, claim("u", &["s3://b/"])).await;
    assert!(matches!(conflict(subject, &branch, claiming()).await.1, Found::LocationTaken { .. }));
    // What another branch shows holds what it held.
    let forked = subject.store.create_branch(branch.warehouse_id, "dev", &View::head(&branch), at(1)).await.unwrap();
    let held = look(subject, &branch, &table_key("a", "u")).await.unwrap().content;
    commit(subject, &branch, request(vec![delete(table_key("a", "u"), location("m"))])).await;
    let back = Precondition::Holds { key: table_key("a", "u"), content: held.id() };
    let operation = put(table_key("a", "u"), Expect::Absent, held);
    commit(subject, &branch, requiring(vec![operation], vec![back])).await;
    assert!(look(subject, &forked, &table_key("a", "u")).await.is_some());
}

pub async fn a_content_that_widens_its_location_is_stopped_by_its_neighbours(subject: &Subject) {
    let branch = main_branch(subject).await;
    commit(subject, &branch, claim("t", &["s3://b/k/", "s3://b/m/"])).await;
    let key = table_key("a", "t");
    let id = look(subject, &branch, &key).await.unwrap().content.id();
    let widened = |locations: &[&str]| {
        let content = Content::Table { id, metadata_location: "m".into() };
        request(vec![put_at(key.clone(), location("m"), content, locations)])
    };
    for neighbour in ["s3://b/a/", "s3://b/l/", "s3://b/z/"] {
        commit(subject, &branch, claim("u", &[neighbour])).await;
        let holder = look(subject, &branch, &table_key("a", "u")).await.unwrap().content.id();
        let found = Found::LocationTaken { location: "s3://b/".into(), holder };
        assert_eq!(conflict(subject, &branch, widened(&["s3://b/"])).await, (key.clone(), found));
        commit(subject, &branch, request(vec![delete(table_key("a", "u"), location("m"))])).await;
    }
    commit(subject, &branch, widened(&["s3://b/"])).await;
}

pub async fn of_claims_at_once_one_wins(subject: &Subject) {
    let (_, lake) = warehouse(subject, "lake").await;
    let (_, pond) = warehouse(subject, "pond").await;
    let locations = ["s3://b/", "s3://b/c/", "s3://b/c/d/", "s3://b/c/", "s3://b/", "s3://b/c/d/"];
    let claims = locations.into_iter().enumerate().map(|(n, location)| {
        let (store, branch) = (subject.either(n), if n < 3 { &lake } else { &pond });
        store.commit(branch, vec![claim(&format!("t{n}"), &[location])], at(1))
    });
    let mut results: Vec<_> = join_all(claims).await.into_iter().map(|mut results| results.remove(0)).collect();
    results.sort_by_key(Result::is_err);
    assert!(results.remove(0).is_ok());
    for result in results {
        assert!(matches!(conflict_of(result).1, Found::LocationTaken { .. }));
    }
}

pub async fn claims_and_puts_of_warehouses_at_once_do_not_wait_in_a_circle(subject: &Subject) {
    let (_, lake) = warehouse(subject, "lake").await;
    let (_, pond) = warehouse(subject, "pond").await;
    let rounds = (0..12).map(async |n| {
        let store = subject.either(n);
        let branch = if n % 4 < 2 { &lake } else { &pond };
        let claim = claim(&format!("t{n}"), &[&format!("s3://b/{n}/")]);
        let put = |name: String, revision: String| PutWarehouse { revision, ..put_warehouse(&name) };
        let (committed, changed, made) = join!(
            store.commit(branch, vec![claim], at(1)),
            store.put_warehouse(put(if n % 2 == 0 { "lake" } else { "pond" }.into(), format!("r{n}")), at(1)),
            store.put_warehouse(put(format!("w{n}"), "r1".into()), at(1))
        );
        (committed.into_iter().all(|result| result.is_ok()), changed.is_ok(), made.is_ok())
    });
    assert!(join_all(rounds).await.into_iter().all(|all| all == (true, true, true)));
}
