//! What happened, in a line for a person.

use std::fmt;

use catalog_api::management::Outcome;
use jiff::Timestamp;
use operator::token::Why;

use crate::desired::{Key, Kind};
use crate::problem::Place;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Event {
    /// The server starts anew, with other settings or for another Catalog.
    Restarts,
    Warehouse {
        key: Key,
        outcome: Outcome,
    },
    Issued {
        key: Key,
        why: Why,
        expires_at: Timestamp,
    },
    /// It was in no file any more.
    LetGo(Key),
    Failed {
        key: Key,
        place: Option<Place>,
        message: String,
        again: bool,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Restarts => f.write_str("the server starts anew"),
            Self::Warehouse { key, outcome } => write!(f, "{key}: {}", outcome_text(*outcome)),
            Self::Issued { key, why, expires_at } => {
                write!(f, "{key}: {}, good until {expires_at}", why_text(*why))
            }
            Self::LetGo(key) => write!(f, "{key}: taken out, {}", let_go_text(key.kind)),
            Self::Failed { key, place, message, again } => failed(f, key, place.as_ref(), message, *again),
        }
    }
}

fn failed(f: &mut fmt::Formatter<'_>, key: &Key, place: Option<&Place>, message: &str, again: bool) -> fmt::Result {
    if let Some(Place { file, line, column }) = place {
        write!(f, "{}:{line}:{column}: ", file.display())?;
    }
    let then = if again { "it is tried again" } else { "edit the file, and it is tried again" };
    write!(f, "{key}: {message}; {then}")
}

fn outcome_text(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Created => "made",
        Outcome::Adopted => "taken over, with the tables that were kept",
        Outcome::Updated => "changed",
        Outcome::Unchanged => "as before",
    }
}

fn why_text(why: Why) -> &'static str {
    match why {
        Why::First => "the first credential",
        Why::Lost => "a credential in place of a lost one",
        Why::Renewal => "the next credential",
        Why::Changed => "a credential with the new grants",
        Why::Narrowed => "a credential that allows less, the old one has ended",
    }
}

fn let_go_text(kind: Kind) -> &'static str {
    match kind {
        Kind::Catalog => "its database is kept in the state directory (reclaimPolicy: Retain)",
        Kind::Warehouse => "its tables are kept (reclaimPolicy: Retain)",
        Kind::Token => "its credential is revoked and its files are removed",
    }
}
