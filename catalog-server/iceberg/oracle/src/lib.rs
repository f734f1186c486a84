//! Nothing but a benchmark and a test, in which the `iceberg` crate does what `iceberg-model` does. See README.md.
