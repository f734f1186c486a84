//! A plain Iceberg REST client for the cases: it says what it is told to say, right or wrong, and reports what came back.

pub(crate) mod append;
pub(crate) mod caller;
pub(crate) mod crew;
pub(crate) mod ledger;
pub(crate) mod maker;
pub(crate) mod reader;
pub(crate) mod rest;
pub(crate) mod writer;
