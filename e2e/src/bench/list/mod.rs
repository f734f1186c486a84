//! Lists of 100,000 tables in one namespace and of 100,000 namespaces, over HTTP with a token and its grants, on Postgres:
//! page by page, and all at once, beside plain `SELECT`s of the same rows over one connection.
//!
//! The rows are written by the loader of `scale_refs`. CPU seconds are counted by the kernel in hundredths, so each is that
//! of a thousand pages or of many whole lists.

mod names;
mod pages;
mod whole;

use bytes::Bytes;
use hyper::header::ACCEPT_ENCODING;
use hyper::{HeaderMap, Method};

use self::names::Names;
use super::meter::Meter;
use super::{Figure, Goal, Report};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::{LAKE, Lake};
use crate::hosts::postgres::loader::{Size, Target, load, settle};
use crate::hosts::postgres::{Postgres, index};
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::Caller;
use crate::lab::Lab;

const NAME: &str = "list";
/// Of each of the two lists.
const MANY: u32 = 100_000;

/// What is listed.
#[derive(Clone, Copy, Debug)]
enum List {
    Tables,
    Namespaces,
}

/// What the measurements share.
struct Bench<'a> {
    postgres: &'a Postgres,
    lake: Lake,
    branch: i64,
}

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    report.step("100,000 tables in a namespace, and 100,000 namespaces");
    let mut bench = Bench::open(lab).await?;
    for list in [List::Tables, List::Namespaces] {
        let names = Names::open(&bench, list)?;
        whole::measure(&mut bench, list, &names, report).await?;
        pages::measure(&bench, list, &names, report).await?;
    }
    Ok(())
}

impl List {
    /// As figures call it.
    fn word(self) -> &'static str {
        match self {
            Self::Tables => "tables",
            Self::Namespaces => "namespaces",
        }
    }

    /// The field of the answer.
    fn field(self) -> &'static str {
        match self {
            Self::Tables => "identifiers",
            Self::Namespaces => "namespaces",
        }
    }

    fn path(self, lake: &Lake) -> String {
        match self {
            Self::Tables => format!("{}/namespaces/n1/tables", lake.prefix),
            Self::Namespaces => format!("{}/namespaces", lake.prefix),
        }
    }
}

impl<'a> Bench<'a> {
    async fn open(lab: &'a Lab) -> Outcome<Self> {
        let (postgres, folder) = (lab.postgres().await?, lab.folder(NAME)?);
        let url = postgres.migrated(NAME).await?;
        postgres.count_statements(NAME).await?;
        let server = Server::as_deployed(lab, &folder, Database::Postgres(url.clone()), Buckets::NONE).await?;
        let lake = Lake::in_folder(server, &folder).await?;
        let target = Target::main(postgres, NAME, LAKE).await?;
        let size = Size { namespaces: MANY, filled: 1, each: MANY, digits: Size::DIGITS };
        load(postgres, NAME, &target, size).await?;
        index(&url).await?;
        settle(postgres, NAME).await?;
        Ok(Self { postgres, lake, branch: target.branch })
    }

    async fn meter(&self) -> Outcome<Meter<'_>> {
        Meter::start(&self.lake.server, self.postgres, Some(NAME)).await
    }

    async fn caller(&self) -> Outcome<Caller> {
        Caller::connect(self.lake.server.uri(), &self.lake.token).await
    }
}

/// Asks for a list or a page of it; its body.
async fn ask(caller: &mut Caller, path: &str, coding: &'static str) -> Outcome<Bytes> {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, coding.parse().attempt("write a coding")?)]);
    let answer = caller.send(Method::GET, path, headers, Bytes::new()).await?;
    check(answer.status == 200, || format!("{path} is answered {}", answer.status))?;
    Ok(answer.body)
}
