//! Clients inside the cluster's network: they resolve its names and reach its Services as pods do.

use std::fs;
use std::path::Path;
use std::process::Command;

use super::Scene;
use crate::cluster::Host;
use crate::failure::{Attempt, Failure, Outcome};

/// The names of this namespace first, as in a pod.
const WITH_NAMES: &str = "mount --bind \"$1\" /etc/resolv.conf && shift && exec \"$@\"";

impl Scene<'_> {
    /// A command as a pod of the scene's namespace would run it.
    pub(crate) fn inside(&self, command: &Command) -> Outcome<Command> {
        let file = self.folder.join("resolv.conf");
        let (namespace, domain, server) = (&self.namespace, "cluster.local", self.cluster().address());
        let names =
            format!("nameserver {server}\nsearch {namespace}.svc.{domain} svc.{domain} {domain}\noptions ndots:5\n");
        fs::write(&file, names).attempt("write the resolver's settings")?;
        Ok(self.node()?.enter(&with_names(command, &file)))
    }

    /// What runs on the node: a line a process, its resident memory in KiB and its name.
    pub(crate) fn processes(&self) -> Outcome<String> {
        let mut command = Command::new("ps");
        command.args(["-e", "-o", "rss=,comm="]);
        self.node()?.run("list the node's processes", &command)
    }

    fn node(&self) -> Outcome<&Host> {
        self.cluster().hosts().first().ok_or_else(|| Failure::new("the cluster has no node"))
    }
}

fn with_names(command: &Command, file: &Path) -> Command {
    let mut inside = Command::new("unshare");
    inside.args(["--mount", "--", "sh", "-c", WITH_NAMES, "sh"]).arg(file);
    inside.arg(command.get_program()).args(command.get_args());
    inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    inside
}
