//! The data host: Postgres and MinIO at one address for pods and cases, killable and cut off like a node.

mod programs;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::daemon::Daemon;
use super::host::{Host, output};
use super::network;
use super::place::Place;
use super::record::{Record, Running};
use super::seat::Seat;
use super::wait::{eventually, until};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::{postgres, s3};

pub(crate) use programs::DataPrograms;

const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// Where Postgres' files are inside the host: its user may not enter the folder that they really lie in.
const POSTGRES: &str = "/var/lib/postgresql";

/// The host that runs, and the ways to what runs on it.
#[derive(Clone)]
pub(crate) struct Data {
    place: Place,
    host: Host,
    saved: Saved,
}

/// What the next process must know to use it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Saved {
    programs: DataPrograms,
    postgres: postgres::Access,
    s3: s3::Access,
}

/// What runs on the host.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Service {
    Postgres,
    S3,
}

impl Service {
    fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::S3 => "minio",
        }
    }
}

impl Data {
    /// Brings it up with nothing in it.
    pub(super) async fn start(place: &Place, programs: DataPrograms) -> Outcome<Self> {
        let address = place.address_of(Seat::Data);
        let saved =
            Saved { programs, postgres: postgres::Access::new(address, 5432), s3: s3::Access::new(address, 9000) };
        for service in [Service::Postgres, Service::S3] {
            let home = home(place, service);
            fs::create_dir_all(&home).attempt(format!("make {}", home.display()))?;
        }
        saved.write(place)?;
        postgres::recipe::prepare(&home(place, Service::Postgres), &saved.postgres).await?;
        let data = Self { place: place.clone(), host: start_host(place).await?, saved };
        let initdb = postgres::recipe::initdb(&data.saved.programs.postgres, Path::new(POSTGRES)).await?;
        data.host.run("run initdb", &initdb)?;
        postgres::recipe::finish(&home(place, Service::Postgres))?;
        data.start_all().await?;
        Ok(data)
    }

    /// The one of a cluster that was brought up before, perhaps by another process.
    pub(crate) fn open(place: &Place) -> Outcome<Self> {
        let none = || Failure::new(format!("cluster {} has no data host", place.index()));
        let record = Record::read(place)?.ok_or_else(none)?;
        let holder = record.hosts.iter().find(|host| host.seat == Seat::Data).ok_or_else(none)?;
        Ok(Self { place: place.clone(), host: Host::open(place, *holder)?, saved: Saved::read(place)? })
    }

    /// The way to Postgres.
    pub(crate) fn postgres(&self) -> &postgres::Access {
        &self.saved.postgres
    }

    /// The way to MinIO.
    pub(crate) fn s3(&self) -> &s3::Access {
        &self.saved.s3
    }

    /// The host itself.
    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Nobody reaches it, as when a switch has failed: connections hang, nothing is refused.
    pub(crate) fn cut_off(&self) -> Outcome {
        network::switch(&self.place, Seat::Data, false)
    }

    /// Ends [`Data::cut_off`].
    pub(crate) fn connect_again(&self) -> Outcome {
        network::switch(&self.place, Seat::Data, true)
    }

    /// SIGKILL to all of it at once, as when a machine loses its power.
    pub(crate) async fn kill(&self) -> Outcome {
        self.host.kill().await
    }

    /// Brings it up again after [`Data::kill`], with the data that it had.
    pub(crate) async fn start_again(&mut self) -> Outcome {
        self.host = start_host(&self.place).await?;
        self.start_all().await
    }

    /// SIGKILL to one of the two.
    pub(crate) async fn kill_service(&self, service: Service) -> Outcome {
        let name = format!("{}-{}", Seat::Data, service.name());
        let running = Running::daemons(&self.place).into_iter().find(|(known, _)| *known == name);
        let process = running.and_then(|(_, running)| running.first());
        let process = process.ok_or_else(|| Failure::new(format!("{name} does not run")))?;
        output("kill a program of the data host", Command::new("kill").args(["-KILL", &process.to_string()]))?;
        let gone = async || check(Running::of(process).is_err(), || format!("{name} is still there"));
        eventually(Duration::from_secs(10), gone).await
    }

    /// Starts it after [`Data::kill_service`], and waits until it answers.
    pub(crate) async fn start_service(&self, service: Service) -> Outcome {
        let deadline = tokio::time::Instant::now() + ANSWERS_WITHIN;
        loop {
            let started = self.answering([self.daemon(service).await?], service).await;
            // Postgres refuses while one of its old processes has not seen yet that the postmaster is dead.
            if started.is_ok() || tokio::time::Instant::now() > deadline {
                return started;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    async fn start_all(&self) -> Outcome {
        let (postgres, s3) = (self.daemon(Service::Postgres).await?, self.daemon(Service::S3).await?);
        self.answering([postgres], Service::Postgres).await?;
        self.answering([s3], Service::S3).await
    }

    async fn daemon(&self, service: Service) -> Outcome<Daemon> {
        let Saved { programs, postgres, s3 } = &self.saved;
        let command = match service {
            Service::Postgres => postgres::recipe::server(&programs.postgres, Path::new(POSTGRES), postgres).await?,
            Service::S3 => s3::recipe::server(&programs.minio, &home(&self.place, service), s3),
        };
        self.host.start_program(service.name(), &command)
    }

    async fn answering(&self, mut daemons: [Daemon; 1], service: Service) -> Outcome {
        let probe = async || match service {
            Service::Postgres => self.saved.postgres.answers().await,
            Service::S3 => self.saved.s3.answers().await,
        };
        until(&mut daemons, ANSWERS_WITHIN, probe).await
    }
}

/// A folder of the host, as this machine sees it.
fn home(place: &Place, service: Service) -> PathBuf {
    place.file("data").join(service.name())
}

async fn start_host(place: &Place) -> Outcome<Host> {
    let host = Host::start(place, Seat::Data).await?;
    let home = home(place, Service::Postgres);
    let mount = format!("mkdir {POSTGRES} && mount --bind '{}' {POSTGRES}", home.display());
    host.run("show Postgres its files", Command::new("sh").args(["-c", &mount]))?;
    Ok(host)
}

impl Saved {
    fn path(place: &Place) -> PathBuf {
        place.file("data.json")
    }

    fn read(place: &Place) -> Outcome<Self> {
        let text = fs::read(Self::path(place)).attempt("read the ways to the data host")?;
        serde_json::from_slice(&text).attempt("understand the ways to the data host")
    }

    /// For us alone: there are secrets in it.
    fn write(&self, place: &Place) -> Outcome {
        let (path, says) = (Self::path(place), "write the ways to the data host");
        fs::write(&path, "").attempt(says)?;
        fs::set_permissions(&path, Permissions::from_mode(0o600)).attempt(says)?;
        fs::write(&path, serde_json::to_vec(self).attempt(says)?).attempt(says)
    }
}
