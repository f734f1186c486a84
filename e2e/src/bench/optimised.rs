//! What is measured has to be optimised, the load generator and the store in it as well: a bench that was started
//! otherwise builds all of that and goes on in it.

use std::env;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use crate::failure::{Failure, Outcome};
use crate::image;
use crate::needs::programs::Programs;

/// Builds the programs as those of the images are built, and becomes the optimised one, with the same arguments. A server
/// that is given is not built.
pub(super) async fn go_on(programs: &Programs, server: Option<&Path>) -> Outcome<bool> {
    let needed: &[&str] = if server.is_some() { &["e2e"] } else { &["e2e", "catalog-server"] };
    let built = image::optimised(programs, needed).await?;
    // The same process goes on, so that whoever wants to end the bench ends the one that has something to clean up.
    let error = Command::new(built.join("e2e")).args(env::args_os().skip(1)).exec();
    Err(Failure::new(format!("go on in the optimised bench: {error}")))
}
