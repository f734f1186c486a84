//! From the start of the server's process to its first 200 on `/readyz`, on a database that is there and migrated; what it
//! holds in memory when nobody asks for anything; and the size of its image.
//!
//! Each start follows a SIGKILL: nothing was tidied up for it. Who waits asks again each millisecond, over a connection of
//! its own each time, so that a time is right to a millisecond or two.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use super::times::Times;
use super::{Figure, Goal, Report};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::memory::resident;
use crate::hosts::server::{Buckets, Database, Server};
use crate::image::Image;
use crate::lab::Lab;

const NAME: &str = "start";
const STARTS: u32 = 100;
const ASKED_EACH: Duration = Duration::from_millis(1);
const GIVES_UP_AFTER: Duration = Duration::from_secs(30);
/// From readiness to the look at its memory: what a start needs for a moment is given back, background tasks have begun.
const RESTS: Duration = Duration::from_secs(10);
const MEBIBYTE: f64 = 1_048_576.0;
/// Milliseconds.
const READY_WITHIN: f64 = 200.0;
/// Mebibytes.
const IDLE_WITHIN: f64 = 25.0;
/// Mebibytes.
const IMAGE_WITHIN: f64 = 30.0;

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    image(lab, report)?;
    starts(lab, report, "SQLite", Database::Sqlite).await?;
    let url = lab.postgres().await?.prepared(NAME).await?;
    starts(lab, report, "Postgres", Database::Postgres(url)).await
}

/// Packed as `cargo e2e images` does it.
fn image(lab: &Lab, report: &mut Report) -> Outcome {
    let program = lab.programs.path("catalog-server");
    let size = std::fs::metadata(&program).attempt("look at the server's program")?.len();
    report.tell(Figure::new("the server's program", "MiB", size as f64 / MEBIBYTE))?;
    let image = Image { reference: "localhost/bench:start", program: &program, labels: &[], authorities: true };
    let packed = image.pack(&lab.folder(NAME)?.join("image"))?;
    let unpacked = Figure::new("the server's image, unpacked", "MiB", packed.uncompressed as f64 / MEBIBYTE);
    report.tell(unpacked.goal(Goal::AtMost(IMAGE_WITHIN)))?;
    report.tell(Figure::new("the server's image, as a registry keeps it", "MiB", packed.compressed as f64 / MEBIBYTE))
}

async fn starts(lab: &Lab, report: &mut Report, store: &str, database: Database) -> Outcome {
    report.step(&format!("{STARTS} starts on {store}"));
    let folder = lab.folder(NAME)?.join(store);
    std::fs::create_dir_all(&folder).attempt(format!("make {}", folder.display()))?;
    let mut server = Server::as_deployed(lab, &folder, database, Buckets::NONE).await?;
    let mut times = Vec::new();
    for _ in 0..STARTS {
        server.kill()?;
        times.push(start(&mut server).await?);
    }
    let times = Times::of(times);
    report.tell(Figure::new(format!("{store}: start to ready, p50"), "ms", times.p50()))?;
    let slow = Figure::new(format!("{store}: start to ready, p99"), "ms", times.p99());
    report.tell(slow.goal(Goal::AtMost(READY_WITHIN)))?;
    sleep(RESTS).await;
    let idle = resident(server.process()?)? as f64 / MEBIBYTE;
    report.tell(Figure::new(format!("{store}: RSS when idle"), "MiB", idle).goal(Goal::AtMost(IDLE_WITHIN)))
}

async fn start(server: &mut Server) -> Outcome<Duration> {
    let host = server.platform_uri().trim_start_matches("http://").to_owned();
    let begin = Instant::now();
    server.spawn()?;
    while !is_ready(&host).await {
        server.must_run()?;
        check(begin.elapsed() < GIVES_UP_AFTER, || "the server was not ready in time".to_owned())?;
        sleep(ASKED_EACH).await;
    }
    Ok(begin.elapsed())
}

/// Why no client of ours: to make one takes as long as the server takes to start.
async fn is_ready(host: &str) -> bool {
    let ask = async || {
        let mut stream = TcpStream::connect(host).await?;
        stream.write_all(b"GET /readyz HTTP/1.1\r\nhost: bench\r\nconnection: close\r\n\r\n").await?;
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await?;
        Ok::<_, std::io::Error>(answer.starts_with(b"HTTP/1.1 200 "))
    };
    ask().await.unwrap_or(false)
}
