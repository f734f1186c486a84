//! `pangolin`: the commit tree of a catalog from a terminal. Arguments and settings, a client, one command, its output.

mod arguments;
mod commands;
mod failure;
mod graph;
mod name;
mod output;
mod settings;

use std::process::ExitCode;

use clap::Parser as _;

use arguments::Arguments;
use output::Output;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let mut output = Output::new(arguments.output);
    match commands::run(arguments, &mut output).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}
