//! What a commit through HTTP costs: one, four and sixteen writers, of a table each and of one table, on Postgres, with a
//! warehouse in a folder and in a bucket; beside one-row durable updates by as many clients of the same Postgres.
//!
//! How far commits scale is `scale_commits`; this is what one of them asks of each part.

use std::path::PathBuf;
use std::time::Duration;

use super::client::Ran;
use super::closed_loop::closed_loop;
use super::meter::{Meter, Work};
use super::owner::Owner;
use super::plain::Plain;
use super::{Figure, Goal, Report, pgbench};
use crate::failure::{Attempt, Outcome};
use crate::hosts::lake::Lake;
use crate::hosts::postgres::{Postgres, index};
use crate::hosts::s3::S3;
use crate::hosts::server::{Buckets, Database, Server};
use crate::lab::Lab;

const BUCKET: &str = "lake";
/// Who commit at once.
const WRITERS: [usize; 3] = [1, 4, 16];
/// Of one measurement.
const LASTS: Duration = Duration::from_secs(4);

/// Where the warehouse is.
#[derive(Clone, Copy, Debug)]
enum Root {
    Folder,
    Bucket,
}

/// What the measurements of a root share.
struct Bench<'a> {
    postgres: &'a Postgres,
    database: &'static str,
    url: String,
    folder: PathBuf,
    root: Root,
    lake: Lake,
    // Ends after the server that writes to it.
    _s3: Option<S3>,
}

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    for root in [Root::Folder, Root::Bucket] {
        let bench = Bench::open(lab, root).await?;
        for writers in WRITERS {
            bench.measure(report, writers).await?;
        }
    }
    Ok(())
}

impl Root {
    /// As figures call it, and as its database is called.
    fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Folder => ("a folder", "commit_folder"),
            Self::Bucket => ("a bucket", "commit_bucket"),
        }
    }
}

impl<'a> Bench<'a> {
    async fn open(lab: &'a Lab, root: Root) -> Outcome<Self> {
        let ((_, database), postgres) = (root.words(), lab.postgres().await?);
        let folder = lab.folder(database)?;
        let url = postgres.prepared(database).await?;
        postgres.count_statements(database).await?;
        Plain::make(postgres, &url, database).await?;
        let (s3, buckets) = match root {
            Root::Folder => (None, Buckets::NONE),
            Root::Bucket => {
                let s3 = lab.s3(&folder).await?;
                let buckets = Buckets::of(&s3);
                (Some(s3), buckets)
            }
        };
        let server = Server::as_deployed(lab, &folder, Database::Postgres(url.clone()), buckets).await?;
        index(&url).await?;
        let lake = match &s3 {
            None => Lake::in_folder(server, &folder).await?,
            Some(s3) => Lake::in_bucket(server, s3, BUCKET, &folder).await?,
        };
        Ok(Self { postgres, database, url, folder, root, lake, _s3: s3 })
    }

    async fn measure(&self, report: &mut Report, writers: usize) -> Outcome {
        let word = if writers == 1 { "writer" } else { "writers" };
        report.step(&format!("{}, {writers} {word}", self.root.words().0));
        let updates = pgbench::updates(&self.url, &self.folder, writers, LASTS).await?;
        let mut own = Owner::crew(&self.lake, self.lake.server.uri(), &format!("own{writers}"), writers).await?;
        self.tell(report, &format!("{writers} {word}, a table each"), updates, &mut own).await?;
        if writers > 1 {
            let mut one = Owner::crowd(&self.lake, &format!("one{writers}"), writers).await?;
            self.tell(report, &format!("{writers} {word}, one table"), updates, &mut one).await?;
        }
        Ok(())
    }

    async fn tell(&self, report: &mut Report, who: &str, updates: f64, crew: &mut [Owner]) -> Outcome {
        let (ran, one) = self.commit(crew).await?;
        let name = |what: &str| format!("{}, {who}: {what}", self.root.words().0);
        let micros = |seconds: f64| seconds * 1_000_000.0;
        report.tell(Figure::new(name("commits"), "1/s", ran.rate).beside("pgbench", updates))?;
        report.tell(Figure::new(name("p50"), "ms", ran.times.p50()))?;
        report.tell(Figure::new(name("p99"), "ms", ran.times.p99()))?;
        report.tell(Figure::new(name("CPU of one, server"), "µs", micros(one.server.seconds())))?;
        report.tell(Figure::new(name("CPU of one, Postgres"), "µs", micros(one.postgres.seconds())))?;
        report.tell(Figure::new(name("statements of one"), "", one.statements))?;
        report.tell(Figure::new(name("files written for one"), "", one.writes))?;
        report.tell(Figure::new(name("answers of 500 and more"), "", ran.failures()).goal(Goal::AtMost(0.0)))
    }

    /// What all writers got, and what one commit cost.
    async fn commit(&self, crew: &mut [Owner]) -> Outcome<(Ran, Work)> {
        closed_loop(crew, LASTS / 4).await.attempt("warm up")?;
        let meter = Meter::start(&self.lake.server, self.postgres, Some(self.database)).await?;
        let ran = closed_loop(crew, LASTS).await?;
        let one = meter.end().await? / ran.successes();
        Ok((ran, one))
    }
}
