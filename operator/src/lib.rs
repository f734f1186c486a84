//! What makes resources true. The steps of each kind, one file each:
//!
//! - `dereference`: reads all that the resource refers to.
//! - `validate`, pure: → what is to be, or a [`Hold`].
//! - `build`, pure: the only mapping from there to the requests and objects that make it so.
//! - `apply`: all writes, each of which can be repeated.
//! - `status`: conditions from what was applied.
//!
//! Each step takes the previous step's type, so that the order can't be got wrong. Neither reads a clock nor draws a
//! random number by itself. `cargo dev` runs the pure steps without a cluster. `reconcile` alone knows the order; the
//! leaves that it calls, such as those in [`cluster`], never call back.

pub mod catalog;
pub mod cli;
pub mod cluster;
pub mod context;
pub mod controller;
mod error;
pub mod failpoint;
mod hold;
mod host;
pub mod kind;
pub mod leader;
pub mod metrics;
pub mod outcome;
pub mod pause;
pub mod platform;
pub mod retry;
pub mod run;
mod secret;
pub mod server;
pub mod settings;
pub mod take_over;
pub mod token;
pub mod warehouse;
pub mod watch;

pub use context::Context;
pub use error::{Error, Halt};
pub use hold::{Hold, Until};
pub use host::Host;
pub use secret::SecretData;
