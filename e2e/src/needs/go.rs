//! Programs built from Go modules: one folder of `e2e/tools` each, whose `go.sum` pins every line of them.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tokio::process::Command;

use super::{cache, quiet};
use crate::failure::{Attempt, Failure, Outcome};

/// A module that only names tools, and how they are told their version.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Module {
    /// Its folder in `e2e/tools`.
    pub(crate) name: &'static str,
    /// The dependency whose version counts; none if the program is our own.
    pub(crate) of: Option<&'static str>,
    /// The linker's flags for that version.
    pub(crate) stamp: fn(&str) -> String,
}

/// A folder of built programs: only what was asked for is in it.
#[derive(Clone, Debug)]
pub(crate) struct Built {
    folder: PathBuf,
}

impl Built {
    /// The path of a program, named as the last part of its package.
    pub(crate) fn path(&self, program: &str) -> PathBuf {
        self.folder.join(program)
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Module {
    /// Builds the packages that the cache lacks; `checkout` is ours.
    pub(crate) async fn build(&self, checkout: &Path, packages: &[&str]) -> Outcome<Built> {
        let source = checkout.join("e2e").join("tools").join(self.name);
        let parts = contents(&source)?;
        let version = match self.of {
            Some(of) => version(&parts.iter().map(|part| String::from_utf8_lossy(part)).collect::<String>(), of)?,
            None => String::new(),
        };
        let flags = format!("-s -w {}", (self.stamp)(&version)).trim_end().to_owned();
        let key = key(parts.iter().map(Vec::as_slice).chain([flags.as_bytes()]));
        let built = Built { folder: cache::dir()?.join("tools").join(format!("{}-{key}", self.name)) };
        for package in packages {
            let program = package.rsplit('/').find(|part| !is_major(part)).unwrap_or(package);
            if !built.path(program).exists() {
                let says = format!("build {program} {version}").trim_end().to_owned();
                install(&says, &source, package, program, &flags, &built).await?;
            }
        }
        Ok(built)
    }
}

/// `…/server/v3` is the program `server`.
fn is_major(part: &str) -> bool {
    part.strip_prefix('v').is_some_and(|digits| digits.parse::<u32>().is_ok())
}

/// The version that `go.mod` requires of a dependency.
fn version(module: &str, of: &str) -> Outcome<String> {
    let required = |line: &str| {
        let mut words = line.trim().trim_start_matches("require ").split_whitespace();
        (words.next() == Some(of)).then(|| words.next().map(str::to_owned)).flatten()
    };
    let found = module.lines().filter_map(required).find(|version| version.starts_with('v'));
    found.ok_or_else(|| Failure::new(format!("go.mod requires no version of {of}")))
}

/// All files of the module, in the order of their names: `go.mod`, `go.sum`, and the sources of our own.
fn contents(source: &Path) -> Outcome<Vec<Vec<u8>>> {
    let says = || format!("read {}", source.display());
    let entries = fs::read_dir(source).attempt(says())?;
    let mut files =
        entries.map(|entry| entry.map(|entry| entry.path())).collect::<Result<Vec<_>, _>>().attempt(says())?;
    files.sort();
    files.iter().map(|file| fs::read(file).attempt(format!("read {}", file.display()))).collect()
}

fn key<'a>(parts: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hash = Sha256::new();
    for part in parts {
        // The length keeps the parts apart.
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Into a folder of this process, then renamed: a program that was cut short, or is being built by two, is never found.
async fn install(says: &str, source: &Path, package: &str, program: &str, flags: &str, built: &Built) -> Outcome {
    if Command::new("go").arg("version").output().await.is_err() {
        return Err(Failure::new("there is no Go on this machine: install Go 1.26 or newer and run again"));
    }
    let beside = built.folder.join(format!("unfinished-{}", std::process::id()));
    fs::create_dir_all(&beside).attempt(format!("make {}", beside.display()))?;
    // A long build leaves the machine usable.
    let mut go = Command::new("nice");
    go.args(["-n", "19", "go", "install", "-trimpath", "-mod=readonly", "-ldflags", flags, package]);
    go.current_dir(source).env("GOBIN", &beside).env("GOTOOLCHAIN", "local").env("CGO_ENABLED", "0");
    quiet::run(says, &mut go).await?;
    fs::rename(beside.join(program), built.path(program)).attempt(format!("keep {program}"))?;
    fs::remove_dir(&beside).attempt(format!("remove {}", beside.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_that_of_the_required_module_and_of_no_other() {
        let module = "require (\n\texample.org/ab v1.0.0 // indirect\n\texample.org/a v1.2.3 // indirect\n)\n";
        assert_eq!(version(module, "example.org/a").expect("it is there"), "v1.2.3");
        assert_eq!(version("require example.org/a v2.0.0\n", "example.org/a").expect("it is there"), "v2.0.0");
        assert!(version(module, "example.org/b").is_err());
        assert!(version("tool example.org/a\n", "example.org/a").is_err());
    }

    #[test]
    fn a_change_of_any_part_is_another_key() {
        assert_ne!(key([b"ab".as_slice(), b"c"]), key([b"a".as_slice(), b"bc"]));
        assert_eq!(key([b"ab".as_slice()]), key([b"ab".as_slice()]));
    }
}
