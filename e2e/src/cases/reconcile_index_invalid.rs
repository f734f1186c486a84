//! An index whose build was broken off, and another one under its name, are replaced, and the Catalog says so.

use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Psql, Values, play, state_of_index};

const CATALOG: &str = "catalog/lakehouse";
const INDEX: &str = "commits_parent";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let values = Values::new().set("test.indexInterval", "2s");
    play(lab, "reconcile_index_invalid", values, async |scene| {
        scene.open_lakehouse().await?;
        scene.says(CATALOG, "IndexesReady", "True", "AllValid").await?;
        let (mut hand, mut writer) = (scene.psql().await?, scene.psql().await?);
        let before = hand.valid_index(INDEX).await?;
        check(before.is_some(), || format!("{INDEX} was never there"))?;
        for broken in [Broken::Off, Broken::Other] {
            break_it(&mut hand, &mut writer, broken).await?;
            scene.until(CATALOG, "invalid", |found| state_of_index(found, INDEX) == "Invalid").await?;
            let told = scene.says(CATALOG, "IndexesReady", "False", "").await?;
            check(told.contains(INDEX), || format!("it does not name {INDEX}: {told}"))?;
            scene.ready(CATALOG).await?;
            writer.run("COMMIT").await?;

            scene.until(CATALOG, "ready again", |found| state_of_index(found, INDEX) == "Ready").await?;
            scene.says(CATALOG, "IndexesReady", "True", "AllValid").await?;
            let after = hand.valid_index(INDEX).await?;
            check(after == before, || format!("{INDEX} was {before:?} and is {after:?}"))?;
            let events = scene.events("Catalog", "lakehouse").await?;
            // The second one is counted in the first.
            check(events.iter().any(|reason| reason == "IndexRebuilt"), || format!("no Event says so: {events:?}"))?;
        }
        Ok("a build that was broken off, and another index of its name: Invalid, then built again, with an Event"
            .to_owned())
    })
    .await
}

#[derive(Clone, Copy, Debug)]
enum Broken {
    /// `CREATE INDEX CONCURRENTLY` that was cancelled.
    Off,
    /// Over another column.
    Other,
}

/// Leaves a writer behind that does not end, so that the operator can't put it right before the case has looked.
async fn break_it(hand: &mut Psql, writer: &mut Psql, broken: Broken) -> Outcome {
    const HOLD_UP: &str = "BEGIN; LOCK TABLE commits IN ROW EXCLUSIVE MODE";
    match broken {
        Broken::Off => {
            writer.run(&format!("BEGIN; DROP INDEX {INDEX}; COMMIT; {HOLD_UP}")).await?;
            hand.run("SET statement_timeout = '500ms'").await?;
            let cut = hand.run(&format!("CREATE INDEX CONCURRENTLY {INDEX} ON commits (parent_id)")).await;
            check(cut.is_err(), || "the build was not cut".to_owned())?;
            hand.run("RESET statement_timeout").await
        }
        Broken::Other => {
            // One transaction, so that nobody sees it without an index.
            let replace = format!("DROP INDEX {INDEX}; CREATE INDEX {INDEX} ON commits (author)");
            writer.run(&format!("BEGIN; {replace}; COMMIT; {HOLD_UP}")).await
        }
    }
}
