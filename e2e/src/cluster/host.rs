//! A host: a process tree in network, mount and process namespaces of its own. Its first process does nothing but
//! reap; the kill of its holder ends everything in it, and what it had mounted and connected goes with it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::daemon::Daemon;
use super::place::Place;
use super::record::{Holder, Record, Running};
use super::seat::Seat;
use super::wait::eventually;
use super::{cgroups, network};
use crate::failure::{Attempt, Failure, Outcome};

/// A host that runs.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    place: Place,
    holder: Holder,
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
    /// Starts the holder, and writes it down before anything else happens.
    pub(crate) async fn start(place: &Place, seat: Seat) -> Outcome<Self> {
        let mut command = Command::new("unshare");
        command.args(["--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child=SIGKILL"]);
        command.args(["sh", "-c", FIRST]).current_dir("/");
        let daemon = Daemon::start(&format!("{seat}-host"), command, &place.logs())?;
        let holder = Holder { seat, running: Running::of(daemon.id())? };
        Record::note(place, holder)?;
        let first = first_process(daemon).await?;
        let host = Self { place: place.clone(), holder, first };
        cgroups::make(&host.cgroup())?;
        host.run("give the host private folders", Command::new("sh").args(["-c", PRIVATE]))?;
        network::connect(place, seat, first)?;
        host.run("set up the host's network", Command::new("sh").args(["-c", &network::inside(place, seat)]))?;
        Ok(host)
    }

    /// One that was started before, perhaps by another process.
    pub(crate) fn open(place: &Place, holder: Holder) -> Outcome<Self> {
        let gone = || Failure::new(format!("the host {} is gone", holder.seat));
        let first = holder.running.is_alive().then(|| holder.running.first()).flatten().ok_or_else(gone)?;
        Ok(Self { place: place.clone(), holder, first })
    }

    /// Which host it is.
    pub(crate) fn seat(&self) -> Seat {
        self.holder.seat
    }

    /// The name of the host, and of the node that it is.
    pub(crate) fn name(&self) -> String {
        self.seat().to_string()
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
        self.start_program(name, Command::new(program).args(arguments))
    }

    /// Starts a program, with its variables, in the host.
    pub(crate) fn start_program(&self, name: &str, command: &Command) -> Outcome<Daemon> {
        let name = format!("{}-{name}", self.name());
        let daemon = Daemon::start(&name, self.enter(command), &self.place.logs())?;
        Running::of(daemon.id())?.note_daemon(&self.place, &name)?;
        Ok(daemon)
    }

    /// Runs a short command in the host to its end.
    pub(crate) fn run(&self, says: &str, command: &Command) -> Outcome<String> {
        output(says, &mut self.enter(command))
    }

    /// Ends everything in the host at once, and waits until it is gone.
    pub(crate) async fn kill(&self) -> Outcome {
        output("end a host", Command::new("kill").args(["-KILL", &self.holder.running.holder.to_string()]))?;
        let there = async || {
            let gone = !self.holder.running.is_alive() && Running::of(self.first).is_err();
            gone.then_some(()).ok_or_else(|| Failure::new(format!("{} is still there", self.name())))
        };
        eventually(Duration::from_secs(10), there).await
    }

    /// The command as it is run in the host, in the root folder.
    pub(crate) fn enter(&self, command: &Command) -> Command {
        let mut inside = Command::new("nsenter");
        inside.args(["--net", "--mount", "--pid", &format!("--target={}", self.first), "--"]);
        inside.arg(command.get_program()).args(command.get_args()).current_dir("/");
        inside.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
        inside
    }
}

/// Waits until the holder has its namespaces and the first process is itself.
async fn first_process(mut holder: Daemon) -> Outcome<u32> {
    let deadline = Instant::now() + Duration::from_secs(10);
    let running = Running::of(holder.id())?;
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
