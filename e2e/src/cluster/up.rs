//! Brings a cluster up.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::access::Access;
use super::api::Api;
use super::audit::Audit;
use super::control::Control;
use super::data::{Data, DataPrograms};
use super::down::{self, down};
use super::host::Host;
use super::image;
use super::keys::Keys;
use super::node::Node;
use super::place::Place;
use super::record::{Record, Running};
use super::seat::Seat;
use super::steps::Steps;
use super::tier::Tier;
use super::tools::{self, Tools};
use super::{dns, network};
use crate::failure::{Attempt, Failure, Outcome};
use crate::image::{Image, Packed};

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    /// How much.
    pub(crate) tier: Tier,
    /// 1 for [`Tier::Api`].
    pub(crate) nodes: u8,
    /// With the data host.
    pub(crate) data: bool,
    /// No lines about the steps.
    pub(crate) silent: bool,
}

impl Plan {
    /// The smallest, for cases.
    pub(crate) const API: Self = Self { tier: Tier::Api, nodes: 1, data: false, silent: true };
    /// Two nodes that run pods, and the data host, for cases.
    pub(crate) const PODS: Self = Self { tier: Tier::Full, nodes: 2, data: true, silent: true };
    /// One node that runs pods, for cases.
    pub(crate) const POD: Self = Self { tier: Tier::Full, nodes: 1, data: false, silent: true };
}

/// A cluster that this process has brought up; it goes with its handle.
pub(crate) struct Cluster {
    place: Place,
    access: Access,
    hosts: Vec<Host>,
    data: Option<Data>,
    helm: Option<PathBuf>,
    /// False after [`Cluster::leave`].
    ours: bool,
}

/// Removes what was begun, unless all went well.
struct Unfinished(Option<Place>);

impl Drop for Unfinished {
    fn drop(&mut self) {
        if let Some(Err(failure)) = self.0.take().map(|place| down(&place)) {
            eprintln!("· what was begun could not be removed: {}", failure.chain());
        }
    }
}

impl Cluster {
    /// One of its own for a case.
    pub(crate) async fn for_case(checkout: &Path, plan: Plan) -> Outcome<Self> {
        down::abandoned()?;
        Self::up(checkout, Place::take_any, plan).await
    }

    /// Brings one up at a place that is taken once the programs are there. A failure leaves nothing behind; the end of
    /// the log that matters is in it.
    pub(crate) async fn up(checkout: &Path, take: impl FnOnce() -> Outcome<Place>, plan: Plan) -> Outcome<Self> {
        let tools = Tools::make(checkout, plan.tier).await?;
        let data = if plan.data { Some(DataPrograms::make(checkout).await?) } else { None };
        let place = take()?;
        let mut unfinished = Unfinished(Some(place.clone()));
        let (hosts, data) = assemble(&place, &tools, data, plan).await?;
        unfinished.0 = None;
        let access = access(&place, &tools)?;
        Ok(Self { place, access, hosts, data, helm: tools.helm(), ours: true })
    }

    /// One that is up already, and stays when the handle goes.
    pub(crate) async fn open(checkout: &Path, index: u8) -> Outcome<Self> {
        let place = Place::of(index)?;
        let record = Record::read(&place)?.filter(|record| record.complete);
        let record = record.ok_or_else(|| Failure::new(format!("there is no cluster {index}: cargo e2e up")))?;
        let tools = Tools::make(checkout, record.tier).await?;
        let nodes = record.hosts.iter().filter(|holder| matches!(holder.seat, Seat::Node(_)));
        let hosts = nodes.map(|holder| Host::open(&place, *holder)).collect::<Outcome<Vec<_>>>()?;
        let data = Data::open(&place).ok();
        let access = access(&place, &tools)?;
        Ok(Self { place, access, hosts, data, helm: tools.helm(), ours: false })
    }

    /// Where it is.
    pub(crate) fn place(&self) -> &Place {
        &self.place
    }

    /// The admin's client.
    pub(crate) fn api(&self) -> &Api {
        self.access.api()
    }

    /// The same way in as for a cluster that is not ours.
    pub(crate) fn access(&self) -> &Access {
        &self.access
    }

    /// The hosts of the nodes, the first with the control plane.
    pub(crate) fn hosts(&self) -> &[Host] {
        &self.hosts
    }

    /// The first node's address, where NodePorts are heard.
    pub(crate) fn address(&self) -> Ipv4Addr {
        self.place.address(1)
    }

