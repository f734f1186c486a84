//! `cargo e2e test`: all tests of the project on real components, by one command; and `cargo e2e bench`.

mod bench;
mod cases;
mod chance;
mod cli;
mod cluster;
mod failure;
mod hosts;
mod iceberg;
mod image;
mod lab;
mod needs;
mod report;
mod runner;
mod stage;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    // An error here means that a provider is installed already, which is all that is wanted.
    let _installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match cli::Cli::parse().run().await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(failure) => {
            eprintln!("error: {}", failure.chain());
            ExitCode::FAILURE
        }
    }
}
