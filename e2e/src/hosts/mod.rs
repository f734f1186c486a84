//! What the cases run against: real processes on this machine's loopback address, ended by process id.

pub(crate) mod child;
pub(crate) mod dev;
pub(crate) mod door;
pub(crate) mod frames;
pub(crate) mod gate;
pub(crate) mod lake;
pub(crate) mod line;
pub(crate) mod memory;
pub(crate) mod memory_limit;
pub(crate) mod pgbouncer;
pub(crate) mod pods;
pub(crate) mod port;
pub(crate) mod postgres;
pub(crate) mod proxy;
pub(crate) mod s3;
pub(crate) mod script;
pub(crate) mod server;
