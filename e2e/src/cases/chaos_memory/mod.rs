//! A server in as little memory as a pod may have: much more metadata than that is asked for in turn, by several callers,
//! plain and compressed, while some who have asked read nothing yet. It is never killed, and answers right.
//!
//! The limit is a cgroup's of its own, as kubelet makes it: what the kernel keeps of the files for the server counts, too.

mod asker;
mod tables;

use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use self::asker::{Tally, ask};
use self::tables::Table;
use super::store;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::hosts::memory::Growth;
use crate::hosts::memory_limit::MemoryLimit;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::Caller;
use crate::lab::Lab;

const CASE: &str = "chaos_memory";
const LIMIT: u64 = 128 << 20;
/// As the operator has it, whatever a Catalog asks for: half of the limit (`operator/src/catalog/build/memory.rs`).
const CACHE: u64 = LIMIT / 2;
/// 1 GiB.
const TABLES: usize = 256;
const BYTES: usize = 4 << 20;
/// Who registers at once.
const REGISTRARS: usize = 4;
/// Who loads at once, and how many tables each: all tables are loaded twice, and at any time many different ones.
const PLAIN: usize = 32;
const EACH: usize = 2 * TABLES / PLAIN;
/// Who loads compressed tables at once, and how many each.
const GZIP: usize = 4;
const EACH_GZIP: usize = 12;
/// Who ask for a table each, and read nothing of it until all others are done.
const RELUCTANT: usize = 2;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(CASE)?;
    let limit = MemoryLimit::make(LIMIT)?;
    let database = Database::Postgres(store::prepare_postgres(lab, CASE).await?);
    let server = Server::as_deployed(lab, &folder, database, Buckets::NONE).await?;
    let mut lake = Lake::in_folder(server, &folder).await?;
    let tables = tables::write(&lake, lab.chance(), TABLES, BYTES).await?;
    lake.server.confine(lab.optimised_server().await?, &limit, CACHE).await?;
    let process = lake.server.process()?;
    check(limit.holds(process)?, || "the server is not in its cgroup".to_owned())?;
    let growth = Growth::watch(process)?;

    let played = play(&lake, &tables).await;
    // What goes wrong after a kill is its consequence.
    let kills = limit.kills()?;
    check(kills == 0, || format!("the server was killed for its memory, {kills} times"))?;
    let (tally, cached) = played?;
    lake.server.must_live().await?;
    check(lake.server.process()? == process, || "the server is another process".to_owned())?;
    Ok(format!(
        "{} loads of {} MiB in all, {} sent away; the cache held {} MiB at most; the server grew by {} MiB at most",
        tally.loaded,
        tally.bytes >> 20,
        tally.shed,
        cached >> 20,
        growth.so_far()? >> 20,
    ))
}

async fn play(lake: &Lake, tables: &[Table]) -> Outcome<(Tally, u64)> {
    try_join_all((0..REGISTRARS).map(|n| register(lake, tables.iter().skip(n).step_by(REGISTRARS)))).await?;
    let mut reluctant = Vec::new();
    for table in tables.iter().take(RELUCTANT) {
        reluctant.push(begin(lake, table).await?);
    }
    let from = |first: usize, count| tables.iter().cycle().skip(first).take(count);
    let plain = try_join_all((0..PLAIN).map(|n| ask(lake, from(n * TABLES / PLAIN, EACH), "identity")));
    let gzip = try_join_all((0..GZIP).map(|n| ask(lake, from(n * TABLES / GZIP, EACH_GZIP), "gzip")));
    let cached = AtomicU64::new(0);
    let all = async { tokio::try_join!(plain, gzip) };
    let (plain, gzip) = tokio::select! {
        all = all => all?,
        failed = watch(lake, &cached) => return Err(failed),
    };
    for stream in reluctant {
        end(stream).await?;
    }
    let mut tally = Tally::default();
    for one in plain.into_iter().chain(gzip) {
        tally.loaded += one.loaded;
        tally.bytes += one.bytes;
        tally.shed += one.shed;
    }
    Ok((tally, cached.into_inner()))
}

async fn register(lake: &Lake, tables: impl Iterator<Item = &Table>) -> Outcome {
    let mut caller = Caller::connect(lake.server.uri(), &lake.token).await?;
    for table in tables {
        table.register(&mut caller).await?;
    }
    Ok(())
}

/// Looks at what the cache says that it holds, for ever, or until that is more than it may.
async fn watch(lake: &Lake, most: &AtomicU64) -> Failure {
    loop {
        // Not often: to be asked makes the cache tidy up.
        sleep(Duration::from_secs(1)).await;
        match lake.server.counter("pangolin_metadata_cache_bytes").await {
            Ok(bytes) if bytes > CACHE => return Failure::new(format!("the cache holds {bytes} bytes")),
            Ok(bytes) => drop(most.fetch_max(bytes, Relaxed)),
            Err(failure) => return failure,
        }
    }
}

/// Asks for a table, and reads nothing.
async fn begin(lake: &Lake, table: &Table) -> Outcome<TcpStream> {
    let host = lake.server.uri().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.attempt("connect")?;
    let (path, token) = (&table.path, &lake.token);
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.attempt("ask for a table")?;
    Ok(stream)
}

/// Reads it after all: it is whole, or the server said at once that it had no room.
async fn end(mut stream: TcpStream) -> Outcome {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.attempt("read what was asked for long ago")?;
    let text = String::from_utf8_lossy(&answer[..answer.len().min(1_024)]).to_ascii_lowercase();
    let whole = text.starts_with("http/1.1 200") && answer.len() > BYTES && answer.ends_with(b"}");
    let shed = text.starts_with("http/1.1 503") && text.contains("\r\nretry-after:");
    check(whole || shed, || format!("a slow client got {} bytes: {text}", answer.len()))
}
