//! A cgroup with a limit of memory, as kubelet makes one for a container: what is over the limit and cannot be given back
//! is killed. In version 1 or 2 of cgroups, whichever has the memory.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::failure::{Attempt, Failure, Outcome};

const ROOT: &str = "/sys/fs/cgroup";

/// What the two versions call the same things.
struct Names {
    limit: &'static str,
    /// Has a line `oom_kill N`.
    events: &'static str,
}

const VERSION_1: Names = Names { limit: "memory.limit_in_bytes", events: "memory.oom_control" };
const VERSION_2: Names = Names { limit: "memory.max", events: "memory.events" };

/// The cgroup, gone with its handle. What runs in it must have ended by then.
pub(crate) struct MemoryLimit {
    folder: PathBuf,
    names: Names,
}

impl MemoryLimit {
    /// A new one, without processes; swapping is no way out of it. Needs root.
    pub(crate) fn make(bytes: u64) -> Outcome<Self> {
        let name = format!("pangolin-memory-{}", std::process::id());
        let (parent, names) = hierarchy()?;
        let folder = parent.join(name);
        fs::create_dir(&folder)
            .attempt(format!("make the cgroup {}, for which one has to be root", folder.display()))?;
        let limit = Self { folder, names };
        limit.write(limit.names.limit, bytes)?;
        for (swap, value) in [("memory.memsw.limit_in_bytes", bytes), ("memory.swap.max", 0)] {
            if limit.folder.join(swap).exists() {
                limit.write(swap, value)?;
            }
        }
        Ok(limit)
    }

    /// Where a process that wants to be in it writes its id.
    pub(crate) fn door(&self) -> PathBuf {
        self.folder.join("cgroup.procs")
    }

    /// True if that process is in it.
    pub(crate) fn holds(&self, process: u32) -> Outcome<bool> {
        let all = fs::read_to_string(self.door()).attempt("read who is in a cgroup")?;
        Ok(all.lines().any(|line| line == process.to_string()))
    }

    /// How many processes were killed for the limit.
    pub(crate) fn kills(&self) -> Outcome<u64> {
        let events = fs::read_to_string(self.folder.join(self.names.events)).attempt("read what a limit has done")?;
        let count = events.lines().find_map(|line| line.strip_prefix("oom_kill ")?.parse().ok());
        count.ok_or_else(|| Failure::new("the kernel does not count whom it kills for a limit"))
    }

    fn write(&self, file: &str, value: u64) -> Outcome {
        fs::write(self.folder.join(file), value.to_string()).attempt(format!("set {file}"))
    }
}

impl Drop for MemoryLimit {
    fn drop(&mut self) {
        // What died a moment ago may still be in there.
        for _ in 0..100 {
            if fs::remove_dir(&self.folder).is_ok() {
                return;
            }
            sleep(Duration::from_millis(20));
        }
    }
}

/// The folder below which a cgroup can limit memory.
fn hierarchy() -> Outcome<(PathBuf, Names)> {
    let (root, own) = (Path::new(ROOT), Path::new(ROOT).join("memory"));
    if own.join(VERSION_1.limit).exists() {
        return Ok((own, VERSION_1));
    }
    let control = root.join("cgroup.subtree_control");
    if control.exists() {
        fs::write(&control, "+memory").attempt("have cgroups limit memory, for which one has to be root")?;
        return Ok((root.to_owned(), VERSION_2));
    }
    Err(Failure::new("this machine has no cgroups that limit memory"))
}
