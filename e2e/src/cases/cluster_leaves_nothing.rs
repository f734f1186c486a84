//! Two clusters side by side, and this machine before and after them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::cluster::{Cluster, Data, Host, Plan, eventually, namespace};
use crate::failure::{Attempt, Outcome, check};
use crate::lab::Lab;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let before = Traces::look()?;
    let checkout = &lab.programs.checkout;
    let with_data = Plan { data: true, ..Plan::API };
    let (one, other) = tokio::join!(Cluster::for_case(checkout, with_data), Cluster::for_case(checkout, Plan::API));
    let (one, other) = (one?, other?);
    strangers(&one, &other).await?;
    for cluster in [&one, &other] {
        no_way_out(cluster)?;
    }
    let hosts = one.hosts().iter().chain(other.hosts()).chain([one.data()?.host()]);
    let namespaces = hosts.map(Host::namespace);
    let namespaces = namespaces.collect::<Outcome<BTreeSet<_>>>()?;
    seen(&before, &namespaces)?;
    let homes = [one.place().home().to_owned(), other.place().home().to_owned()];
    drop((one, other));
    check(homes.iter().all(|home| !home.exists()), || format!("{homes:?} are still there"))?;
    eventually(Duration::from_secs(10), async || gone(&before, &namespaces)).await?;
    Ok("nothing left of two clusters: no process, link, mount, cgroup, file".to_owned())
}

/// What one keeps, the other does not know.
async fn strangers(one: &Cluster, other: &Cluster) -> Outcome {
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "only-here"}});
    one.api().must(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
    let path = "/api/v1/namespaces/only-here";
    one.api().must(Method::GET, path, None).await?;
    let (status, _) = other.api().ask(Method::GET, path, None).await?;
    check(status == StatusCode::NOT_FOUND, || format!("the other cluster says {status} about it"))
}

/// The kernel refuses every address outside (here one that is kept for documentation) before a packet is made.
fn no_way_out(cluster: &Cluster) -> Outcome {
    for host in cluster.hosts().iter().chain(cluster.data().ok().map(Data::host)) {
        let within = host.run("ask for a route to the bridge", &route(&cluster.place().gateway().to_string()));
        check(within.is_ok(), || format!("{} does not reach its bridge: {within:?}", host.name()))?;
        let outside = host.run("ask for a route to outside", &route("192.0.2.1"));
        check(outside.is_err(), || format!("{} has a route out: {outside:?}", host.name()))?;
    }
    Ok(())
}

fn route(address: &str) -> Command {
    let mut command = Command::new("ip");
    command.args(["route", "get", address]);
    command
}

/// What hosts leave on a machine that is not cleaned up after them.
struct Traces {
    links: BTreeSet<PathBuf>,
    cgroups: BTreeSet<PathBuf>,
    mounts: BTreeSet<String>,
}

impl Traces {
    fn look() -> Outcome<Self> {
        let links = entries(Path::new("/sys/class/net")).attempt("list the links")?;
        let mut cgroups = BTreeSet::new();
        folders(Path::new("/sys/fs/cgroup"), &mut cgroups);
        let mounts = fs::read_to_string("/proc/self/mounts").attempt("list the mounts")?;
        Ok(Self { links, cgroups, mounts: mounts.lines().map(str::to_owned).collect() })
    }

    /// What is there beyond what was there before. Others may work on this machine, too: only what bears our name counts.
    fn beyond(self, before: &Self) -> [Vec<String>; 3] {
        let Self { links, cgroups, mounts } = self;
        let named = |paths: &BTreeSet<PathBuf>, before: &BTreeSet<PathBuf>, name: &str| -> Vec<String> {
            let new = paths.difference(before).map(|path| path.display().to_string());
            new.filter(|path| path.contains(name)).collect()
        };
        let mounts = mounts.difference(&before.mounts).filter(|mount| mount.contains("pangolin"));
        [
            named(&links, &before.links, "/pgn"),
            named(&cgroups, &before.cgroups, "/pangolin-"),
            mounts.cloned().collect(),
        ]
    }
}

/// A search that finds nothing proves nothing, so it must find the clusters while they run. Their mounts are private.
fn seen(before: &Traces, namespaces: &BTreeSet<PathBuf>) -> Outcome {
    let [links, cgroups, _private] = Traces::look()?.beyond(before);
    let processes = within(namespaces)?;
    let all = links.len() >= 5 && cgroups.len() >= 5 && processes.len() >= 12;
    check(all, || format!("not all of the clusters was found: {links:?}, {cgroups:?}, {processes:?}"))
}

fn gone(before: &Traces, namespaces: &BTreeSet<PathBuf>) -> Outcome {
    let [links, cgroups, mounts] = Traces::look()?.beyond(before);
    let left = [links, cgroups, mounts, within(namespaces)?].concat();
    check(left.is_empty(), || format!("left: {}", left.join(", ")))
}

/// The processes in these namespaces.
fn within(namespaces: &BTreeSet<PathBuf>) -> Outcome<Vec<String>> {
    let all = entries(Path::new("/proc")).attempt("list the processes")?;
    let all = all.iter().filter_map(|path| path.file_name()?.to_str()?.parse::<u32>().ok());
    let inside = all.filter(|process| namespace(*process).is_ok_and(|own| namespaces.contains(&own)));
    Ok(inside.map(|process| format!("process {process}")).collect())
}

fn entries(folder: &Path) -> io::Result<BTreeSet<PathBuf>> {
    fs::read_dir(folder)?.map(|entry| entry.map(|entry| entry.path())).collect()
}

/// All folders below; one that goes meanwhile is gone.
fn folders(folder: &Path, found: &mut BTreeSet<PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().filter_map(Result::ok) {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) && found.insert(entry.path()) {
            folders(&entry.path(), found);
        }
    }
}
