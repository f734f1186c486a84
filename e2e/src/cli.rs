//! The command line.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::bench;
use crate::cases::{self, Case};
use crate::chance;
use crate::cluster;
use crate::failure::{Failure, Outcome};
use crate::image;
use crate::lab::Lab;
use crate::runner;

/// Runs the project's tests on real components.
#[derive(Debug, Parser)]
#[command(name = "cargo e2e", bin_name = "cargo e2e", version)]
pub(crate) struct Cli {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Run everything, or the named cases: unit and conformance tests, the server's contract, engines, chaos.
    ///
    /// What the tests need and the machine lacks (Postgres, a Python environment with PyIceberg) is installed once,
    /// outside the checkout: Postgres by apt-get (as root), the rest below ~/.cache/pangolin.
    Test(Test),
    /// Measure: figures beside what the machine can do, found in the same run; never in CI.
    ///
    /// The programs are optimised as those of the images are. Takes minutes, and a machine with nothing else to do.
    Bench(bench::Command),
    /// Bring up a Kubernetes cluster of processes on this machine; it runs until `down`.
    ///
    /// Takes root on Linux. The programs are built from Go modules at the first time, which takes minutes; what Debian
    /// has comes by apt-get. Nothing is pulled, and nothing in the cluster can reach out of this machine.
    Up(cluster::Up),
    /// Build our programs as images, without Docker; say how large they are and what they are called.
    ///
    /// The programs are static; an image has nothing else in it but the certificate authorities.
    Images(image::Images),
    /// End a cluster and remove all that it had
    Down(cluster::Which),
    /// Say what runs and what is broken
    Status,
    /// Print what a shell is to evaluate to use a cluster
    Env(cluster::Env),
    /// Answer each request with the content of a file: what a bench holds the server against
    #[command(hide = true)]
    Answer(bench::Answering),
}

#[derive(Args, Debug)]
struct Test {
    /// Names of cases; all if none is given
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Ten times the rounds, twice the time: for a run by hand
    #[arg(long)]
    full: bool,
    /// Play on this cluster of `cargo e2e up`, each case in a namespace of its own, after fresh images are imported;
    /// named cases take cluster 1 by themselves where it is up
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=99))]
    cluster: Option<u8>,
    /// Run on a cluster that exists already, with the rights of this file; cases that enter or end nodes, read the audit
    /// log or use the data host refuse there
    #[arg(long, value_name = "FILE", conflicts_with = "cluster")]
    kubeconfig: Option<PathBuf>,
    /// Print the cases and stop
    #[arg(long)]
    list: bool,
    /// Repeat the random choices of an earlier run; its output names the seed
    #[arg(long, value_name = "NUMBER")]
    seed: Option<u64>,
}

impl Cli {
    /// Does what was asked; true if nothing failed.
    pub(crate) async fn run(self) -> Outcome<bool> {
        match self.verb {
            Verb::Test(test) => test.run().await,
            Verb::Bench(bench) => bench.run().await,
            Verb::Up(up) => up.run().await,
            Verb::Images(images) => images.run().await,
            Verb::Down(which) => which.down(),
            Verb::Status => cluster::status().await,
            Verb::Env(env) => env.run().await,
            Verb::Answer(answering) => answering.run().await,
        }
    }
}

impl Test {
    async fn run(self) -> Outcome<bool> {
        let Self { names, full, cluster, kubeconfig, list, seed } = self;
        if list {
            for case in cases::ALL {
                println!("{:30} {}", case.name, case.says);
            }
            println!("\nOnly when named:");
            for case in cases::BY_NAME {
                println!("{:30} {}", case.name, case.says);
            }
            return Ok(true);
        }
        let chosen = choose(&names)?;
        let by_name = kubeconfig.is_none() && (cluster.is_some() || !names.is_empty());
        let reuse = if by_name { cluster::to_play_on(cluster)? } else { None };
        let lab = Lab::open(full, seed.unwrap_or_else(chance::seed_of_the_moment), reuse, kubeconfig)?;
        runner::run(lab, &chosen).await
    }
}

/// The cases of these names, in the list's order.
fn choose(names: &[String]) -> Outcome<Vec<&'static Case>> {
    if names.is_empty() {
        return Ok(cases::ALL.iter().collect());
    }
    let all: Vec<&Case> = cases::ALL.iter().chain(cases::BY_NAME).collect();
    if let Some(unknown) = names.iter().find(|name| all.iter().all(|case| case.name != name.as_str())) {
        return Err(Failure::new(format!("there is no case {unknown}; cargo e2e test --list names them all")));
    }
    Ok(all.into_iter().filter(|case| names.iter().any(|name| name == case.name)).collect())
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn no_name_means_all_and_an_unknown_one_is_refused() {
        assert_eq!(choose(&[]).expect("all").len(), cases::ALL.len());
        assert!(choose(&["engine_nothing".to_owned()]).is_err());
        assert_eq!(choose(&["crd_rules".to_owned()]).expect("known").len(), 1);
    }
}
