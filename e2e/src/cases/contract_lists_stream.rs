//! A list in one answer is sent while it is read: it is longer than the server may grow by, and comes whole nevertheless,
//! plain, compressed, and to a client that is slow to read.

use std::time::Duration;

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderValue};
use hyper::{HeaderMap, Method};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::sleep;

use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::{LAKE, Lake};
use crate::hosts::memory::Growth;
use crate::hosts::postgres::index;
use crate::hosts::postgres::loader::{Size, Target, load, settle};
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::{Answer, Caller};
use crate::lab::Lab;

const CASE: &str = "contract_lists_stream";
/// With names as long as names may be, so that they alone take more than [`GROWS_BY`].
const TABLES: Size = Size { namespaces: 1, filled: 1, each: 130_000, digits: 254 };
/// Bytes that the server may grow for one answer.
const GROWS_BY: u64 = 30 << 20;
/// How long a slow client reads nothing after it has begun.
const PAUSE: Duration = Duration::from_secs(2);

/// How a client takes the list.
#[derive(Clone, Copy, Debug)]
enum Way {
    Plain,
    Gzip,
    Slow,
}

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let (postgres, folder) = (lab.postgres().await?, lab.folder(CASE)?);
    let url = postgres.migrated(CASE).await?;
    let server = Server::as_deployed(lab, &folder, Database::Postgres(url.clone()), Buckets::NONE).await?;
    let mut lake = Lake::in_folder(server, &folder).await?;
    load(postgres, CASE, &Target::main(postgres, CASE, LAKE).await?, TABLES).await?;
    index(&url).await?;
    settle(postgres, CASE).await?;
    let mut said = Vec::new();
    for way in [Way::Plain, Way::Gzip, Way::Slow] {
        let grown = growth(&mut lake, way).await?;
        check(grown < GROWS_BY, || format!("for a list, {way:?}, the server grew by {grown} bytes"))?;
        said.push(format!("{way:?} {:.1} MiB", grown as f64 / f64::from(1 << 20)));
    }
    Ok(format!("for {} tables in one answer the server grew by: {}", TABLES.each, said.join(", ")))
}

/// Of a server that has just begun: what it took for an earlier list would be there for the next.
async fn growth(lake: &mut Lake, way: Way) -> Outcome<u64> {
    lake.server.kill()?;
    lake.server.start_again().await?;
    let path = format!("{}/namespaces/n1/tables", lake.prefix);
    let mut caller = Caller::connect(lake.server.uri(), &lake.token).await?;
    ask(&mut caller, &format!("{path}?pageToken="), "identity").await?;
    let growth = Growth::watch(lake.server.process()?)?;
    match way {
        Way::Plain => must_be_whole(&ask(&mut caller, &path, "identity").await?)?,
        // What comes out of the decoder, other cases look at.
        Way::Gzip => check(!ask(&mut caller, &path, "gzip").await?.is_empty(), || "a list is empty".to_owned())?,
        Way::Slow => must_be_whole(&slowly(lake, &path).await?)?,
    }
    growth.so_far()
}

async fn ask(caller: &mut Caller, path: &str, coding: &'static str) -> Outcome<Bytes> {
    let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(coding))]);
    let Answer { status, tag: _, body } = caller.send(Method::GET, path, headers, Bytes::new()).await?;
    check(status == 200, || format!("{path} is answered {status}"))?;
    Ok(body)
}

/// What was sent, as it was framed.
async fn slowly(lake: &Lake, path: &str) -> Outcome<Vec<u8>> {
    let host = lake.server.uri().trim_start_matches("http://");
    let mut stream = TcpStream::connect(host).await.attempt("connect")?;
    let token = &lake.token;
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.attempt("ask for a list")?;
    let mut answer = vec![0; 1_024];
    stream.read_exact(&mut answer).await.attempt("begin to read a list")?;
    sleep(PAUSE).await;
    stream.read_to_end(&mut answer).await.attempt("read the rest of a list")?;
    Ok(answer)
}

/// Each table once, and more bytes than the server may grow by.
fn must_be_whole(list: &[u8]) -> Outcome {
    let text = std::str::from_utf8(list).attempt("read a list")?;
    let tables = text.matches(r#""name":"t"#).count();
    check(tables == TABLES.each as usize, || format!("a list has {tables} tables"))?;
    check(text.len() as u64 > GROWS_BY, || format!("a list of {} bytes shows nothing", text.len()))
}
