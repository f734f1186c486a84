//! One file a command: what it asks the server, and what it shows.

mod branch;
mod changes;
mod completion;
mod log;
mod merge;
mod tables;
mod tag;
mod token;
mod undrop;

use catalog_api::names::MAIN;
use catalog_client::Warehouse;

use crate::arguments::{Arguments, Command};
use crate::failure::Outcome;
use crate::output::Output;
use crate::settings::Connection;

pub(crate) async fn run(arguments: Arguments, output: &mut Output) -> Outcome {
    let Arguments { place, output: _, command } = arguments;
    if let Command::Completion { shell } = command {
        return completion::write(shell);
    }
    let connection = Connection::new(&place)?;
    if let Command::Token { action } = command {
        return token::run(&connection, action, output).await;
    }
    let lake = connection.warehouse()?;
    match command {
        Command::Log(log) => log::run(&lake, log, output).await,
        Command::Show { commit } => changes::of_commit(&lake, commit, output).await,
        Command::Branch { action } => branch::run(&lake, action, output).await,
        Command::Tag { action } => tag::run(&lake, action, output).await,
        Command::Diff { from, to } => changes::between(&lake, &from, to.as_deref(), output).await,
        Command::Merge { from, how } => merge::merge(&lake, from, how, output).await,
        Command::CherryPick { commit, how } => merge::cherry_pick(&lake, commit, how, output).await,
        Command::Revert { commit, how } => merge::revert(&lake, commit, how, output).await,
        Command::Undrop(undrop) => undrop::run(&lake, undrop, output).await,
        Command::Tables { namespace, views } => tables::run(&lake, namespace, views, output).await,
        Command::Token { .. } | Command::Completion { .. } => Ok(()),
    }
}

/// The state that is meant if none is named.
fn here(lake: &Warehouse) -> &str {
    lake.reference().unwrap_or(MAIN)
}
