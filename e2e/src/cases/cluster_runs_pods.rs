//! The ground that later cases stand on: pods under the strictest rules on two nodes, names, a Service, and no way out.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::cluster::{Cluster, Plan, eventually, output, probe};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::image::Image;
use crate::lab::Lab;

/// Kept for documentation: nobody's.
const OUTSIDE: &str = "192.0.2.1:80";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let checkout = &lab.programs.checkout;
    let program = probe(checkout).await?;
    let cluster = Cluster::for_case(checkout, Plan::PODS).await?;
    cluster.load(Image { reference: "localhost/probe:1", program: &program, labels: &[], authorities: false })?;
    let manifest = checkout.join("e2e").join("manifests").join("cluster_runs_pods.yaml");
    cluster.told(&["apply", "-f", &manifest.display().to_string()])?;
    cluster.told(&["rollout", "status", "deployment/web", "-n", "pods", "--timeout=60s"])?;
    let pods = pods(&cluster)?;
    let nodes: BTreeSet<&str> = pods.iter().map(|(_, node)| node.as_str()).collect();
    check(pods.len() == 2 && nodes.len() == 2, || format!("not two pods on two nodes: {pods:?}"))?;
    for (pod, _) in &pods {
        // kube-proxy hears of a pod a moment after the rollout is called done.
        eventually(Duration::from_secs(20), async || all_answer(&cluster, pod, &pods)).await?;
        no_such_name(&cluster, pod)?;
        no_way_out(&cluster, pod)?;
    }
    no_release(&cluster)?;
    Ok("two pods on two nodes answer each other by name, and reach nothing outside".to_owned())
}

/// Helm reaches the cluster, and nothing that a person has.
fn no_release(cluster: &Cluster) -> Outcome {
    let releases = output("ask Helm for releases", cluster.helm()?.args(["list", "--all-namespaces", "--short"]))?;
    check(releases.trim().is_empty(), || format!("Helm knows of {releases}"))
}

/// Names and nodes.
fn pods(cluster: &Cluster) -> Outcome<Vec<(String, String)>> {
    let columns = "custom-columns=NAME:.metadata.name,NODE:.spec.nodeName";
    let lines = cluster.told(&["get", "pods", "-n", "pods", "--no-headers", "-o", columns])?;
    let pair = |line: &str| line.split_once(char::is_whitespace).map(|(pod, node)| (pod.into(), node.trim().into()));
    Ok(lines.lines().filter_map(pair).collect())
}

fn inside(cluster: &Cluster, pod: &str, arguments: &[&str]) -> Outcome<String> {
    cluster.told(&[&["exec", "-n", "pods", pod, "--", "/probe"], arguments].concat())
}

/// The Service's name leads to both pods, from either.
fn all_answer(cluster: &Cluster, from: &str, pods: &[(String, String)]) -> Outcome {
    let mut answered = BTreeSet::new();
    for _ in 0..20 {
        answered.insert(inside(cluster, from, &["get", "http://web"])?.trim().to_owned());
        if answered.len() == pods.len() {
            break;
        }
    }
    let all: BTreeSet<String> = pods.iter().map(|(pod, _)| pod.clone()).collect();
    check(answered == all, || format!("asked from {from}, {answered:?} answer of {all:?}"))
}

/// A name outside does not exist; it is no failure that a client would try again for seconds.
fn no_such_name(cluster: &Cluster, from: &str) -> Outcome {
    match inside(cluster, from, &["get", "http://nowhere.example"]) {
        Ok(answer) => Err(Failure::new(format!("nowhere.example answered {from}: {answer}"))),
        Err(failure) => check(failure.chain().contains("no such host"), || failure.chain()),
    }
}

/// Refused at once, not after a retry.
fn no_way_out(cluster: &Cluster, from: &str) -> Outcome {
    let Err(failure) = inside(cluster, from, &["dial", OUTSIDE]) else {
        return Err(Failure::new(format!("{from} reached {OUTSIDE}")));
    };
    let says = failure.chain();
    let took = says.split(" ms").next().and_then(|text| text.rsplit('(').next()).unwrap_or_default();
    let took: u64 = took.trim().parse().attempt(format!("read how long the dial took in {says:?}"))?;
    check(says.contains("refused") && took < 500, || format!("the dial out of {from}: {says}"))
}
