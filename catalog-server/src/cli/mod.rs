//! The command line of the binary: settings from flags over settings from a file.

mod hash_token;
mod logs;
mod migrate;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// The catalog server: the Iceberg REST protocol for engines, the management API for the operator.
#[derive(Debug, Parser)]
#[command(name = "catalog-server", version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer clients until SIGINT or SIGTERM
    Serve(Box<serve::Serve>),
    /// Bring a Postgres schema to this build's version
    Migrate(migrate::Migrate),
    /// Read a token from standard input and write its hash for `admin_hashes_file`
    HashToken(hash_token::HashToken),
}

/// Why a command failed; printed with its sources.
type Failure = Box<dyn std::error::Error>;

/// Runs the command that the arguments name. Errors go to standard error, with all their sources.
pub async fn run() -> ExitCode {
    let result = match Cli::parse().command {
        Command::Serve(serve) => serve.run().await,
        Command::Migrate(migrate) => migrate.run().await,
        Command::HashToken(hash_token) => hash_token.run(),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("catalog-server: {}", chain(error.as_ref()));
            ExitCode::FAILURE
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(source) = next {
        text = format!("{text}: {source}");
        next = source.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_contradicts_itself_nowhere() {
        Cli::command().debug_assert();
    }
}
