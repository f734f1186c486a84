//! `up`, `down`, `status`, `env`: a cluster for a person.

use clap::Args;

use super::down::down;
use super::network::NODES;
use super::place::{OURS, Place};
use super::record::Record;
use super::status::show;
use super::tier::Tier;
use super::tools;
use super::up::{Cluster, Plan};
use crate::failure::{Failure, Outcome};
use crate::needs::programs::Programs;
use crate::runner::interruption;

/// Options of `up`.
#[derive(Args, Debug)]
pub(crate) struct Up {
    /// How many nodes
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u8).range(1..=i64::from(NODES)))]
    nodes: u8,
    /// Only etcd and the apiserver: resources are admitted and kept, no pod runs
    #[arg(long, conflicts_with = "nodes")]
    api_only: bool,
    /// Postgres and MinIO on a host of their own, with --api-only, too; else they are always there
    #[arg(long)]
    data: bool,
    #[command(flatten)]
    which: Which,
}

/// Which cluster is meant.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Which {
    /// The cluster's number, 1 to 99: its addresses are 198.18.NUMBER.x
    #[arg(long, value_name = "NUMBER", default_value_t = OURS, value_parser = clap::value_parser!(u8).range(1..=99))]
    cluster: u8,
}

/// Options of `env`.
#[derive(Args, Debug)]
pub(crate) struct Env {
    #[command(flatten)]
    which: Which,
}

impl Up {
    /// Brings it up and says what to try.
    pub(crate) async fn run(self) -> Outcome<bool> {
        let Self { nodes, api_only, data, which } = self;
        let checkout = Programs::locate()?.checkout;
        let tier = if api_only { Tier::Api } else { Tier::Full };
        let plan = Plan { tier, nodes, data: data || tier == Tier::Full, silent: false };
        let take = || Place::take(which.cluster);
        let mut interrupted = interruption()?;
        let cluster = tokio::select! {
            cluster = Cluster::up(&checkout, take, plan) => cluster?,
            () = &mut interrupted => return Err(Failure::new("interrupted; what was begun is removed")),
        };
        println!("kubeconfig: {}", cluster.place().kubeconfig().display());
        println!("try:  eval \"$(cargo e2e env{})\"", which.flag());
        match tier {
            Tier::Api => println!("      kubectl apply -f crds/"),
            Tier::Full => println!("      kubectl get nodes,pods -A"),
        }
        println!("end:  cargo e2e down{}", which.flag());
        cluster.leave();
        Ok(true)
    }
}

impl Which {
    fn flag(self) -> String {
        if self.cluster == OURS { String::new() } else { format!(" --cluster {}", self.cluster) }
    }

    fn taken(self) -> Outcome<Place> {
        let place = Place::of(self.cluster)?;
        let exists = place.home().exists();
        exists.then_some(place).ok_or_else(|| Failure::new(format!("there is no cluster {}", self.cluster)))
    }

    /// Ends it; one that is not there is no failure.
    pub(crate) fn down(self) -> Outcome<bool> {
        match self.taken() {
            Ok(place) => down(&place)?,
            Err(_absent) => println!("there is no cluster {}", self.cluster),
        }
        Ok(true)
    }
}

impl Env {
    /// Prints what a shell is to evaluate.
    pub(crate) async fn run(self) -> Outcome<bool> {
        let place = self.which.taken()?;
        let tier = Record::read(&place)?.map_or(Tier::Api, |record| record.tier);
        let tools = tools::Tools::make(&Programs::locate()?.checkout, tier).await?;
        println!("export KUBECONFIG='{}'", place.kubeconfig().display());
        // kubectl keeps notes about clusters: they go with this one.
        println!("export KUBECACHEDIR='{}'", place.file("kubectl").display());
        for (name, home) in tools::helm_homes(&place) {
            println!("export {name}='{}'", home.display());
        }
        for folder in tools.folders() {
            println!("export PATH='{}':\"$PATH\"", folder.display());
        }
        Ok(true)
    }
}

/// The cluster for cases to play on: the one that was asked for, which must run pods; else the first, if it does.
pub(crate) fn to_play_on(asked: Option<u8>) -> Outcome<Option<u8>> {
    let index = asked.unwrap_or(OURS);
    let record = Record::read(&Place::of(index)?)?;
    if record.is_some_and(|record| record.complete && record.tier == Tier::Full) {
        return Ok(Some(index));
    }
    match asked {
        Some(_) => Err(Failure::new(format!("cluster {index} runs no pods: cargo e2e up --cluster {index}"))),
        None => Ok(None),
    }
}

/// Prints all clusters; true if all are well.
pub(crate) async fn status() -> Outcome<bool> {
    let places = Place::taken()?;
    if places.is_empty() {
        println!("no cluster is up: cargo e2e up");
    }
    let mut well = true;
    for place in places {
        well &= show(&place).await?;
    }
    Ok(well)
}
