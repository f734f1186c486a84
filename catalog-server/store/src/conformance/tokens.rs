//! Bearer tokens as hashes.

use futures::future::join_all;
use serde_json::json;

use super::Subject;
use super::pages::check;
use super::things::{all_changes, at, micros_later, new_token};
use crate::{NewToken, PutOutcome, StoreError, Token, TokenFilter};

pub async fn a_token_is_written_once(subject: &Subject) {
    let asked = NewToken { grants: json!([{"ü": [1, null]}]), hash: [255; 32], ..new_token("etl", 1) };
    let (first, outcome) = subject.store.put_token(asked.clone(), at(0)).await.unwrap();
    assert_eq!(outcome, PutOutcome::Created);
    let Token { token_id, user_id, hash, grants, expires_at, confirmed_at, revoked_at, owner_uid, revision } =
        first.clone();
    let written = NewToken { token_id, user_id, hash, grants, expires_at, owner_uid, revision };
    assert_eq!((written, confirmed_at, revoked_at), (asked.clone(), None, None));
    let before = all_changes(subject).await;
    let again = subject.replica.put_token(asked.clone(), at(1)).await.unwrap();
    assert_eq!(again, (first.clone(), PutOutcome::Unchanged));
    for other in [
        NewToken { hash: [254; 32], ..asked.clone() },
        NewToken { token_id: "another".into(), ..asked.clone() },
        NewToken { grants: json!([]), ..asked.clone() },
    ] {
        let refused = subject.store.put_token(other, at(2)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused:?}");
        assert_eq!(refused.to_string(), "revision 1 of etl holds another token");
    }
    assert_eq!(subject.store.newest_token("etl").await.unwrap(), Some(first));
    assert_eq!(all_changes(subject).await, before);
}

pub async fn an_id_belongs_to_one_token(subject: &Subject) {
    subject.store.put_token(new_token("etl", 1), at(0)).await.unwrap();
    for (owner, revision) in [("etl", 2), ("thief", 1)] {
        let stolen = NewToken { token_id: "etl-1".into(), hash: [1; 32], ..new_token(owner, revision) };
        let refused = subject.store.put_token(stolen, at(0)).await.unwrap_err();
        assert!(matches!(refused, StoreError::Conflict(_)), "{refused:?}");
        assert_eq!(refused.to_string(), "the token's id is taken");
    }
    // Both stand in its way: its own revision is what is told.
    subject.store.put_token(new_token("thief", 1), at(0)).await.unwrap();
    let both = NewToken { token_id: "etl-1".into(), ..new_token("thief", 1) };
    let refused = subject.store.put_token(both, at(0)).await.unwrap_err();
    assert_eq!(refused.to_string(), "revision 1 of thief holds another token");
}

pub async fn of_equal_puts_at_once_one_creates(subject: &Subject) {
    let puts = (0..8).map(|n| {
        let store = subject.either(n);
        store.put_token(new_token("etl", 1), at(0))
    });
    let outcomes: Vec<_> = join_all(puts).await.into_iter().map(|result| result.unwrap().1).collect();
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == PutOutcome::Created).count(), 1);
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == PutOutcome::Unchanged).count(), 7);
}

pub async fn the_newest_revision_is_told_whether_active_or_not(subject: &Subject) {
    assert_eq!(subject.store.newest_token("etl").await.unwrap(), None);
    for revision in [2, 10, 9] {
        subject.store.put_token(new_token("etl", revision), at(0)).await.unwrap();
    }
    subject.store.put_token(new_token("other", 11), at(0)).await.unwrap();
    assert_eq!(subject.store.newest_token("etl").await.unwrap().unwrap().revision, 10);
    subject.store.revoke_tokens("etl", at(1)).await.unwrap();
    assert_eq!(subject.store.newest_token("etl").await.unwrap().unwrap().revision, 10);
}

