//! The server's image in a cluster, without an operator: its probes, its mounted settings and secrets, its shutdown, and
//! PyIceberg through its Service before and after a rolling restart.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::audit;
use crate::cluster::{Cluster, Plan, eventually};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::door::Door;
use crate::hosts::pods::Pods;
use crate::hosts::script;
use crate::iceberg::crew::Crew;
use crate::iceberg::reader::{Reader, Reads};
use crate::lab::Lab;
use crate::needs::python::Packages;

const CASE: &str = "engine_pyiceberg_pod";
/// What Kubernetes gives a pod before it is killed; ours must not need it.
const GRACE: Duration = Duration::from_secs(30);
/// What the manifest lets it serve on, and some time for what is under way.
const LEAVES_WITHIN: Duration = Duration::from_secs(15);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(CASE)?;
    let cluster = Cluster::for_case(&lab.programs.checkout, Plan { data: true, ..Plan::POD }).await?;
    let pods = Pods::start(lab, &cluster, CASE, &folder).await?;
    let door = Door::open(pods.uri(), pods.admin_token(), &pods.warehouse()?).await?;
    let secrets = pyiceberg_file(&folder, pods.uri(), &door.token)?;

    let wrote = python(lab, &cluster, "write", &secrets, &folder).await?;
    let restarted = rolling_restart(lab, &pods, &door).await.attempt("a rolling restart under clients")?;
    let read = python(lab, &cluster, "read", &secrets, &folder).await?;
    let left = leaves_in_time(&pods, &folder).await.attempt("the end of a pod")?;
    not_ready_without_database(&cluster, &pods).await.attempt("the probes without Postgres")?;
    no_secret_in_logs(&cluster, &pods, &door, &folder)?;
    Ok(format!("{wrote}; {restarted}; {read}; a pod left in {left:.1} s"))
}

/// What an operator would put into the Secret of a token.
fn pyiceberg_file(folder: &Path, uri: &str, token: &str) -> Outcome<PathBuf> {
    let secrets = folder.join("secrets");
    fs::create_dir_all(&secrets).attempt("make a folder for the client's file")?;
    let file = secrets.join("pyiceberg.yaml");
    // PyIceberg's parser refuses JSON in YAML.
    let config =
        format!("catalog:\n  lake:\n    type: rest\n    uri: {uri}\n    warehouse: lake\n    token: {token}\n");
    fs::write(&file, config).attempt("write pyiceberg.yaml")?;
    fs::set_permissions(&file, Permissions::from_mode(0o600)).attempt("protect pyiceberg.yaml")?;
    Ok(secrets)
}

/// A part of the script that all PyIceberg cases share; its last line. Readers bring their own keys.
async fn python(lab: &Lab, cluster: &Cluster, part: &str, secrets: &Path, folder: &Path) -> Outcome<String> {
    let s3 = cluster.data()?.s3();
    let mut command = Command::new(lab.python(Packages::PyIceberg).await?);
    command.arg("-B").arg(lab.script("engine_pyiceberg.py")).arg(part).arg(secrets).arg(folder.join("written.json"));
    command.env("AWS_ACCESS_KEY_ID", s3.key_id()).env("AWS_SECRET_ACCESS_KEY", s3.key()).current_dir(folder);
    let out = script::run(command, part, folder).await?;
    Ok(out.lines().last().unwrap_or_default().to_owned())
}

