//! Takes a cluster down, whatever of it is there.

use std::fs;
use std::process::Command;
use std::time::Duration;

use super::host::output;
use super::place::Place;
use super::record::{Record, Running};
use super::{cgroups, network};
use crate::failure::{Attempt, Failure, Outcome};

/// Ends every host and removes what the cluster had. Its folder goes last, so that a failure
/// in between can be tried again.
pub(crate) fn down(place: &Place) -> Outcome {
    let hosts = Record::read(place)?.map(|record| record.hosts).unwrap_or_default();
    let hosts: Vec<Running> = hosts.iter().map(|host| host.running).collect();
    let first: Vec<u32> = hosts.iter().filter(|host| host.is_alive()).filter_map(Running::first).collect();
    for host in hosts.iter().filter(|host| host.is_alive()) {
        output("end a host", Command::new("kill").args(["-KILL", &host.holder.to_string()]))?;
    }
    wait_for_the_end(&hosts, &first)?;
    network::remove(place)?;
    cgroups::remove(&place.cgroup())?;
    fs::remove_dir_all(place.home()).attempt(format!("remove {}", place.home().display()))
}

/// The first process of a host is gone only when everything in its namespaces is.
fn wait_for_the_end(hosts: &[Running], first: &[u32]) -> Outcome {
    for _ in 0..500 {
        let running = hosts.iter().any(Running::is_alive) || first.iter().any(|process| is_there(*process));
        if !running {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Err(Failure::new("the hosts did not end within 10 s"))
}

fn is_there(process: u32) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat"));
    state.is_ok_and(|text| !text.rsplit(')').next().unwrap_or_default().trim_start().starts_with('Z'))
}

/// Removes the clusters of runs that were killed before they could.
pub(crate) fn abandoned() -> Outcome {
    for place in Place::taken()?.iter().filter(|place| place.is_for_a_case()) {
        let owner = Record::read(place)?.and_then(|record| record.owner);
        if owner.is_some_and(|owner| !owner.is_alive()) {
            down(place)?;
        }
    }
    Ok(())
}
