//! What the cases share: the needs, each made when the first case asks for it, and a folder a case.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;
use tokio::sync::OnceCell;

use crate::chance::Chance;
use crate::cluster::{self, DataPrograms, Tier};
use crate::failure::{Attempt, Outcome};
use crate::hosts::postgres::Postgres;
use crate::hosts::s3::S3;
use crate::image::{Packed, Purpose, make, optimised};
use crate::needs::programs::Programs;
use crate::needs::python::{self, Packages};
use crate::needs::{Need, jars, maven, minio, pgbouncer, postgres};
use crate::stage::Stage;

/// The shared things of one run.
pub(crate) struct Lab {
    /// Ten times the rounds.
    pub(crate) full: bool,
    /// Brings a run's random choices back.
    pub(crate) seed: u64,
    /// A person's cluster that cases may play on, each in a namespace of its own.
    pub(crate) reuse: Option<u8>,
    /// How to reach a cluster that is not ours, if the cases are to run there.
    pub(crate) kubeconfig: Option<PathBuf>,
    /// The checkout and what is built from it.
    pub(crate) programs: Programs,
    // Before the folder in this order: Postgres is gone when its log goes.
    postgres: OnceCell<Postgres>,
    stage: OnceCell<Stage>,
    server: OnceCell<()>,
    optimised: OnceCell<PathBuf>,
    cli: OnceCell<()>,
    dev: OnceCell<()>,
    tests: OnceCell<()>,
    images: OnceCell<Vec<Packed>>,
    scratch: TempDir,
}

// By program and not by package: so the dependencies have the features that all of the workspace wants, and are built once.
const SERVER: &[&str] = &["build", "--quiet", "--bin", "catalog-server"];
const CLI: &[&str] = &["build", "--quiet", "--bin", "pangolin"];
const DEV: &[&str] = &["build", "--quiet", "--bin", "pangolin-dev"];
const TESTS: &[&str] = &["test", "--quiet", "--workspace", "--no-run"];

impl Lab {
    /// An empty lab.
    pub(crate) fn open(full: bool, seed: u64, reuse: Option<u8>, kubeconfig: Option<PathBuf>) -> Outcome<Self> {
        let programs = Programs::locate()?;
        Ok(Self { full, reuse, kubeconfig, ..Self::with(programs, seed)? })
    }

    /// An empty lab for a run on this machine alone, with programs that are there already.
    pub(crate) fn with(programs: Programs, seed: u64) -> Outcome<Self> {
        let scratch = TempDir::with_prefix("pangolin-e2e-").attempt("make a folder for this run")?;
        Ok(Self {
            full: false,
            seed,
            reuse: None,
            kubeconfig: None,
            programs,
            postgres: OnceCell::new(),
            stage: OnceCell::new(),
            server: OnceCell::new(),
            optimised: OnceCell::new(),
            cli: OnceCell::new(),
            dev: OnceCell::new(),
            tests: OnceCell::new(),
            images: OnceCell::new(),
            scratch,
        })
    }

    /// The private Postgres, started by the first who asks.
    pub(crate) async fn postgres(&self) -> Outcome<&Postgres> {
        let start = async || Postgres::start(&postgres::programs().await?, &self.postgres_log()).await;
        self.postgres.get_or_try_init(start).await
    }

    /// Where the private Postgres writes.
    pub(crate) fn postgres_log(&self) -> PathBuf {
        self.scratch.path().join("postgres.log")
    }

    /// An empty MinIO of its own for a case, which may do with it what it likes. Its log goes to the folder.
    pub(crate) async fn s3(&self, folder: &Path) -> Outcome<S3> {
        S3::start(&minio::program(&self.programs.checkout).await?, &folder.join("minio.log")).await
    }

    /// The cluster that the operator's cases share.
    pub(crate) async fn stage(&self) -> Outcome<&Stage> {
        let open = async || {
            cluster::build_for_cases(&self.programs.checkout, Tier::Full).await?;
            Stage::open(self).await
        };
        self.stage.get_or_try_init(open).await
    }

