//! `pangolin completion SHELL`.

use std::io::{self, Write as _};

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::arguments::Arguments;
use crate::failure::Outcome;

pub(crate) fn write(shell: Shell) -> Outcome {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Arguments::command(), "pangolin", &mut script);
    // Written at once, so that a closed pipe is an error and no panic.
    Ok(io::stdout().write_all(&script)?)
}
