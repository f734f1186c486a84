//! A namespace is deleted with a Catalog and all that is in it: it ends by itself, though the servers go first.

use std::time::Instant;

use crate::failure::{Attempt, Outcome, check};
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    // A Role in the namespace would go with it, and the operator's rights with the Role.
    let values = Values::new().set("watch.allNamespaces", true);
    play(lab, "reconcile_namespace_deleted", values, async |scene| {
        let lost = format!("{}-lost", scene.namespace);
        scene.namespace(&lost, &[]).await?;
        scene.apply_in(&lost, scene.lakehouse()?.documents()).await?;
        for resource in ["catalog/lakehouse", "warehouse/lake", "token/analyst"] {
            scene.says_in(&lost, resource, "Ready", "True", "").await?;
        }
        let start = Instant::now();
        scene.told(&["delete", "namespace", &lost, "--timeout=120s"]).await?;
        let took = start.elapsed().as_secs_f64();
        all_is_let_go(scene).await?;
        // The next one of the same database finds nothing in its way.
        scene.open_lakehouse().await?;
        for (kind, name) in [("Catalog", "lakehouse"), ("Warehouse", "lake")] {
            let events = scene.events(kind, name).await?;
            check(events.iter().any(|reason| reason == "Adopted"), || format!("{kind} {name} adopted nothing"))?;
        }
        Ok(format!("gone {took:.1} s after the command; a Catalog elsewhere finds the data again"))
    })
    .await
}

/// The rows stay and belong to nobody, no credential works, and nothing is left in the operator's own namespace.
async fn all_is_let_go(scene: &Scene<'_>) -> Outcome {
    let mut connection = scene.cluster().data()?.postgres().connect(&scene.database).await?;
    let sql = "SELECT (SELECT count(*) FROM pangolin.warehouses WHERE owner_uid IS NULL), \
        (SELECT count(*) FROM pangolin.warehouses WHERE owner_uid IS NOT NULL), \
        (SELECT count(*) FROM pangolin.active_tokens WHERE revoked_at IS NULL AND expires_at > now())";
    let found: (i64, i64, i64) = sqlx::query_as(sql).fetch_one(&mut connection).await.attempt("count the rows")?;
    check(found == (1, 0, 0), || format!("warehouses let go, warehouses held, live tokens: {found:?}"))?;
    let secrets = scene.told(&["get", "secrets", "--selector=catalog.pangolin.dev/owner-uid", "--output=name"]).await?;
    check(secrets.trim().is_empty(), || format!("the operator kept {secrets}"))
}