/// Readers and writers work through it, and none of them fails.
async fn rolling_restart(lab: &Lab, pods: &Pods<'_>, door: &Door) -> Outcome<String> {
    let before = pods.ready().await?;
    let tables = audit::make_tables(door, 2).await?;
    let mut crew = Crew::start(2, &door.rest, &tables, &mut lab.chance());
    crew.reach(4).await?;
    let reader = Reader::start(door.rest.clone(), tables[0].clone());
    let begun = Instant::now();
    pods.restart().await?;
    let after = pods.ready().await?;
    // The old ones are still leaving.
    let done = crew.done();
    crew.reach(done + 10).await?;
    let Reads { reads, tried_again } = reader.finish().await?;
    let entries = crew.finish().await?;
    let tally = audit::ledger(door, &tables, &entries).await?;
    let replaced = before.iter().all(|old| after.iter().all(|new| new.uid != old.uid));
    check(replaced && after.iter().all(|pod| pod.restarts == 0), || format!("{before:?} became {after:?}"))?;
    let took = begun.elapsed().as_secs_f64();
    Ok(format!("a rolling restart of {took:.1} s: {reads} reads, {tried_again} of them tried again, {tally:?}"))
}

/// It is asked to leave, says that it does, and is gone long before it would be killed; seconds.
async fn leaves_in_time(pods: &Pods<'_>, folder: &Path) -> Outcome<f64> {
    let all = pods.ready().await?;
    let pod = all.first().ok_or_else(|| Failure::new("there is no pod"))?;
    let log = folder.join("left.log");
    let mut follower = follow(pods, &pod.name, &log)?;
    sleep(Duration::from_secs(1)).await;
    let begun = Instant::now();
    pods.told(&["delete", "pod", &pod.name, "--wait=true", &format!("--timeout={}s", 2 * GRACE.as_secs())])?;
    let took = begun.elapsed();
    let _ended = follower.wait();
    let said = fs::read_to_string(&log).attempt("read the pod's last words")?;
    check(said.contains("\"stopped\""), || format!("it did not say that it stopped: {:?}", said.lines().last()))?;
    check(took < LEAVES_WITHIN, || format!("it left after {took:?}"))?;
    pods.ready().await?;
    Ok(took.as_secs_f64())
}

fn follow(pods: &Pods<'_>, pod: &str, log: &Path) -> Outcome<Child> {
    let file = fs::File::create(log).attempt("make a file for the pod's log")?;
    let mut kubectl = pods.kubectl();
    kubectl.args(["logs", "--follow", pod]).stdin(Stdio::null()).stdout(file).stderr(Stdio::null());
    kubectl.spawn().attempt("follow the pod's log")
}

/// Without its database it takes no clients, but lives, and is not restarted for it.
async fn not_ready_without_database(cluster: &Cluster, pods: &Pods<'_>) -> Outcome {
    let before = pods.ready().await?;
    let data = cluster.data()?;
    data.kill_service(crate::cluster::Service::Postgres).await?;
    let unready = eventually(Duration::from_secs(30), async || {
        let all = pods.all().await?;
        check(all.iter().all(|pod| !pod.ready), || format!("ready without a database: {all:?}"))
    });
    let unready = unready.await;
    // The liveness probe has its chance to be wrong.
    sleep(Duration::from_secs(20)).await;
    data.start_service(crate::cluster::Service::Postgres).await?;
    unready?;
    let after = pods.ready().await?;
    check(after == before, || format!("{before:?} became {after:?}"))
}

fn no_secret_in_logs(cluster: &Cluster, pods: &Pods<'_>, door: &Door, folder: &Path) -> Outcome {
    let mut log = fs::read_to_string(folder.join("left.log")).attempt("read the log of the pod that left")?;
    log.push_str(&pods.told(&["logs", "--selector=app=catalog", "--tail=-1"])?);
    log.push_str(&pods.told(&["describe", "pods,configmaps,deployments"])?);
    let data = cluster.data()?;
    let url = data.postgres().url(CASE, 5432);
    let password = url.split([':', '@']).nth(2).unwrap_or_default();
    check(log.contains("\"listening\"") && log.contains("\"status\":200"), || "the logs say nothing".to_owned())?;
    let told = [password, data.s3().key(), &door.token, pods.admin_token().expose()];
    check(!told.iter().any(|secret| log.contains(secret)), || "there is a secret in the pods' logs".to_owned())
}
