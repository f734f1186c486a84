//! An index that somebody drops is built again beside running servers, and the Catalog says so.

use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Values, play, state_of_index};

const CATALOG: &str = "catalog/lakehouse";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let values = Values::new().set("test.indexInterval", "2s");
    play(lab, "reconcile_index_dropped", values, async |scene| {
        scene.open_lakehouse().await?;
        scene.says(CATALOG, "IndexesReady", "True", "AllValid").await?;
        let (mut hand, mut writer) = (scene.psql().await?, scene.psql().await?);
        for (index, table) in [("commits_parent", "commits"), ("active_tokens_user", "active_tokens")] {
            let before = hand.valid_index(index).await?;
            check(before.is_some(), || format!("{index} was never there"))?;
            // A writer that does not end holds the build up for as long as the case looks.
            writer
                .run(&format!("BEGIN; DROP INDEX {index}; COMMIT; BEGIN; LOCK TABLE {table} IN ROW EXCLUSIVE MODE"))
                .await?;
            let told = scene.says(CATALOG, "IndexesReady", "False", "Building").await?;
            check(told.contains(index), || format!("it does not name {index}: {told}"))?;
            scene.until(CATALOG, "building it", |found| state_of_index(found, index) == "Building").await?;
            scene.ready(CATALOG).await?;
            writer.run("COMMIT").await?;

            scene.until(CATALOG, "ready again", |found| state_of_index(found, index) == "Ready").await?;
            scene.says(CATALOG, "IndexesReady", "True", "AllValid").await?;
            let after = hand.valid_index(index).await?;
            check(after == before, || format!("{index} was {before:?} and is {after:?}"))?;
        }
        let events = scene.events("Catalog", "lakehouse").await?;
        check(events.iter().any(|reason| reason == "IndexRestored"), || format!("no Event says so: {events:?}"))?;
        Ok("both indexes of the mission: Building in the status while a writer holds them up, then Ready and an Event"
            .to_owned())
    })
    .await
}
