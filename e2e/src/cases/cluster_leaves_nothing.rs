//! Two clusters side by side, and this machine before and after them.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::cluster::{Cluster, Plan, eventually};
use crate::failure::{Attempt, Outcome, check};
use crate::lab::Lab;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let before = Traces::look()?;
    let checkout = &lab.programs.checkout;
    let (one, other) = tokio::join!(Cluster::for_case(checkout, Plan::API), Cluster::for_case(checkout, Plan::API));
    let (one, other) = (one?, other?);
    strangers(&one, &other).await?;
    for cluster in [&one, &other] {
        no_way_out(cluster)?;
    }
    let during = Traces::look()?;
    check(during.links.len() >= before.links.len() + 4, || "the clusters' links were not seen".to_owned())?;
    check(during.cgroups.len() > before.cgroups.len(), || "the clusters' cgroups were not seen".to_owned())?;
    check(during.foreign.len() >= before.foreign.len() + 6, || "the clusters' processes were not seen".to_owned())?;
    let homes = [one.place().home().to_owned(), other.place().home().to_owned()];
    drop((one, other));
    check(homes.iter().all(|home| !home.exists()), || format!("{homes:?} are still there"))?;
    eventually(Duration::from_secs(10), async || Traces::look()?.none_beyond(&before)).await?;
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
    for host in cluster.hosts() {
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
    /// Processes of other process namespaces than ours.
    foreign: BTreeSet<PathBuf>,
}

impl Traces {
    fn look() -> Outcome<Self> {
        let links = entries(Path::new("/sys/class/net")).attempt("list the links")?;
        let mut cgroups = BTreeSet::new();
        folders(Path::new("/sys/fs/cgroup"), &mut cgroups);
        let mounts = fs::read_to_string("/proc/self/mounts").attempt("list the mounts")?;
        let own = fs::read_link("/proc/self/ns/pid").attempt("look at our own namespace")?;
        let mut foreign = entries(Path::new("/proc")).attempt("list the processes")?;
        foreign.retain(|process| fs::read_link(process.join("ns/pid")).is_ok_and(|namespace| namespace != own));
        Ok(Self { links, cgroups, mounts: mounts.lines().map(str::to_owned).collect(), foreign })
    }

    /// Fails if there is anything of a cluster's that was not there before. Others may work on this machine, too, so
    /// only what bears our name counts where that can be told.
    fn none_beyond(self, before: &Self) -> Outcome {
        let Self { links, cgroups, mounts, foreign } = self;
        let named = |path: &&PathBuf| path.to_string_lossy().contains("/pgn");
        let links: Vec<_> = links.difference(&before.links).filter(named).collect();
        let named = |path: &&PathBuf| path.to_string_lossy().contains("/pangolin-");
        let cgroups: Vec<_> = cgroups.difference(&before.cgroups).filter(named).collect();
        let mounts: Vec<_> = mounts.difference(&before.mounts).filter(|mount| mount.contains("pangolin")).collect();
        let foreign: Vec<_> = foreign.difference(&before.foreign).collect();
        let clean = links.is_empty() && cgroups.is_empty() && mounts.is_empty() && foreign.is_empty();
        check(clean, || format!("left: links {links:?}, cgroups {cgroups:?}, mounts {mounts:?}, processes {foreign:?}"))
    }
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
