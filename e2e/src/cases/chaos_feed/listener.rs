//! Notifications are lost, and the connections that listen are killed.

use std::time::Duration;

use super::POLL;
use super::ground::Ground;
use crate::failure::{Attempt, Outcome, check};

const WITHOUT: usize = 4;
const WITH: usize = 9;

pub(super) async fn is_lost(ground: &mut Ground) -> Outcome<String> {
    ground.both_listen(&[]).await?;
    ground.line.hush(true);
    let polled = revoke(ground, WITHOUT).await.attempt("without notifications")?;
    let slowest = polled.last().copied().unwrap_or_default();
    // Each waits a random part of the time between two polls.
    check(slowest > POLL / 10, || format!("without notifications all came within {slowest:?}"))?;
    ground.line.hush(false);

    let listeners = ground.listeners().await?;
    kill(ground, &listeners).await?;
    let known = ground.known().await?;
    ground.revoked(&known).await.attempt("after the listening connection was killed")?;
    ground.both_listen(&listeners).await?;
    let told = are_quick(ground).await?;
    Ok(format!("heard of within {slowest:?} by polls, {told:?} by notifications"))
}

/// Changes come with a notification again: most of them long before a poll would bring them. The median.
pub(super) async fn are_quick(ground: &mut Ground) -> Outcome<Duration> {
    let times = revoke(ground, WITH).await?;
    let median = times[WITH / 2];
    check(median < POLL / 4, || format!("with notifications half of all changes took longer than {median:?}"))?;
    Ok(median)
}

/// How long each of some revocations took, sorted.
async fn revoke(ground: &mut Ground, count: usize) -> Outcome<Vec<Duration>> {
    let mut times = Vec::with_capacity(count);
    for _ in 0..count {
        let known = ground.known().await?;
        times.push(ground.revoked(&known).await?);
    }
    times.sort_unstable();
    Ok(times)
}

async fn kill(ground: &Ground, backends: &[i32]) -> Outcome {
    let sql = "SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM unnest($1::int[]) pid";
    let killed: i64 = sqlx::query_scalar(sql)
        .bind(backends)
        .fetch_one(&mut ground.connection().await?)
        .await
        .attempt("kill who listens")?;
    check(killed == 2, || format!("{killed} listening connections were killed"))
}
