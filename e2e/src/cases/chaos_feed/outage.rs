//! The follower cannot reach the database, or nobody can.

use std::time::Duration;

use tokio::time::Instant;

use super::BOUND;
use super::ground::{Ground, Known, PATIENCE, ask};
use super::listener;
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::line::Line;

/// What is tried after the bound.
const LATE: Duration = Duration::from_millis(1_000);

/// A token is revoked while the follower's line is broken, in one way or another.
pub(super) async fn of_the_line(ground: &mut Ground) -> Outcome<String> {
    for (how, turn) in [("cut", Line::cut as fn(&Line, bool)), ("frozen", Line::freeze)] {
        let (known, valid) = (ground.known().await?, ground.known().await?);
        broken(ground, turn, &known, &valid).await.attempt(format!("with a {how} line"))?;
    }
    Ok("a token that is revoked behind a cut or frozen line is never accepted past the bound".to_owned())
}

async fn broken(ground: &Ground, turn: fn(&Line, bool), known: &Known, valid: &Known) -> Outcome {
    turn(&ground.line, true);
    let since = Instant::now();
    let revoked = ground.revoke(known).await?;
    let mended = async {
        tokio::time::sleep(BOUND + LATE).await;
        turn(&ground.line, false);
        Ok(())
    };
    // It goes on asking when the line is whole again: what was under way then must bring nothing old back.
    let (late, (), ()) = tokio::try_join!(
        ground.besiege(&ground.follower, known, revoked, (BOUND + 2 * LATE, PATIENCE)),
        verified_before(ground, valid, since),
        mended
    )?;
    check(late > 0, || "nothing was asked past the bound".to_owned())?;
    ground.is_accepted(&ground.follower, valid).await?;
    ground.refuses(known, revoked).await.map(drop)
}

/// What is valid is not accepted either while nobody can say so: those requests end only when the line is mended.
async fn verified_before(ground: &Ground, valid: &Known, since: Instant) -> Outcome {
    tokio::time::sleep_until(since + BOUND + LATE / 2).await;
    let asked = Instant::now();
    let status = ask(&ground.follower, valid).await?;
    let took = asked.elapsed();
    let early = took < LATE / 4;
    check(!(early && status == 200), || format!("behind a broken line a token is answered {status} within {took:?}"))
}

/// Postgres is stopped for longer than the bound, and started again.
pub(super) async fn of_postgres(ground: &mut Ground) -> Outcome<String> {
    let valid = ground.known().await?;
    let listeners = ground.listeners().await?;
    ground.postgres.stop().await?;
    let since = Instant::now();
    let (maker, follower) = tokio::try_join!(
        ground.besiege(&ground.maker.server, &valid, since, (BOUND + LATE, LATE / 2)),
        ground.besiege(&ground.follower, &valid, since, (BOUND + LATE, LATE / 2))
    )
    .attempt("while Postgres is away")?;
    check(maker.min(follower) > 0, || "nothing was asked past the bound".to_owned())?;
    let restarted = Instant::now();
    ground.postgres.start_again().await?;
    for server in [&ground.maker.server, &ground.follower] {
        ground.is_accepted(server, &valid).await.attempt("after Postgres was started again")?;
    }
    let back = restarted.elapsed();
    ground.revoked(&valid).await.attempt("after Postgres was started again")?;
    ground.both_listen(&listeners).await?;
    listener::are_quick(ground).await?;
    let asked = maker + follower;
    Ok(format!("{asked} requests not accepted without Postgres, well {back:?} after its start began"))
}
