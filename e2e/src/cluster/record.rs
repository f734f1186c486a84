//! What runs, kept in the cluster's folder, so that a later command, or one after a crash, can end it.

use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::place::Place;
use super::seat::Seat;
use super::tier::Tier;
use crate::failure::{Attempt, Failure, Outcome};

/// The cluster as it was started.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Record {
    /// How much of a cluster.
    pub(crate) tier: Tier,
    /// Written before a host gets anything to do.
    pub(crate) hosts: Vec<Holder>,
    /// The process that will end it, if not a person.
    pub(crate) owner: Option<Running>,
    /// True once `up` has come to its end.
    pub(crate) complete: bool,
}

/// A host, and the process whose end is its end.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Holder {
    /// Which host.
    pub(crate) seat: Seat,
    /// Holds its namespaces.
    pub(crate) running: Running,
}

/// A process: one that holds a host's namespaces, or waits for a program in them.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Running {
    /// The process whose end is the end of the host, or of the program.
    pub(crate) holder: u32,
    /// The holder's start in clock ticks since boot: with the id it names a process for good.
    pub(crate) started: u64,
}

impl Running {
    /// A process that runs now.
    pub(crate) fn of(holder: u32) -> Outcome<Self> {
        Ok(Self { holder, started: started(holder).attempt("look after the host's process")? })
    }

    /// False once the process is gone, even if another has its id now.
    pub(crate) fn is_alive(&self) -> bool {
        started(self.holder).is_ok_and(|started| started == self.started)
    }

    /// The first process inside the host's namespaces, or the program that was started in them.
    pub(crate) fn first(&self) -> Option<u32> {
        let path = format!("/proc/{0}/task/{0}/children", self.holder);
        fs::read_to_string(path).ok()?.split_whitespace().next()?.parse().ok()
    }
}

impl Running {
    /// Writes a program down under its name, for `status`.
    pub(crate) fn note_daemon(&self, place: &Place, name: &str) -> Outcome {
        let folder = daemons_of(place);
        fs::create_dir_all(&folder).attempt(format!("make {}", folder.display()))?;
        let text = serde_json::to_vec(self).attempt("write down what runs")?;
        fs::write(folder.join(name), text).attempt(format!("write down {name}"))
    }

    /// The programs that were started, by name.
    pub(crate) fn daemons(place: &Place) -> Vec<(String, Self)> {
        let entries = fs::read_dir(daemons_of(place)).into_iter().flatten().filter_map(Result::ok);
        let mut all: Vec<_> = entries
            .filter_map(|entry| {
                let running = serde_json::from_slice(&fs::read(entry.path()).ok()?).ok()?;
                Some((entry.file_name().into_string().ok()?, running))
            })
            .collect();
        all.sort_by(|one: &(String, Self), other| one.0.cmp(&other.0));
        all
    }
}

fn daemons_of(place: &Place) -> PathBuf {
    place.file("daemons")
}

/// Field 22 of `/proc/PID/stat`; the second field may hold blanks, but ends with the last `)`. A dead process that
/// nobody has waited for yet does not count.
fn started(process: u32) -> std::io::Result<u64> {
    let text = fs::read_to_string(format!("/proc/{process}/stat"))?;
    let mut fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let state = fields.next();
    let start = fields.nth(18).and_then(|field| field.parse().ok());
    start.filter(|_| state != Some("Z")).ok_or_else(|| std::io::Error::other("it has ended"))
}

fn path(place: &Place) -> PathBuf {
    place.file("cluster.json")
}

impl Record {
    /// Reads it; `None` if the folder has none.
    pub(crate) fn read(place: &Place) -> Outcome<Option<Self>> {
        let path = path(place);
        if !path.exists() {
            return Ok(None);
        }
        let text = fs::read(&path).attempt(format!("read {}", path.display()))?;
        serde_json::from_slice(&text).map(Some).attempt(format!("understand {}", path.display()))
    }

    /// Notes a host, in the place of an earlier one on its seat.
    pub(crate) fn note(place: &Place, holder: Holder) -> Outcome {
        let mut record = Self::must(place)?;
        record.hosts.retain(|other| other.seat != holder.seat);
        record.hosts.push(holder);
        record.write(place)
    }

    /// Notes that `up` has come to its end.
    pub(crate) fn note_complete(place: &Place) -> Outcome {
        Self { complete: true, ..Self::must(place)? }.write(place)
    }

    fn must(place: &Place) -> Outcome<Self> {
        Self::read(place)?.ok_or_else(|| Failure::new(format!("cluster {} has no record", place.index())))
    }

    /// Writes it whole or not at all.
    pub(crate) fn write(&self, place: &Place) -> Outcome {
        let (path, beside) = (path(place), place.file("cluster.json.new"));
        let text = serde_json::to_vec_pretty(self).attempt("write down what runs")?;
        fs::write(&beside, text).attempt(format!("write {}", beside.display()))?;
        fs::rename(&beside, &path).attempt(format!("write {}", path.display()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_known_by_its_id_and_its_start() {
        let own = Running::of(std::process::id()).expect("we run");
        assert!(own.is_alive());
        assert!(!Running { started: own.started + 1, ..own }.is_alive());
        assert!(!Running { holder: u32::MAX, ..own }.is_alive());
    }
}