    /// What was written to the apiserver, and by whom.
    pub(crate) fn audit(&self) -> Audit {
        Audit::of(&self.place)
    }

    /// The data host, if the plan was to have one.
    pub(crate) fn data(&self) -> Outcome<&Data> {
        self.data.as_ref().ok_or_else(|| Failure::new("this cluster was brought up without a data host"))
    }

    /// The data host, to be killed and started again.
    pub(crate) fn data_mut(&mut self) -> Outcome<&mut Data> {
        self.data.as_mut().ok_or_else(|| Failure::new("this cluster was brought up without a data host"))
    }

    /// Gives an image to every node.
    pub(crate) fn load(&self, image: Image<'_>) -> Outcome {
        let folder = self.place.file("images").join(image.reference.replace(['/', ':'], "-"));
        self.import(&image.pack(&folder)?)
    }

    /// Gives an archive to every node.
    pub(crate) fn import(&self, image: &Packed) -> Outcome {
        self.hosts.iter().try_for_each(|host| image::import(host, &image.archive))
    }

    /// A kubectl command for this cluster, which sees no other configuration.
    pub(crate) fn kubectl(&self) -> Command {
        self.access.kubectl()
    }

    /// Runs kubectl to its end; its output.
    pub(crate) fn told(&self, arguments: &[&str]) -> Outcome<String> {
        self.access.told(arguments)
    }

    /// A helm command for this cluster, which sees no other configuration and keeps its notes with the cluster.
    pub(crate) fn helm(&self) -> Outcome<Command> {
        let program = self.helm.as_ref().ok_or_else(|| Failure::new("without pods there is no use for Helm"))?;
        let mut command = Command::new(program);
        command.env("KUBECONFIG", self.place.kubeconfig()).env("HOME", self.place.home());
        command.envs(tools::helm_homes(&self.place));
        Ok(command)
    }

    /// Lets it run on after us, for `down` to end.
    pub(crate) fn leave(mut self) {
        self.ours = false;
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if let Some(Err(failure)) = self.ours.then(|| down(&self.place)) {
            eprintln!("· cluster {} is not all gone: {}", self.place.index(), failure.chain());
        }
    }
}

fn access(place: &Place, tools: &Tools) -> Outcome<Access> {
    Access::open(tools.kubernetes("kubectl"), place.kubeconfig(), place.home().to_owned())
}

async fn assemble(
    place: &Place,
    tools: &Tools,
    data: Option<DataPrograms>,
    plan: Plan,
) -> Outcome<(Vec<Host>, Option<Data>)> {
    let mut steps = Steps::start(plan.silent);
    let owner = place.is_for_a_case().then(|| Running::of(std::process::id())).transpose()?;
    let record = Record { tier: plan.tier, hosts: Vec::new(), owner, complete: false };
    fs::create_dir(place.logs()).attempt("make the folder of the logs")?;
    record.write(place)?;
    let keys = steps.step("keys and certificates", async { Keys::make(place) }).await?;
    let host = steps.step("the bridge and the first host", first_host(place)).await?;
    let control = Control { place, host: &host, tools, keys: &keys };
    control.prepare()?;
    let mut store = control.start()?;
    // While they start.
    let data = match data {
        Some(programs) => Some(steps.step("Postgres and MinIO answer", Data::start(place, programs)).await?),
        None => None,
    };
    let api = steps.step("etcd and the apiserver answer", control.ready(&mut store)).await?;
    let mut hosts = Vec::new();
    if plan.tier == Tier::Full {
        let mut managers = control.start_managers()?;
        let mut first = Node::start(place, &host, tools, &keys).await?;
        let mut dns = dns::start(&control, &api).await?;
        steps.step("the first node is ready", first.ready(&api)).await?;
        steps.step("ServiceAccounts are made", dns::accounts(&mut managers, &api)).await?;
        steps.step("CoreDNS answers", dns.ready()).await?;
        for node in 2..=plan.nodes {
            let host = Host::start(place, Seat::Node(node)).await?;
            let mut more = Node::start(place, &host, tools, &keys).await?;
            steps.step(&format!("node {node} is ready"), more.ready(&api)).await?;
            hosts.push(host);
        }
    }
    Record::note_complete(place)?;
    if !plan.silent {
        eprintln!("· cluster {} is up after {:.1} s", place.index(), steps.seconds());
    }
    hosts.insert(0, host);
    Ok((hosts, data))
}

async fn first_host(place: &Place) -> Outcome<Host> {
    network::bridge(place)?;
    Host::start(place, Seat::Node(1)).await
}