pub async fn confirming_caps_older_revisions_and_never_prolongs_them(subject: &Subject) {
    let token = |owner, revision, end| NewToken { expires_at: end, ..new_token(owner, revision) };
    for new in [
        token("etl", 1, at(50)),
        token("etl", 2, at(500)),
        token("etl", 3, at(500)),
        token("etl", 4, at(500)),
        token("other", 1, at(500)),
    ] {
        subject.store.put_token(new, at(0)).await.unwrap();
    }
    let confirmed = subject.store.confirm_token("etl", 3, at(100), at(10)).await.unwrap().unwrap();
    assert_eq!((confirmed.revision, confirmed.confirmed_at, confirmed.expires_at), (3, Some(at(10)), at(500)));
    let ends = [("etl-1", at(50)), ("etl-2", at(100)), ("etl-3", at(500)), ("etl-4", at(500)), ("other-1", at(500))];
    for (id, end) in ends {
        let token = subject.store.access(Some(id), None, "main").await.unwrap().token.unwrap();
        assert_eq!(token.expires_at, end, "{id}");
    }
    // Once more, later: the first confirmation and the first cap stay.
    let before = all_changes(subject).await;
    let again = subject.replica.confirm_token("etl", 3, at(300), at(200)).await.unwrap();
    assert_eq!(again, Some(confirmed));
    let capped = subject.store.access(Some("etl-2"), None, "main").await.unwrap().token.unwrap();
    assert_eq!(capped.expires_at, at(100));
    assert_eq!(all_changes(subject).await, before);
}

pub async fn what_is_not_there_cannot_be_confirmed(subject: &Subject) {
    subject.store.put_token(new_token("etl", 1), at(0)).await.unwrap();
    let before = all_changes(subject).await;
    assert_eq!(subject.store.confirm_token("etl", 2, at(1), at(1)).await.unwrap(), None);
    assert_eq!(subject.store.confirm_token("nobody", 1, at(1), at(1)).await.unwrap(), None);
    assert_eq!(subject.store.newest_token("etl").await.unwrap().unwrap().expires_at, at(3600));
    assert_eq!(all_changes(subject).await, before);
}

pub async fn revoking_ends_all_tokens_of_an_owner_and_of_nobody_else(subject: &Subject) {
    for (owner, revision) in [("etl", 1), ("etl", 2), ("other", 1)] {
        subject.store.put_token(new_token(owner, revision), at(0)).await.unwrap();
    }
    assert_eq!(subject.store.revoke_tokens("etl", at(5)).await.unwrap(), 2);
    assert_eq!(subject.store.revoke_tokens("etl", at(6)).await.unwrap(), 0);
    assert_eq!(subject.store.revoke_tokens("nobody", at(6)).await.unwrap(), 0);
    assert_eq!(subject.store.newest_token("etl").await.unwrap().unwrap().revoked_at, Some(at(5)));
    assert_eq!(subject.store.newest_token("other").await.unwrap().unwrap().revoked_at, None);
    assert_eq!(active(subject, at(5)).await, ["other-1"]);
    assert_eq!(active(subject, micros_later(at(5), -1)).await, ["etl-1", "etl-2", "other-1"]);
}

pub async fn expiry_is_exact(subject: &Subject) {
    subject.store.put_token(new_token("etl", 1), at(0)).await.unwrap();
    let last = micros_later(at(3600), -1);
    assert_eq!(active(subject, last).await, ["etl-1"]);
    assert_eq!(active(subject, at(3600)).await, [""; 0]);
    assert_eq!(subject.store.delete_expired_tokens(last, 10).await.unwrap(), 0);
    assert_eq!(subject.store.delete_expired_tokens(at(3600), 10).await.unwrap(), 1);
}

pub async fn active_tokens_are_listed_in_order_whatever_the_page_size(subject: &Subject) {
    let mut all = Vec::new();
    for (n, owner) in ["b", "a", "ü/x", "B", "a/b", "a:b"].into_iter().enumerate() {
        for revision in 1..=4 {
            // Two of the four end at the same time.
            let end = at(i64::try_from(n).unwrap() + 100 * (revision % 3));
            let new = NewToken { expires_at: end, ..new_token(owner, revision) };
            all.push(subject.store.put_token(new, at(0)).await.unwrap().0);
        }
    }
    subject.store.revoke_tokens("B", at(1)).await.unwrap();
    for now in [at(1), at(3), at(102), at(1_000)] {
        let mut expected: Vec<Token> =
            all.iter().filter(|token| token.expires_at > now && token.owner_uid != "B").cloned().collect();
        expected.sort_by(|a, b| (&a.user_id, a.expires_at, &a.token_id).cmp(&(&b.user_id, b.expires_at, &b.token_id)));
        let filter = TokenFilter::default();
        let list = async |page| subject.store.list_active_tokens(&filter, now, &page).await;
        check(&expected, &[1, 2, 5, 19, 20, 100], list).await;
        let count = subject.store.count_active_tokens(&filter, now).await.unwrap();
        assert_eq!(count, u64::try_from(expected.len()).unwrap());
    }
}

