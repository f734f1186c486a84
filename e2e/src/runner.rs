//! Runs the chosen cases one after another and counts.

use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::time::{Instant, timeout};

use crate::cases::Case;
use crate::failure::{Attempt, Failure, Outcome};
use crate::lab::Lab;
use crate::needs::Need;
use crate::report::{self, Ended};

/// What all tests together may take, with warm caches (building and installing are not counted).
const BUDGET: Duration = Duration::from_secs(45 * 60);

/// True if every case ran and passed within the budget.
pub(crate) async fn run(lab: Lab, chosen: &[&'static Case]) -> Outcome<bool> {
    eprintln!("· seed {} (repeat with --seed {0})", lab.seed);
    let budget = if lab.full { BUDGET * 2 } else { BUDGET };
    let (mut all, mut took) = (Vec::new(), Duration::ZERO);
    let mut interrupted = interruption()?;
    for case in chosen {
        let ended = tokio::select! {
            ended = run_one(&lab, case, budget.saturating_sub(took)) => ended,
            () = &mut interrupted => return Err(Failure::new("interrupted; everything that was started is stopped")),
        };
        took += ended.took;
        eprintln!("{}", ended.line());
        if ended.result.is_err() {
            eprint!("{}", report::tails(&lab.folder(case.name)?, &lab.postgres_log()));
        }
        all.push(ended);
    }
    let passed = all.iter().all(|ended| ended.result.is_ok());
    if !passed {
        eprintln!("· the folders of this run are kept: {}", lab.keep().display());
    }
    println!("{}", report::closing(&all, took, budget));
    Ok(passed && took <= budget)
}

/// Makes what the case needs, then runs it against the clock.
async fn run_one(lab: &Lab, case: &'static Case, left: Duration) -> Ended {
    eprintln!("· {}: {}", case.name, case.says);
    if let Some(refusal) = lab.kubeconfig.as_ref().and_then(|_| refusal(case)) {
        return Ended { name: case.name, took: Duration::ZERO, result: Err(refusal) };
    }
    let needs = lab.prepare(case.needs).await.attempt("make what the case needs");
    let start = Instant::now();
    let result = match needs {
        Err(failure) => Err(failure),
        Ok(()) => timeout(left, (case.run)(lab))
            .await
            .unwrap_or_else(|_elapsed| Err(Failure::new("over the budget of all tests"))),
    };
    Ended { name: case.name, took: start.elapsed(), result }
}

/// Why a case can't run on a cluster that is not ours. A failure, since what did not run proves nothing.
fn refusal(case: &Case) -> Option<Failure> {
    let ours = case.needs.iter().find_map(|need| match need {
        Need::Stage | Need::Data => Some("takes databases and buckets of our data host"),
        Need::Cluster => Some("enters or ends nodes"),
        Need::ControlPlane => Some("brings up and ends clusters"),
        Need::Server | Need::Cli | Need::Dev | Need::Tests | Need::Postgres | Need::S3 => None,
        Need::Pgbouncer | Need::Python(_) | Need::Maven | Need::Jars | Need::Api | Need::Images | Need::Optimised => {
            None
        }
    })?;
    Some(Failure::new(format!("{} refuses to run with --kubeconfig: it {ours}", case.name)))
}

/// Ends when somebody wants us to stop, so that destructors can end what runs.
pub(crate) fn interruption() -> Outcome<std::pin::Pin<Box<impl Future<Output = ()>>>> {
    let mut interrupt = signal(SignalKind::interrupt()).attempt("listen for Ctrl-C")?;
    let mut terminate = signal(SignalKind::terminate()).attempt("listen for SIGTERM")?;
    Ok(Box::pin(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    }))
}
