//! The steps of a Catalog. In a cluster: `dereference`, `deployable` (what `validate` is elsewhere), `build`, `apply`,
//! `status`; beside them the indexes, which are built while the servers run.

mod admits;
mod apply;
pub mod build;
mod controller;
mod database;
mod deployable;
mod dereference;
mod dismantle;
#[cfg(test)]
mod fixture;
mod indexes;
mod let_go;
mod pods;
mod rollout;
mod seen;
mod status;
pub mod validate;

pub use admits::{Seen, admitted, resolve};
pub use apply::{Applied, apply};
pub use build::{ServerSettings, build};
pub use deployable::{Deployable, deployable};
pub use dereference::{Dereferenced, dereference};
pub use indexes::Builds;
pub use let_go::is_past_farewell;
pub use seen::seen;
pub use validate::{Validated, validate};
