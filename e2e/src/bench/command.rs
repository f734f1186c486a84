//! The command line of the benches.

use std::path::PathBuf;

use clap::Args;

use super::report::Report;
use super::{ALL, Bench as Entry, optimised};
use crate::chance;
use crate::failure::{Failure, Outcome};
use crate::lab::Lab;
use crate::needs::programs::Programs;
use crate::runner;

/// Options of `bench`.
#[derive(Args, Debug)]
pub(crate) struct Bench {
    /// Names of benches; all if none is given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Write the figures here, too: a line of JSON each
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Measure this catalog-server instead of the one that is built from the checkout
    #[arg(long, value_name = "PATH")]
    server: Option<PathBuf>,
    /// Print the benches and stop
    #[arg(long)]
    list: bool,
}

impl Bench {
    /// Runs the chosen benches one after another. A goal that is missed is a figure, not a failure.
    pub(crate) async fn run(self) -> Outcome<bool> {
        let Self { names, json, server, list } = self;
        if list {
            for Entry { name, says, .. } in ALL {
                println!("{name:20} {says}");
            }
            return Ok(true);
        }
        let chosen = choose(&names)?;
        let mut programs = Programs::locate()?;
        if cfg!(debug_assertions) {
            return optimised::go_on(&programs, server.as_deref()).await;
        }
        programs.instead("catalog-server", server);
        let lab = Lab::with(programs, chance::seed_of_the_moment())?;
        let mut report = Report::new(json.as_deref())?;
        let mut interrupted = runner::interruption()?;
        tokio::select! {
            done = run_all(&lab, &chosen, &mut report) => done?,
            () = &mut interrupted => return Err(Failure::new("interrupted; everything that was started is stopped")),
        }
        println!("{}", report.table());
        Ok(true)
    }
}

async fn run_all(lab: &Lab, chosen: &[&Entry], report: &mut Report) -> Outcome {
    for Entry { name, says, run } in chosen {
        eprintln!("· {name}: {says}");
        report.begin(name);
        run(lab, report).await?;
    }
    Ok(())
}

/// The benches of these names, in the list's order.
fn choose(names: &[String]) -> Outcome<Vec<&'static Entry>> {
    if let Some(unknown) = names.iter().find(|name| ALL.iter().all(|bench| bench.name != name.as_str())) {
        return Err(Failure::new(format!("there is no bench {unknown}; cargo e2e bench --list names them all")));
    }
    let wanted = |bench: &&Entry| names.is_empty() || names.iter().any(|name| name == bench.name);
    Ok(ALL.iter().filter(wanted).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_means_all_and_an_unknown_one_is_refused() {
        assert_eq!(choose(&[]).expect("all").len(), ALL.len());
        assert!(choose(&["scale_nothing".to_owned()]).is_err());
        assert_eq!(choose(&["scale_refs".to_owned()]).expect("known").len(), 1);
    }
}