pub async fn active_tokens_of_one_user_are_listed_alone(subject: &Subject) {
    let mut mine = Vec::new();
    for revision in 1..=5 {
        mine.push(subject.store.put_token(new_token("etl", revision), at(0)).await.unwrap().0);
        for other in ["et", "etl2"] {
            subject.store.put_token(new_token(other, revision), at(0)).await.unwrap();
        }
    }
    let filter = TokenFilter { user_id: Some("token:etl".into()) };
    let list = async |page| subject.replica.list_active_tokens(&filter, at(1), &page).await;
    check(&mine, &[1, 2, 4, 5, 6], list).await;
    assert_eq!(subject.store.count_active_tokens(&filter, at(1)).await.unwrap(), 5);
    assert_eq!(subject.store.count_active_tokens(&filter, at(3600)).await.unwrap(), 0);
    let nobody = TokenFilter { user_id: Some("token:nobody".into()) };
    check(&[], &[2], async |page| subject.store.list_active_tokens(&nobody, at(1), &page).await).await;
}

pub async fn expired_tokens_are_deleted_in_batches(subject: &Subject) {
    for revision in 1..=10 {
        let end = at(if revision <= 7 { revision } else { 3600 });
        let new = NewToken { expires_at: end, ..new_token("etl", revision) };
        subject.store.put_token(new, at(0)).await.unwrap();
    }
    // A revoked token stays until it would have expired.
    subject.store.put_token(new_token("gone", 1), at(0)).await.unwrap();
    subject.store.revoke_tokens("gone", at(1)).await.unwrap();
    assert_eq!(subject.store.delete_expired_tokens(at(100), 0).await.unwrap(), 0);
    assert_eq!(subject.store.delete_expired_tokens(at(100), 3).await.unwrap(), 3);
    let sweeps = (0..4).map(|n| {
        let store = subject.either(n);
        store.delete_expired_tokens(at(100), 3)
    });
    let mut deleted = 3;
    for swept in join_all(sweeps).await {
        let swept = swept.unwrap();
        assert!(swept <= 3, "{swept} in one batch");
        deleted += swept;
    }
    // Sweeps at the same time may leave one another's rows for the next one.
    deleted += subject.store.delete_expired_tokens(at(100), 10).await.unwrap();
    assert_eq!(deleted, 7);
    assert_eq!(active(subject, at(1)).await, ["etl-10", "etl-8", "etl-9"]);
    assert!(subject.store.newest_token("gone").await.unwrap().is_some());
}

pub async fn a_sweep_whose_clock_is_ahead_deletes_nothing_that_the_databases_clock_lets_in(subject: &Subject) {
    let database_now = subject.store.access(None, None, "main").await.unwrap().database_now;
    for (owner, seconds) in [("ended", -1), ("live", 3_600)] {
        let expires_at = micros_later(database_now, seconds * 1_000_000);
        subject.store.put_token(NewToken { expires_at, ..new_token(owner, 1) }, at(0)).await.unwrap();
    }
    let ahead = micros_later(database_now, 86_400_000_000);
    assert_eq!(subject.store.delete_expired_tokens(ahead, 10).await.unwrap(), 1);
    assert_eq!(active(subject, database_now).await, ["live-1"]);
}

async fn active(subject: &Subject, now: jiff::Timestamp) -> Vec<String> {
    let page = crate::PaginationParams::default();
    let listed = subject.store.list_active_tokens(&TokenFilter::default(), now, &page).await.unwrap();
    listed.items.into_iter().map(|token| token.token_id).collect()
}
