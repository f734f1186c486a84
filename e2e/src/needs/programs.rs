//! Our own programs, built by the cargo that runs us, into the target folder that we came from.

use std::collections::HashMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::failure::{Attempt, Failure, Outcome};

/// Where cargo, the checkout and the built programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The checkout's root.
    pub(crate) checkout: PathBuf,
    /// Where cargo puts the programs.
    built: PathBuf,
    /// Programs that are to be used instead.
    instead: HashMap<&'static str, PathBuf>,
}

impl Programs {
    /// Looks around: the folder of this very program is where its neighbours will be.
    pub(crate) fn locate() -> Outcome<Self> {
        let own = env::current_exe().attempt("find this program")?;
        let built = own.parent().ok_or_else(|| Failure::new("this program lies in no folder"))?.to_owned();
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let checkout = package.parent().ok_or_else(|| Failure::new("the package lies in no checkout"))?.to_owned();
        Ok(Self { checkout, built, instead: HashMap::new() })
    }

    /// A cargo command in the checkout.
    pub(crate) fn cargo(&self) -> Command {
        let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        command.current_dir(&self.checkout);
        command
    }

    /// The path of one of our programs.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.instead.get(name).cloned().unwrap_or_else(|| self.built.join(name))
    }

    /// From now on another program is used, if one is given.
    pub(crate) fn instead(&mut self, name: &'static str, program: Option<PathBuf>) {
        self.instead.extend(program.map(|program| (name, program)));
    }

    /// The target folder.
    pub(crate) fn target(&self) -> Outcome<PathBuf> {
        let target = self.built.parent().ok_or_else(|| Failure::new("this program lies in no target folder"))?;
        Ok(target.to_owned())
    }

    /// Builds in the profile that we were built in.
    pub(crate) async fn build(&self, says: &str, arguments: &[&str]) -> Outcome {
        let mut command = self.cargo();
        command.args(arguments);
        if self.built.ends_with("release") {
            command.arg("--release");
        }
        self.run(says, command).await
    }

    /// Runs cargo with its own progress shown.
    pub(crate) async fn run(&self, says: &str, command: Command) -> Outcome {
        eprintln!("· {says}");
        let status = tokio::process::Command::from(command).kill_on_drop(true).status().await.attempt(says)?;
        if status.success() { Ok(()) } else { Err(Failure::new(format!("{says}: cargo ended with {status}"))) }
    }
}
