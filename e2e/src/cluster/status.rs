//! What runs, and what is broken, with the end of the log that matters.

use reqwest::Method;

use super::api::Api;
use super::place::Place;
use super::record::{Record, Running};
use super::tier::Tier;
use super::wait::tail;
use crate::failure::Outcome;

/// Prints the state of one cluster; true if all of it is well.
pub(crate) async fn show(place: &Place) -> Outcome<bool> {
    let Some(record) = Record::read(place)? else {
        println!("cluster {}: begun, nothing in it: cargo e2e down", place.index());
        return Ok(false);
    };
    let tier = match record.tier {
        Tier::Api => "etcd and apiserver",
        Tier::Full => "full",
    };
    println!("cluster {} ({tier}), {}", place.index(), place.apiserver());
    let mut well = record.complete;
    if !record.complete {
        println!("  `up` has not come to its end");
    }
    for host in &record.hosts {
        let alive = host.running.is_alive();
        println!("  {:26} {}", format!("host {}", host.seat), if alive { "runs" } else { "GONE" });
        well &= alive;
    }
    for (name, running) in Running::daemons(place) {
        let alive = running.is_alive();
        println!("  {name:26} {}", if alive { "runs" } else { "ENDED" });
        if !alive {
            println!("{}", tail(&place.logs().join(format!("{name}.log"))));
        }
        well &= alive;
    }
    match answers(place).await {
        Ok(lines) => {
            for (line, good) in lines {
                println!("  {line}");
                well &= good;
            }
        }
        Err(failure) => {
            println!("  the apiserver: {}{}", failure.chain(), tail(&place.logs().join("n1-apiserver.log")));
            well = false;
        }
    }
    Ok(well)
}

/// What the apiserver says about itself and its nodes.
async fn answers(place: &Place) -> Outcome<Vec<(String, bool)>> {
    let api = Api::open(&place.kubeconfig())?;
    api.ready().await?;
    let mut lines = vec![("the apiserver is ready".to_owned(), true)];
    let nodes = api.must(Method::GET, "/api/v1/nodes", None).await?;
    for node in nodes["items"].as_array().into_iter().flatten() {
        let ready = is_ready(node);
        let name = node["metadata"]["name"].as_str().unwrap_or_default();
        lines.push((format!("node {name} is {}ready", if ready { "" } else { "NOT " }), ready));
    }
    Ok(lines)
}

/// True if a Node says so of itself.
pub(super) fn is_ready(node: &serde_json::Value) -> bool {
    let conditions = node["status"]["conditions"].as_array();
    conditions.into_iter().flatten().any(|condition| condition["type"] == "Ready" && condition["status"] == "True")
}
