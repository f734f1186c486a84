//! What makes resources true. So far the pure steps of each kind:
//!
//! - `validate`: the resource and everything that it refers to, read before → what is to be, or a [`Hold`].
//! - `build`: the only mapping from there to the requests and objects that make it so.
//!
//! Each step takes the previous step's type, so that the order can't be got wrong. Nothing here reads a clock, draws a
//! random number or knows a client: times, tokens and jitter are parameters. The controllers and `cargo dev` run the
//! same steps.

pub mod catalog;
mod hold;
mod host;
mod secret;
pub mod token;
pub mod warehouse;

pub use hold::{Hold, Until};
pub use host::Host;
pub use secret::SecretData;
