//! What can be typed.

use std::path::PathBuf;

use catalog_api::management::{ContentKind, MergeMode};
use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;
use uuid::Uuid;

use crate::name::{Name, Namespace};
use crate::output::Format;

const AFTER: &str = "\
Where the catalog is: --catalog NAME of .pyiceberg.yaml (in PYICEBERG_HOME, the home directory, or here) or of the \
variables PYICEBERG_CATALOG__NAME__URI, …__TOKEN, …__WAREHOUSE; without --catalog PANGOLIN_URI, PANGOLIN_TOKEN and \
PANGOLIN_WAREHOUSE. A Token's Secret has both, as `pyiceberg.yaml` and as `env`.

Exit codes: 0 done; 1 refused or not there; 2 wrong arguments or settings; 3 conflicts; 4 the server does not answer.

Examples:
  pangolin branch create audit
  pangolin log --table sales.orders
  pangolin diff main audit
  pangolin merge audit --dry-run
  pangolin tables --ref 'main@{2026-11-01T12:00:00Z}' --output json";

/// Branches, history, merges and undrop of an Iceberg catalog.
#[derive(Debug, Parser)]
#[command(name = "pangolin", version, after_help = AFTER, arg_required_else_help = true)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) place: Place,
    /// How results are written
    #[arg(short, long, global = true, value_enum, default_value_t, help_heading = "Output")]
    pub(crate) output: Format,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// Which catalog, and which state of it.
#[derive(Args, Debug)]
pub(crate) struct Place {
    /// The catalog's name in .pyiceberg.yaml or in the environment
    #[arg(short, long, global = true, value_name = "NAME", help_heading = "Catalog")]
    pub(crate) catalog: Option<String>,
    /// The warehouse, or WAREHOUSE@REF; else the catalog's own
    #[arg(short, long, global = true, value_name = "NAME", help_heading = "Catalog")]
    pub(crate) warehouse: Option<String>,
    /// A branch, a tag, BRANCH@{TIME} or a commit's id; else main
    #[arg(short, long = "ref", global = true, value_name = "REF", help_heading = "Catalog")]
    pub(crate) reference: Option<String>,
    /// Certificates (PEM) that vouch for the server, beside the platform's
    #[arg(long, global = true, value_name = "FILE", env = "PANGOLIN_CA_FILE", help_heading = "Catalog")]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the commits that led to a state, newest first, as a graph
    Log(Log),
    /// Show what a commit changed
    #[command(after_help = "Example:\n  pangolin show 01a20b0a-605d-745f-8041-fce9fd8568f0")]
    Show {
        /// Its id
        commit: Uuid,
    },
    /// List, make, rename, protect and delete branches
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  pangolin branch\n  pangolin branch create audit --from main\n  pangolin branch protect main"
    )]
    Branch {
        #[command(subcommand)]
        action: Option<Branch>,
    },
    /// List, make and delete tags
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  pangolin tag\n  pangolin tag create 2026-q4 --from 'main@{2026-12-31T23:59:59Z}'"
    )]
    Tag {
        #[command(subcommand)]
        action: Option<Tag>,
    },
    /// Show what makes one state into another
    #[command(after_help = "Examples:\n  pangolin diff main audit\n  pangolin diff 'main@{2026-11-01T00:00:00Z}' main")]
    Diff {
        /// The one state
        from: String,
        /// The other state; else --ref
        to: Option<String>,
    },
    /// Bring what a state has into a branch, as one commit
    #[command(
        after_help = "Examples:\n  pangolin merge audit --dry-run\n  pangolin merge audit --into main -m 'Q4 is audited'\n  \
                            pangolin merge audit --theirs sales.orders"
    )]
    Merge {
        /// What is merged: a branch or any other state
        from: String,
        #[command(flatten)]
        how: Merge,
    },
    /// Bring what one commit did into a branch
    #[command(after_help = "Example:\n  pangolin cherry-pick 01a20b0a-605d-745f-8041-fce9fd8568f0 --into main")]
    CherryPick {
        /// Its id
        commit: Uuid,
        #[command(flatten)]
        how: Merge,
    },
    /// Bring what undoes one commit into a branch
    #[command(after_help = "Example:\n  pangolin revert 01a20b0a-605d-745f-8041-fce9fd8568f0 --dry-run")]
    Revert {
        /// Its id
        commit: Uuid,
        #[command(flatten)]
        how: Merge,
    },
    /// List what was dropped, or put it back with its data
    #[command(
        after_help = "Examples:\n  pangolin undrop\n  pangolin undrop sales.orders\n  pangolin undrop sales.orders --as sales.orders_old"
    )]
    Undrop(Undrop),
    /// List tables
    #[command(
        after_help = "Examples:\n  pangolin tables\n  pangolin tables sales.eu --ref audit\n  pangolin tables --views --output yaml"
    )]
    Tables {
        /// Only of this namespace and those below it
        namespace: Option<Namespace>,
        /// Views instead
        #[arg(long)]
        views: bool,
    },
    /// Show which token is used and whether it is good, or list all (the operator's token alone may)
    #[command(
        args_conflicts_with_subcommands = true,
        after_help = "Examples:\n  pangolin token\n  pangolin token list --user token:team/etl"
    )]
    Token {
        #[command(subcommand)]
        action: Option<Token>,
    },
    /// Write a completion script for a shell
    #[command(
        after_help = "Example:\n  pangolin completion bash > ~/.local/share/bash-completion/completions/pangolin"
    )]
    Completion {
        /// The shell
        shell: Shell,
    },
}

