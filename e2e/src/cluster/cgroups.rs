//! A cgroup a host, in every hierarchy (version 1) or in the one (version 2): kubelet makes its pods' below it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use crate::failure::{Attempt, Outcome};

const ROOT: &str = "/sys/fs/cgroup";

/// Makes `name` (two levels at most) where it can be made.
pub(super) fn make(name: &str) -> Outcome {
    for hierarchy in hierarchies() {
        let mut folder = hierarchy.clone();
        for part in name.split('/') {
            folder.push(part);
            if !folder.exists() {
                fs::create_dir(&folder).attempt(format!("make the cgroup {}", folder.display()))?;
                inherit(&hierarchy, &folder)?;
            }
        }
    }
    Ok(())
}

/// A cpuset is born empty in version 1, and takes no process before it has processors and memory.
fn inherit(hierarchy: &Path, folder: &Path) -> Outcome {
    for file in ["cpuset.cpus", "cpuset.mems"] {
        let (from, to) = (hierarchy.join(file), folder.join(file));
        if from.exists() && to.exists() {
            let value = fs::read_to_string(&from).attempt(format!("read {}", from.display()))?;
            fs::write(&to, value.trim()).attempt(format!("write {}", to.display()))?;
        }
    }
    Ok(())
}

/// Removes `name` and all below it. What died a moment ago may still be in there.
pub(super) fn remove(name: &str) -> Outcome {
    for hierarchy in hierarchies() {
        let folder = hierarchy.join(name);
        let mut tries = 0;
        while let Err(error) = remove_below(&folder) {
            tries += 1;
            if tries == 100 {
                return Err(error).attempt(format!("remove the cgroup {}", folder.display()));
            }
            sleep(Duration::from_millis(30));
        }
    }
    Ok(())
}

/// The deepest first: a cgroup's folder goes by itself, its files are no files.
fn remove_below(folder: &Path) -> io::Result<()> {
    if !folder.exists() {
        return Ok(());
    }
    for entry in fs::read_dir(folder)?.filter_map(Result::ok) {
        if entry.file_type()?.is_dir() {
            remove_below(&entry.path())?;
        }
    }
    fs::remove_dir(folder)
}

/// Version 1 (and both at once) has a folder a hierarchy, version 2 is the root itself.
fn hierarchies() -> Vec<PathBuf> {
    let root = Path::new(ROOT);
    if root.join("cgroup.controllers").exists() {
        return vec![root.to_owned()];
    }
    let entries = fs::read_dir(root).into_iter().flatten().filter_map(Result::ok);
    // A link is another name for a hierarchy that is there already.
    let mut all: Vec<_> = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir())).collect();
    all.retain(|entry| entry.path().join("cgroup.procs").exists());
    all.into_iter().map(|entry| entry.path()).collect()
}
