//! `cargo dev`: a lakehouse catalog on one machine, from the same YAML that a cluster takes.
//!
//! It composes what the cluster has apart: the CRDs' rules (`crds::admission`), the operator's pure steps, the catalog
//! server as a library, and the SDK, which is its only door to the server. In the place of the apiserver's database
//! there is a state directory, in the place of a Secret a folder of files.

mod cli;
mod credential;
mod desired;
mod event;
mod follow;
mod identity;
mod logs;
#[cfg(test)]
mod mistakes;
mod problem;
mod reader;
mod run;
mod say;
mod server;
mod session;
mod state;
mod steps;
mod yaml;

use std::process::ExitCode;

use clap::Parser as _;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = cli::Arguments::parse();
    if rustls::crypto::aws_lc_rs::default_provider().install_default().is_err() {
        say::error("cargo dev: TLS was set up twice");
        return ExitCode::FAILURE;
    }
    match run::run(arguments).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(run::Told) => ExitCode::FAILURE,
    }
}
