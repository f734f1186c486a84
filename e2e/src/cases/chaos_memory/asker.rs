//! Someone who loads one table after another, and looks whether each is the one that was asked for.

use std::fs;
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, CONTENT_ENCODING, HeaderValue, RETRY_AFTER};
use hyper::{HeaderMap, Method, StatusCode};
use tokio::time::{Instant, sleep};

use super::tables::Table;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::caller::Caller;

/// A server that sheds load has to serve sooner or later.
const PATIENCE: Duration = Duration::from_secs(20);

/// What was answered.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tally {
    /// Whole tables.
    pub(super) loaded: u64,
    /// Bytes of their metadata.
    pub(super) bytes: u64,
    /// Requests that were sent away for a moment.
    pub(super) shed: u64,
}

/// Loads these tables, each until it is there.
pub(super) async fn ask<'a>(
    lake: &Lake,
    tables: impl Iterator<Item = &'a Table>,
    coding: &'static str,
) -> Outcome<Tally> {
    let mut caller = Caller::connect(lake.server.uri(), &lake.token).await?;
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(coding))]);
    let mut tally = Tally::default();
    for table in tables {
        let start = Instant::now();
        loop {
            let (head, body) = caller.exchange(Method::GET, &table.path, headers.clone(), Bytes::new()).await?;
            if head.status == StatusCode::OK {
                tally.bytes += must_be(table, &body, head.headers.contains_key(CONTENT_ENCODING))?;
                tally.loaded += 1;
                break;
            }
            let may_come_again =
                head.status == StatusCode::SERVICE_UNAVAILABLE && head.headers.contains_key(RETRY_AFTER);
            check(may_come_again, || format!("{}: {} {}", table.path, head.status, String::from_utf8_lossy(&body)))?;
            check(start.elapsed() < PATIENCE, || format!("{} is sent away again and again", table.path))?;
            tally.shed += 1;
            sleep(Duration::from_millis(200)).await;
        }
    }
    Ok(tally)
}

/// The bytes of the table's metadata, which have to be in the answer as they are in the file.
fn must_be(table: &Table, answer: &[u8], compressed: bool) -> Outcome<u64> {
    let file = fs::read(&table.file).attempt("read a metadata file")?;
    let around = 4_096;
    if compressed {
        // RFC 1952: the last four bytes tell the length of what was compressed.
        let told = answer.last_chunk().map(|length| u32::from_le_bytes(*length) as usize);
        let told = told.ok_or_else(|| Failure::new("a compressed answer is empty"))?;
        let fits = (file.len()..file.len() + around).contains(&told) && answer.len() < file.len();
        check(fits, || format!("{} is {told} bytes, compressed", table.path))?;
    } else {
        let head = &answer[..around.min(answer.len())];
        const FIELD: &[u8] = br#""metadata":"#;
        let begins = head.windows(FIELD.len()).position(|window| window == FIELD).map(|at| at + FIELD.len());
        let rest = begins.map(|at| &answer[at..]).unwrap_or_default();
        let same = rest.starts_with(&file) && rest.ends_with(b"}") && rest.len() < file.len() + around;
        check(same, || format!("{} is not what is in its file", table.path))?;
    }
    Ok(file.len() as u64)
}