#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  pangolin log\n  pangolin log --ref audit --limit 10\n  \
                        pangolin log --table sales.orders --since 2026-11-01T00:00:00Z --output json")]
pub(crate) struct Log {
    /// Only commits that changed this table or view
    #[arg(long, value_name = "NAME", conflicts_with = "namespace")]
    pub(crate) table: Option<Name>,
    /// Only commits that changed this namespace or something in it
    #[arg(long, value_name = "NAME")]
    pub(crate) namespace: Option<Namespace>,
    /// Only this principal's, such as token:team/etl
    #[arg(long, value_name = "USER")]
    pub(crate) author: Option<String>,
    /// Not before this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<Timestamp>,
    /// Not after this time (RFC 3339)
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<Timestamp>,
    /// Commits at most
    #[arg(short = 'n', long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
}

impl Log {
    /// True if not every commit is wanted.
    pub(crate) fn is_filtered(&self) -> bool {
        let Self { table, namespace, author, since, until, limit: _ } = self;
        table.is_some() || namespace.is_some() || author.is_some() || since.is_some() || until.is_some()
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Branch {
    /// List branches
    List,
    /// Make a branch, in constant time
    Create {
        /// Its name
        name: String,
        /// The state that it begins with; else --ref
        #[arg(long, value_name = "REF")]
        from: Option<String>,
    },
    /// Give a branch another name
    Rename {
        /// Its name
        name: String,
        /// Its new name
        to: String,
    },
    /// Let only merges change a branch, and nobody delete it
    Protect {
        /// Its name
        name: String,
    },
    /// Take the protection off
    Unprotect {
        /// Its name
        name: String,
    },
    /// Delete a branch; what was forked from it, and what tags name, stays
    Delete {
        /// Its name
        name: String,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Tag {
    /// List tags
    List,
    /// Give a state a name for good
    Create {
        /// Its name
        name: String,
        /// The state that it names; else --ref
        #[arg(long, value_name = "REF")]
        from: Option<String>,
    },
    /// Delete a tag
    Delete {
        /// Its name
        name: String,
    },
}

/// What merges, cherry-picks and reverts have in common.
#[derive(Args, Debug)]
#[group(skip)]
pub(crate) struct Merge {
    /// The branch that is changed; else --ref
    #[arg(long, value_name = "BRANCH")]
    pub(crate) into: Option<String>,
    /// Who is right where both sides changed the same
    #[arg(long, value_enum, default_value = "normal")]
    pub(crate) mode: Mode,
    /// Keep this table as the branch has it; can be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) ours: Vec<Name>,
    /// Take this table from the other side; can be given more than once
    #[arg(long, value_name = "NAME")]
    pub(crate) theirs: Vec<Name>,
    /// Change nothing: show what would be done
    #[arg(long)]
    pub(crate) dry_run: bool,
    /// The commit's message
    #[arg(short, long, value_name = "TEXT")]
    pub(crate) message: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Mode {
    /// Nobody: it is a conflict
    Normal,
    /// The branch that is changed
    Ours,
    /// The other side
    Theirs,
}

impl From<Mode> for MergeMode {
    fn from(mode: Mode) -> Self {
        match mode {
            Mode::Normal => Self::Normal,
            Mode::Ours => Self::Ours,
            Mode::Theirs => Self::Theirs,
        }
    }
}

#[derive(Args, Debug)]
pub(crate) struct Undrop {
    /// What is to come back; without it, what was dropped is listed
    pub(crate) name: Option<Name>,
    /// The name under which it comes back
    #[arg(long, value_name = "NAME", requires = "name")]
    pub(crate) r#as: Option<Name>,
    /// What it was, if a table or view and a namespace of that name were dropped
    #[arg(long, value_enum, requires = "name")]
    pub(crate) kind: Option<Kind>,
    /// The commit that dropped it, if it was dropped more than once
    #[arg(long, value_name = "ID", requires = "name")]
    pub(crate) commit: Option<Uuid>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
pub(crate) enum Kind {
    Table,
    View,
    Namespace,
}

impl From<Kind> for ContentKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Table => Self::Table,
            Kind::View => Self::View,
            Kind::Namespace => Self::Namespace,
        }
    }
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Show the token that is used: never the token itself
    Show,
    /// List the active tokens; with the operator's own token only
    List {
        /// Only this principal's, such as token:team/etl
        #[arg(long, value_name = "USER")]
        user: Option<String>,
    },
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_arguments_contradict_each_other_nowhere() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example() {
        for command in Arguments::command().get_subcommands().filter(|c| c.get_name() != "help") {
            let after = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(after.contains("pangolin"), "{}", command.get_name());
        }
    }
}