    /// The Python that has these packages.
    pub(crate) async fn python(&self, packages: Packages) -> Outcome<PathBuf> {
        python::interpreter(packages, &self.scripts()).await
    }

    /// The images of our programs, as the cases use them.
    pub(crate) async fn images(&self) -> Outcome<&[Packed]> {
        self.images.get_or_try_init(async || make(&self.programs, Purpose::Cases).await).await.map(Vec::as_slice)
    }

    /// The server as its image has it.
    pub(crate) async fn optimised_server(&self) -> Outcome<&Path> {
        const PROGRAM: &str = "catalog-server";
        let build = async || Ok(optimised(&self.programs, &[PROGRAM]).await?.join(PROGRAM));
        self.optimised.get_or_try_init(build).await.map(PathBuf::as_path)
    }

    /// A file of `e2e/python`.
    pub(crate) fn script(&self, name: &str) -> PathBuf {
        self.scripts().join(name)
    }

    fn scripts(&self) -> PathBuf {
        self.programs.checkout.join("e2e").join("python")
    }

    /// Makes what a case needs, unless an earlier case needed it, too.
    pub(crate) async fn prepare(&self, needs: &[Need]) -> Outcome {
        for need in needs {
            match need {
                Need::Server => self.build(&self.server, "build the server", SERVER).await?,
                Need::Optimised => self.optimised_server().await.map(drop)?,
                Need::Cli => self.build(&self.cli, "build the command-line client", CLI).await?,
                Need::Dev => self.build(&self.dev, "build what cargo dev runs", DEV).await?,
                Need::Tests => self.build(&self.tests, "build all tests", TESTS).await?,
                Need::Postgres => self.postgres().await.map(drop)?,
                Need::Pgbouncer => pgbouncer::program().await.map(drop)?,
                Need::S3 => minio::program(&self.programs.checkout).await.map(drop)?,
                Need::Data => DataPrograms::make(&self.programs.checkout).await.map(drop)?,
                Need::Python(packages) => self.python(*packages).await.map(drop)?,
                Need::Jars => jars::for_spark().await.map(drop)?,
                Need::Maven => maven::programs().await?,
                Need::Images => self.images().await.map(drop)?,
                Need::Api | Need::ControlPlane => cluster::build_for_cases(&self.programs.checkout, Tier::Api).await?,
                Need::Stage => self.stage().await.map(drop)?,
                Need::Cluster => cluster::build_for_cases(&self.programs.checkout, Tier::Full).await?,
            }
        }
        Ok(())
    }

    async fn build(&self, once: &OnceCell<()>, says: &str, arguments: &[&str]) -> Outcome {
        once.get_or_try_init(async || self.programs.build(says, arguments).await).await.map(drop)
    }

    /// A case's own folder; everything ending in `.log` in it is shown when the case fails.
    pub(crate) fn folder(&self, case: &str) -> Outcome<PathBuf> {
        let folder = self.scratch.path().join(case);
        fs::create_dir_all(&folder).attempt(format!("make {}", folder.display()))?;
        Ok(folder)
    }

    /// A case's own random numbers.
    pub(crate) fn chance(&self) -> Chance {
        Chance::new(self.seed)
    }

    /// `count`, ten times that in a full run.
    pub(crate) fn rounds(&self, count: u64) -> u64 {
        if self.full { count * 10 } else { count }
    }

    /// Leaves the folders where they are, for a person to look into; says where.
    pub(crate) fn keep(self) -> PathBuf {
        let Self {
            full: _,
            seed: _,
            reuse: _,
            kubeconfig: _,
            programs: _,
            postgres,
            stage,
            server: _,
            optimised: _,
            cli: _,
            dev: _,
            tests: _,
            images: _,
            scratch,
        } = self;
        drop((postgres, stage));
        scratch.keep()
    }
}
