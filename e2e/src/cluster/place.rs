//! What bears a cluster's index: its folder, names and addresses.

use std::fs;
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use super::seat::Seat;
use crate::failure::{Attempt, Failure, Outcome};
use crate::needs::cache;

/// Where a cluster is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// 1 to 250.
    index: u8,
    home: PathBuf,
}

/// The index of the cluster that a person brings up.
pub(crate) const OURS: u8 = 1;

/// Cases that want a cluster of their own take indexes from here on.
const FOR_CASES: u8 = 100;
const LAST: u8 = 250;

impl Place {
    /// The place of an index, taken or not.
    pub(crate) fn of(index: u8) -> Outcome<Self> {
        let home = cache::dir()?.join("clusters").join(index.to_string());
        Ok(Self { index, home })
    }

    /// Takes the place: its folder is the lock.
    pub(crate) fn take(index: u8) -> Outcome<Self> {
        let place = Self::of(index)?;
        let parent = place.home.parent().unwrap_or(Path::new("/"));
        fs::create_dir_all(parent).attempt(format!("make {}", parent.display()))?;
        match fs::create_dir(&place.home) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                Err(Failure::new(format!("cluster {index} is there already: cargo e2e status says how it is")))
            }
            made => made.map(|()| place.clone()).attempt(format!("make {}", place.home.display())),
        }
    }

    /// Takes the first place that nobody has, for a case.
    pub(crate) fn take_any() -> Outcome<Self> {
        (FOR_CASES..=LAST)
            .find_map(|index| Self::take(index).ok())
            .ok_or_else(|| Failure::new("no index for one more cluster: cargo e2e status"))
    }

    /// True if no person brought it up.
    pub(crate) fn is_for_a_case(&self) -> bool {
        self.index >= FOR_CASES
    }

    /// All places that are taken.
    pub(crate) fn taken() -> Outcome<Vec<Self>> {
        let all = cache::dir()?.join("clusters");
        let names =
            fs::read_dir(all).into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let mut indexes: Vec<u8> = names.filter_map(|name| name.parse().ok()).collect();
        indexes.sort_unstable();
        indexes.into_iter().map(Self::of).collect()
    }

    /// The index.
    pub(crate) fn index(&self) -> u8 {
        self.index
    }

    /// The folder of everything that the cluster writes.
    pub(crate) fn home(&self) -> &Path {
        &self.home
    }

    /// A file or folder of the cluster.
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    /// The folder of the logs.
    pub(crate) fn logs(&self) -> PathBuf {
        self.file("logs")
    }

    /// For a person and for programs.
    pub(crate) fn kubeconfig(&self) -> PathBuf {
        self.file("kubeconfig")
    }

    /// The bridge's name.
    pub(crate) fn bridge(&self) -> String {
        format!("pgn{}", self.index)
    }

    /// This machine's end of a host's cable.
    pub(crate) fn cable(&self, seat: Seat) -> String {
        format!("pgn{}{seat}", self.index)
    }

    /// The bridge's own address.
    pub(crate) fn gateway(&self) -> Ipv4Addr {
        Ipv4Addr::new(198, 18, self.index, 1)
    }

    /// A node's address; nodes count from 1.
    pub(crate) fn address(&self, node: u8) -> Ipv4Addr {
        self.address_of(Seat::Node(node))
    }

    /// A host's address.
    pub(crate) fn address_of(&self, seat: Seat) -> Ipv4Addr {
        let last = match seat {
            Seat::Data => 2,
            Seat::Node(number) => 10 + number,
        };
        Ipv4Addr::new(198, 18, self.index, last)
    }

    /// The cgroup that holds the cluster's, in every hierarchy.
    pub(crate) fn cgroup(&self) -> String {
        format!("pangolin-{}", self.index)
    }

    /// Where the apiserver is heard.
    pub(crate) fn apiserver(&self) -> String {
        format!("https://{}:6443", self.address(1))
    }
}
