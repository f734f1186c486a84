//! Nothing but a benchmark, in which the `iceberg` crate does what `iceberg-model` does. See README.md.
