//! SIGKILL to two replicas in turn under four writers, on Postgres and S3: what was acknowledged stays.

use std::time::Duration;

use object_store::ObjectStoreExt;
use object_store::path::Path as Key;
use serde_json::json;
use tokio::time::sleep;

use super::{audit, store};
use crate::chance;
use crate::cluster::{Cluster, Plan, eventually};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::door::Door;
use crate::hosts::pods::{Pod, Pods};
use crate::iceberg::crew::Crew;
use crate::lab::Lab;

const CASE: &str = "chaos_kill_server_pod";
const WRITERS: u64 = 4;
const TABLES: usize = 4;
const KILLS: u64 = 8;
const BACK_WITHIN: Duration = Duration::from_secs(60);
const SWEPT_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let cluster = Cluster::for_case(&lab.programs.checkout, Plan { data: true, ..Plan::POD }).await?;
    let pods = Pods::start(lab, &cluster, CASE, &lab.folder(CASE)?).await?;
    let door = Door::open(pods.uri(), pods.admin_token(), &pods.warehouse()?).await?;
    let tables = audit::make_tables(&door, TABLES).await?;
    let mut chance = lab.chance();
    let mut crew = Crew::start(WRITERS, &door.rest, &tables, &mut chance);
    let mut turns = pods.ready().await?.into_iter().cycle();
    for _ in 0..lab.rounds(KILLS) {
        // In the midst of commits: some have just begun, some have just ended.
        let next = crew.done() + 4 + chance.below(12);
        crew.reach(next).await?;
        sleep(Duration::from_millis(chance.below(20))).await;
        let victim = turns.next().ok_or_else(|| Failure::new("there is no pod"))?;
        killed(&pods, &victim).await?;
    }
    let entries = crew.finish().await?;
    let tally = audit::ledger(&door, &tables, &entries).await?;
    let orphans = sweep(lab, &cluster, &pods, &door, &tables).await.attempt("sweep what the killed left")?;
    Ok(format!("{} kills; {tally:?}; {orphans} orphan files swept", lab.rounds(KILLS)))
}

/// Returns when its container runs again.
async fn killed(pods: &Pods<'_>, victim: &Pod) -> Outcome {
    let restarts = async || {
        let all = pods.all().await?;
        let found = all.into_iter().find(|pod| pod.uid == victim.uid);
        found.ok_or_else(|| Failure::new(format!("{} is gone: its container alone was to end", victim.name)))
    };
    let before = restarts().await?.restarts;
    victim.kill()?;
    eventually(BACK_WITHIN, async || {
        let now = restarts().await?;
        check(now.restarts > before && now.ready, || format!("after its kill: {now:?}"))
    })
    .await
}

/// Files that no version names are found and removed, all others stay; as in `chaos_kill_commits`, in a bucket.
async fn sweep(lab: &Lab, cluster: &Cluster, pods: &Pods<'_>, door: &Door, tables: &[String]) -> Outcome<usize> {
    let mut connection = cluster.data()?.postgres().connect(CASE).await?;
    let (bucket, objects) = (pods.bucket(), cluster.data()?.s3().store(pods.bucket())?);
    let named = audit::named_locations(&mut connection, store::SCHEMA).await?;
    let one = named.first().ok_or_else(|| Failure::new("no version names a file"))?;
    let one = one.trim_start_matches(&format!("s3://{bucket}/"));
    let (folder, _) = one.rsplit_once('/').ok_or_else(|| Failure::new("a file lies in no folder"))?;
    let left_behind = format!("{folder}/00999-{}.metadata.json", lab.chance().uuid_at(chance::now_ms()));
    objects.copy(&Key::from(one), &Key::from(left_behind)).await.attempt("leave a file as a killed writer does")?;

    let orphans = audit::orphans_in_bucket(&objects, bucket, &named).await?;
    for table in tables {
        let touch = json!({"updates": [{"action": "set-properties", "updates": {"audited": "yes"}}]});
        door.rest.post(table, &touch).await?;
    }
    let named = audit::named_locations(&mut connection, store::SCHEMA).await?;
    pods.sweep_at_once().await?;
    eventually(SWEPT_WITHIN, async || {
        let left = audit::orphans_in_bucket(&objects, bucket, &named).await?;
        check(left.is_empty(), || format!("the sweep left {} of {} orphans: {left:?}", left.len(), orphans.len()))
    })
    .await?;
    Ok(orphans.len())
}
