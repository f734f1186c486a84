//! What the cases need and the machine may not have: made once, quietly, outside the checkout.

pub(crate) mod cache;
pub(crate) mod go;
pub(crate) mod jars;
pub(crate) mod maven;
pub(crate) mod minio;
pub(crate) mod pgbouncer;
pub(crate) mod postgres;
pub(crate) mod programs;
pub(crate) mod python;
pub(crate) mod quiet;

/// Something that must be there before a case starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// The server, built.
    Server,
    /// The server as its image has it, built.
    Optimised,
    /// The command-line client, built.
    Cli,
    /// The dev program, built as `cargo dev` builds it.
    Dev,
    /// All packages' tests, built.
    Tests,
    /// The private Postgres, running.
    Postgres,
    /// PgBouncer, installed.
    Pgbouncer,
    /// MinIO, built.
    S3,
    /// Python with these packages.
    Python(python::Packages),
    /// Maven and a JDK.
    Maven,
    /// Iceberg's jars for Spark; beside [`Need::Maven`].
    Jars,
    /// An apiserver: of ours, built, or of the cluster that `--kubeconfig` names.
    Api,
    /// etcd, the apiserver and kubectl, built.
    ControlPlane,
    /// All programs of a cluster whose pods run, and of its data host, built or installed.
    Cluster,
    /// The data host's programs alone, beside [`Need::ControlPlane`].
    Data,
    /// The cluster of the operator's cases, up, with images and definitions.
    Stage,
    /// The images of our programs, packed.
    Images,
}
