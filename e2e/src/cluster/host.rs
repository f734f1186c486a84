//! A host: a process tree in network, mount and process namespaces of its own. Its first process does nothing but
//! reap; the kill of its holder ends everything in it, and what it had mounted and connected goes with it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::daemon::Daemon;
use super::place::Place;
use super::record::Running;
use super::{cgroups, network};
use crate::failure::{Attempt, Failure, Outcome};

/// A host that runs.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    place: Place,
    running: Running,
    first: u32,
}

/// Waits for its children and for orphans, for ever.
const FIRST: &str = "while :; do sleep 3600 & wait $!; done";

/// containerd, runc, CNI and kubelet have these paths built in: what they leave there dies with the host. The kernel's
/// settings are the whole machine's, and kubelet insists on changing some: it gets files of its own in their place.
const PRIVATE: &str = "set -e
for folder in /run /var/log /var/lib; do mount -t tmpfs -o mode=0755 tmpfs $folder; done
mkdir -p /var/lib/cni /var/lib/kubelet /run/lock /run/settings
for setting in vm/overcommit_memory vm/panic_on_oom kernel/panic kernel/panic_on_oops kernel/keys/root_maxkeys \
    kernel/keys/root_maxbytes; do
  cat /proc/sys/$setting > /run/settings/$(basename $setting)
  mount --bind /run/settings/$(basename $setting) /proc/sys/$setting
done";

impl Host {
    /// Starts the holder; `note` writes it down before anything else happens.
    pub(crate) async fn start(place: &Place, node: u8, note: impl FnOnce(Running) -> Outcome) -> Outcome<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]);
        command.args(["sh", "-c", FIRST]).current_dir("/");
        let holder = Daemon::start(&format!("n{node}-host"), command, &place.logs())?;
        let running = Running::of(node, holder.id())?;
        note(running)?;
        let first = first_process(holder).await?;
        let host = Self { place: place.clone(), running, first };
        cgroups::make(&host.cgroup())?;
        host.run("give the host private folders", Command::new("sh").args(["-c", PRIVATE]))?;
        network::connect(place, node, first)?;
        host.run("set up the host's network", Command::new("sh").args(["-c", &network::inside(place, node)]))?;
        Ok(host)
    }

    /// The number of the node.
    pub(crate) fn node(&self) -> u8 {
        self.running.node
    }

    /// The name of the node.
    pub(crate) fn name(&self) -> String {
        format!("n{}", self.node())
    }

    /// The host's cgroup, below the root of every hierarchy.
    pub(crate) fn cgroup(&self) -> String {
        format!("{}/{}", self.place.cgroup(), self.name())
    }

    /// What the kernel calls its process namespace.
    pub(crate) fn namespace(&self) -> Outcome<PathBuf> {
        namespace(self.first).attempt(format!("look at the namespaces of {}", self.name()))
    }

    /// Starts a program in the host; its log is called after host and program.
    pub(crate) fn daemon(&self, name: &str, program: &Path, arguments: &[String]) -> Outcome<Daemon> {
        let mut command = self.enter(program);
        command.args(arguments);
        let name = format!("{}-{name}", self.name());
        let daemon = Daemon::start(&name, command, &self.place.logs())?;
        Running::of(self.node(), daemon.id())?.note_daemon(&self.place, &name)?;
        Ok(daemon)
    }

    /// Runs a short command in the host to its end.
    pub(crate) fn run(&self, says: &str, command: &Command) -> Outcome<String> {
        let mut inside = self.enter(command.get_program());
        output(says, inside.args(command.get_args()))
    }

    fn enter(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--net", "--mount", "--pid", &format!("--target={}", self.first), "--"]);
        command.arg(program).current_dir("/");
        command
    }
}

/// Waits until the holder has its namespaces and the first process is itself.
async fn first_process(mut holder: Daemon) -> Outcome<u32> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let running = Running::of(0, holder.id())?;
    loop {
        let first = running.first();
        if let Some(first) = first.filter(|first| is_shell(*first)) {
            return Ok(first);
        }
        if holder.ended()?.is_some() || Instant::now() >= deadline {
            let tail = super::wait::tail(holder.log());
            return Err(Failure::new(format!("no namespaces for a host: it takes root on Linux{tail}")));
        }
        sleep(Duration::from_millis(10)).await;
    }
}

/// `unshare` has become the shell: `/proc` is mounted by then.
fn is_shell(process: u32) -> bool {
    fs::read_to_string(format!("/proc/{process}/comm")).is_ok_and(|name| name.trim() == "sh")
}

/// What the kernel calls the process namespace of a process.
pub(crate) fn namespace(process: u32) -> std::io::Result<PathBuf> {
    fs::read_link(format!("/proc/{process}/ns/pid"))
}

/// Runs a command to its end; what it said is in the failure.
pub(crate) fn output(says: &str, command: &mut Command) -> Outcome<String> {
    let output = command.stdin(Stdio::null()).output().attempt(says)?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let (out, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    Err(Failure::new(format!("{says}: {} ({}{})", output.status, out.trim(), errors.trim())))
}
