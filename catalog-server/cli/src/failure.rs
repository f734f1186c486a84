//! Why a command failed: what is printed, and the exit code.

use std::error::Error as _;
use std::io::{self, Write as _};
use std::process::ExitCode;

use catalog_client::Error as ClientError;

/// What a command returns.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Each has its exit code.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The arguments or the settings make no sense: 2, as clap has it.
    #[error("{0}")]
    Usage(String),
    /// A call failed: 4 if the server does not answer, else 1.
    #[error("{0}")]
    Call(#[from] ClientError),
    /// What the command is about is not there, or not unique: 1.
    #[error("{0}")]
    Missing(String),
    /// A merge has conflicts, which are printed already: 3.
    #[error("nothing was changed: {0} in conflict")]
    Conflicts(String),
    /// The output cannot be written. A reader who has seen enough (`| head`) is no failure.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// Prints it, with its reasons and with what to do about it.
    pub(crate) fn report(&self) -> ExitCode {
        if self.is_closed_pipe() {
            return ExitCode::SUCCESS;
        }
        let mut text = format!("error: {self}");
        if let Self::Call(error) = self {
            let mut source = error.source();
            while let Some(reason) = source {
                text.push_str(&format!(": {reason}"));
                source = reason.source();
            }
        }
        if let Some(advice) = self.advice() {
            text.push_str(&format!("\n  {advice}"));
        }
        // Nobody is left to be told if this fails.
        let _ = writeln!(io::stderr(), "{text}");
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Usage(_) | Self::Call(ClientError::Address(..)) => 2,
            Self::Conflicts(_) => 3,
            Self::Call(ClientError::Unreachable { .. }) => 4,
            Self::Call(_) | Self::Missing(_) | Self::Output(_) => 1,
        }
    }

    fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    fn advice(&self) -> Option<&'static str> {
        let Self::Call(error) = self else { return None };
        match (error, error.status()) {
            (ClientError::Unreachable { .. }, _) => {
                Some("is the address right, and the server up? `pangolin token` shows which one is asked")
            }
            (_, Some(401)) => {
                Some("the token is not valid, or not any more: take the one that the Token's Secret holds now")
            }
            (_, Some(403)) => {
                Some("the token's grants do not allow this: `spec.grants` of the Token resource says what it may do")
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_who_has_seen_enough_is_no_failure() {
        let closed = Failure::Output(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(closed.is_closed_pipe() && !Failure::Output(io::Error::other("full")).is_closed_pipe());
    }
}
