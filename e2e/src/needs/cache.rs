//! Where things are kept between runs: never in the checkout.

use std::env;
use std::path::PathBuf;

use crate::failure::{Failure, Outcome};

/// `$XDG_CACHE_HOME/pangolin`, else `~/.cache/pangolin`.
pub(crate) fn dir() -> Outcome<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .map(|base| base.join("pangolin"))
        .ok_or_else(|| Failure::new("neither XDG_CACHE_HOME nor HOME is set: set one, the cache needs a place"))
}
