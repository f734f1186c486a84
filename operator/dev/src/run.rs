//! From the command line to a running session, and its end.

use std::future::Future;
use std::path::PathBuf;
use std::time::Duration;

use crds::NotADuration;
use jiff::Timestamp;
use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, MissedTickBehavior, interval};

use crate::cli::Arguments;
use crate::follow::{Files, Texts};
use crate::logs::{self, Level};
use crate::problem::Problem;
use crate::say;
use crate::server::Place;
use crate::session::{Session, SessionError, chain};
use crate::state::{StateDir, StateError};

/// How often files and credentials are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// The end with an error that was told already.
pub(crate) struct Told;

/// Tells an error of the start.
trait OrTold<T> {
    fn told(self) -> Result<T, Told>;
}

impl<T, E: std::error::Error> OrTold<T> for Result<T, E> {
    fn told(self) -> Result<T, Told> {
        self.map_err(|error| {
            say::error(format!("cargo dev: {}", chain(&error)));
            Told
        })
    }
}

/// Runs until Ctrl-C or SIGTERM.
pub(crate) async fn run(arguments: Arguments) -> Result<(), Told> {
    let Arguments { files, state_dir, listen, allow_locations } = arguments;
    let mut stop = std::pin::pin!(stop().told()?);
    let mut following = Files::new(files.clone());
    let texts = match following.texts() {
        Ok(texts) => texts.clone(),
        Err(problems) => {
            say::problems(problems, "Nothing was started.");
            return Err(Told);
        }
    };
    let state = StateDir::open(&state_dir).told()?;
    let level = logs::begin(&state).told()?;
    let place = Place { listen, file_roots: file_roots(&allow_locations).told()? };
    let ttl = test_ttl().told()?;
    let mut session = Session::open(state, place, allow_locations, ttl).told()?;
    let started = tokio::select! {
        () = &mut stop => None,
        started = session.take(&texts, now()) => Some(started),
    };
    let Some(started) = started else {
        session.close().await;
        return Ok(());
    };
    let events = started.map_err(|error| refuse(&error, "Nothing was started."))?;
    tell(&session, &level);
    events.iter().for_each(say::line);
    say::line(say::welcome(&session, &files));
    let ended = follow(&mut session, &mut following, &level, stop).await;
    say::line("Stopping.");
    session.close().await;
    ended
}

async fn follow(
    session: &mut Session,
    following: &mut Files,
    level: &Level,
    mut stop: impl Future<Output = ()> + Unpin,
) -> Result<(), Told> {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        // The end waits for no answer of a storage or server: every step may be left at any point.
        tokio::select! {
            () = &mut stop => return Ok(()),
            done = step(session, following, level, looks.tick()) => done?,
        }
    }
}

async fn step(
    session: &mut Session,
    following: &mut Files,
    level: &Level,
    tick: impl Future<Output = Instant>,
) -> Result<(), Told> {
    tick.await;
    if let Some(news) = following.look() {
        edited(session, news).await?;
        tell(session, level);
    }
    session.look(now()).await.iter().for_each(say::line);
    Ok(())
}

/// An edit with mistakes changes nothing.
async fn edited(session: &mut Session, news: &Result<Texts, Vec<Problem>>) -> Result<(), Told> {
    const KEPT: &str = "Nothing was changed: what ran before goes on. Mend the file, and it is read again.";
    let taken = match news {
        Ok(texts) => session.take(texts, now()).await,
        Err(problems) => Err(SessionError::Problems(problems.clone())),
    };
    match taken {
        Ok(events) if events.is_empty() => say::line("The files were read again; nothing else was to be done."),
        Ok(events) => events.iter().for_each(say::line),
        Err(error @ SessionError::Server(_)) => return Err(refuse(&error, "There is no server any more.")),
        Err(error) => {
            refuse(&error, KEPT);
        }
    }
    Ok(())
}

fn refuse(error: &SessionError, then: &str) -> Told {
    match error {
        SessionError::Problems(problems) => say::problems(problems, then),
        SessionError::Server(_) | SessionError::State(_) => say::error(format!("cargo dev: {}", chain(error))),
    }
    Told
}

fn tell(session: &Session, level: &Level) {
    if let Some(server) = &session.server {
        level.set(server.settings.log_level);
    }
}

/// The directories of allowed `file://` locations; they must be there.
fn file_roots(locations: &[String]) -> Result<Vec<PathBuf>, StateError> {
    let paths = locations.iter().filter_map(|location| location.strip_prefix("file://")).map(PathBuf::from);
    paths.map(|path| path.canonicalize().map_err(|cause| StateError::Allowed { path, cause })).collect()
}

/// For tests, which have no time for the shortest life that a Token may ask for: every credential lives for this long.
fn test_ttl() -> Result<Option<Duration>, NotADuration> {
    let text = std::env::var("PANGOLIN_DEV_TEST_TTL").ok();
    text.map(|text| text.parse().map(|ttl: crds::Duration| Duration::from_secs(ttl.as_secs()))).transpose()
}

/// Ready at Ctrl-C, or when the system asks for the end.
fn stop() -> std::io::Result<impl Future<Output = ()>> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    Ok(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    })
}

#[expect(clippy::disallowed_methods, reason = "the edge: everything below takes the time as a parameter")]
fn now() -> Timestamp {
    Timestamp::now()
}
