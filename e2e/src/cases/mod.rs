//! The list of cases. A name begins with the layer that the case pokes.

mod admit_rules;
mod audit;
mod chaos_feed;
mod chaos_kill_commits;
mod chaos_kill_server_pod;
mod chaos_memory;
mod chaos_merge;
mod chaos_operator_restart;
mod cli_pangolin;
mod cluster_data_host;
mod cluster_leaves_nothing;
mod cluster_runs_images;
mod cluster_runs_pods;
mod contract_bad_input;
mod contract_clients;
mod contract_coherence;
mod contract_hot_table;
mod contract_idempotency;
mod contract_lists_stream;
mod contract_merge_base;
mod contract_no_route_forgets_auth;
mod contract_pagination;
mod contract_pgbouncer;
mod contract_purge;
mod contract_rck;
mod contract_retention;
mod contract_s3;
mod contract_schema;
mod contract_transaction;
mod contract_undrop;
mod contract_unknown_outcome;
mod contract_warm_load;
mod crd_rules;
mod engine_branch;
mod engine_duckdb;
mod engine_pyiceberg;
mod engine_pyiceberg_dev;
mod engine_pyiceberg_pod;
mod engine_spark;
mod explain_hot_path;
mod explain_indexes;
mod helm_lifecycle;
mod reconcile_bad_bucket;
mod reconcile_bad_database;
mod reconcile_delete_all;
mod reconcile_drift;
mod reconcile_finalizer_removed;
mod reconcile_idle_is_silent;
mod reconcile_index_dropped;
mod reconcile_index_invalid;
mod reconcile_namespace_deleted;
mod reconcile_namespaces;
mod reconcile_paused;
mod reconcile_secret_deleted;
mod reconcile_secret_rotated;
mod reconcile_settings;
mod reconcile_tenancy;
mod reconcile_token_deleted;
mod store;
mod unit_and_conformance;

use std::pin::Pin;

use crate::failure::Outcome;
use crate::lab::Lab;
use crate::needs::Need;
use crate::needs::python::Packages;

/// A case that runs: what it says of itself in the end, or why it failed.
pub(crate) type Running<'a> = Pin<Box<dyn Future<Output = Outcome<String>> + 'a>>;

/// One named case.
pub(crate) struct Case {
    /// What `cargo e2e test NAME` calls it.
    pub(crate) name: &'static str,
    /// What it proves.
    pub(crate) says: &'static str,
    /// What must be there before its clock starts.
    pub(crate) needs: &'static [Need],
    /// Runs it.
    pub(crate) run: for<'a> fn(&'a Lab) -> Running<'a>,
}

impl std::fmt::Debug for Case {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// All cases, in the order in which they run: the cheapest proof first.
pub(crate) const ALL: &[Case] = &[
    Case {
        name: "unit_and_conformance",
        says: "every package's tests; both stores pass the one conformance suite",
        needs: &[Need::Tests, Need::Postgres],
        run: |lab| Box::pin(unit_and_conformance::run(lab)),
    },
    Case {
        name: "crd_rules",
        says: "the resources' rules accept and refuse what their table says, with its messages",
        needs: &[],
        run: |lab| Box::pin(crd_rules::run(lab)),
    },
    Case {
        name: "admit_rules",
        says: "a real apiserver takes the definitions, and says about each resource of the table what it says",
        needs: &[Need::Api],
        run: |lab| Box::pin(admit_rules::run(lab)),
    },
    Case {
        name: "cluster_leaves_nothing",
        says: "two clusters at once know nothing of each other, reach nothing outside, and are gone without a trace",
        needs: &[Need::ControlPlane, Need::Data],
        run: |lab| Box::pin(cluster_leaves_nothing::run(lab)),
    },
    Case {
        name: "cluster_data_host",
        says: "the host of Postgres and MinIO keeps what was written when it is cut off or killed, whole or in part",
        needs: &[Need::ControlPlane, Need::Data],
        run: |lab| Box::pin(cluster_data_host::run(lab)),
    },
    Case {
        name: "cluster_runs_images",
        says: "our images start under the strictest rules, as nobody",
        needs: &[Need::Cluster, Need::Images],
        run: |lab| Box::pin(cluster_runs_images::run(lab)),
    },
    Case {
        name: "contract_no_route_forgets_auth",
        says: "no route works without a credential, or with one that is not meant for it",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_no_route_forgets_auth::run(lab)),
    },
    Case {
        name: "contract_bad_input",
        says: "bad requests get the right error body and change nothing",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_bad_input::run(lab)),
    },
    Case {
        name: "contract_schema",
        says: "every answer is as the protocol's OpenAPI document has it, to our tests and to schemathesis",
        needs: &[Need::Server, Need::Postgres, Need::Python(Packages::Schemathesis)],
        run: |lab| Box::pin(contract_schema::run(lab)),
    },
    Case {
        name: "contract_pagination",
        says: "pages of every list add up to the list",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_pagination::run(lab)),
    },
    Case {
        name: "cli_pangolin",
        says: "the command-line client plays an audit with the real program, in every format, and says what is wrong",
        needs: &[Need::Server, Need::Cli],
        run: |lab| Box::pin(cli_pangolin::run(lab)),
    },
    Case {
        name: "contract_idempotency",
        says: "mutations that come twice at once, and again after the server was killed, are applied once",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_idempotency::run(lab)),
    },
    Case {
        name: "contract_clients",
        says: "the calls of iceberg-go, Trino, ClickHouse and Java, each in the form in which it sends them",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_clients::run(lab)),
    },
    Case {
        name: "contract_transaction",
        says: "overlapping transactions over several tables are serialised, without a deadlock",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_transaction::run(lab)),
    },
    Case {
        name: "contract_merge_base",
        says: "merges in all directions, repeated and between writes, come to what a model of the graph says",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_merge_base::run(lab)),
    },
    Case {
        name: "contract_retention",
        says: "forks of the past against its deletion: a fork keeps what it saw, and what is gone is said to be gone",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_retention::run(lab)),
    },
    Case {
        name: "contract_lists_stream",
        says: "a list of more than the server may grow by comes whole, and is never held as a whole",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_lists_stream::run(lab)),
    },
    Case {
        name: "contract_coherence",
        says: "what three servers keep in memory is never older than the bound, and never goes back",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_coherence::run(lab)),
    },
    Case {
        name: "contract_warm_load",
        says: "a warm load costs one statement and no call of the bucket, in every form",
        needs: &[Need::Server, Need::Postgres, Need::S3],
        run: |lab| Box::pin(contract_warm_load::run(lab)),
    },
    Case {
        name: "contract_rck",
        says: "the Iceberg REST compatibility kit passes on both stores, and nested namespaces, which it switches off",
        needs: &[Need::Dev, Need::Server, Need::Postgres, Need::Maven],
        run: |lab| Box::pin(contract_rck::run(lab)),
    },
    Case {
        name: "contract_s3",
        says: "tables in a bucket: no file is ever overwritten, and trouble with the storage is the right error",
        needs: &[Need::Server, Need::S3],
        run: |lab| Box::pin(contract_s3::run(lab)),
    },
    Case {
        name: "contract_purge",
        says: "files die only when nothing that can be seen names them, and then all do, also through a kill",
        needs: &[Need::Server, Need::Postgres, Need::S3, Need::Python(Packages::PyIceberg)],
        run: |lab| Box::pin(contract_purge::run(lab)),
    },
    Case {
        name: "contract_undrop",
        says: "a table that was dropped with a purge comes back with its data while its files live, and not later",
        needs: &[Need::Server, Need::Postgres, Need::S3, Need::Python(Packages::PyIceberg)],
        run: |lab| Box::pin(contract_undrop::run(lab)),
    },
    Case {
        name: "explain_hot_path",
        says: "loadTable, list and commit use the indexes that they are meant to use",
        needs: &[Need::Postgres],
        run: |lab| Box::pin(explain_hot_path::run(lab)),
    },
    Case {
        name: "explain_indexes",
        says: "the two indexes of the mission are used by the queries that they are for, which need them",
        needs: &[Need::Postgres],
        run: |lab| Box::pin(explain_indexes::run(lab)),
    },
    Case {
        name: "engine_pyiceberg_dev",
        says: "cargo dev as a newcomer runs it, and PyIceberg with nothing but its pyiceberg.yaml",
        needs: &[Need::Dev, Need::Python(Packages::PyIceberg)],
        run: |lab| Box::pin(engine_pyiceberg_dev::run(lab)),
    },
    Case {
        name: "engine_branch_pyiceberg",
        says: "PyIceberg writes on a branch of the catalog; it is looked at and merged; a conflict changes nothing",
        needs: &[Need::Server, Need::Postgres, Need::Python(Packages::PyIceberg)],
        run: |lab| Box::pin(engine_branch::pyiceberg(lab)),
    },
    Case {
        name: "engine_branch_spark",
        says: "the same with Spark, whose catalogs are branches",
        needs: &[Need::Server, Need::Postgres, Need::Maven, Need::Jars, Need::Python(Packages::Spark)],
        run: |lab| Box::pin(engine_branch::spark(lab)),
    },
    Case {
        name: "engine_pyiceberg_pod",
        says: "the server in two pods by a plain manifest: PyIceberg through its Service, and a rolling restart",
        needs: &[Need::Cluster, Need::Images, Need::Python(Packages::PyIceberg)],
        run: |lab| Box::pin(engine_pyiceberg_pod::run(lab)),
    },
    Case {
        name: "engine_pyiceberg",
        says: "the chart, the example, and PyIceberg with nothing but the Secret that came out",
        needs: &[Need::Stage, Need::Python(Packages::PyIceberg)],
        run: |lab| Box::pin(engine_pyiceberg::run(lab)),
    },
    Case {
        name: "engine_spark",
        says: "Spark with nothing but the Token's Secret: rows, layout, refs, maintenance, views, row lineage",
        needs: &[Need::Stage, Need::Maven, Need::Jars, Need::Python(Packages::Spark)],
        run: |lab| Box::pin(engine_spark::run(lab)),
    },
    Case {
        name: "engine_duckdb",
        says: "DuckDB with nothing but the Token's Secret: reads, writes, a transaction over two tables, time travel",
        needs: &[Need::Stage, Need::Python(Packages::DuckDb)],
        run: |lab| Box::pin(engine_duckdb::run(lab)),
    },
    Case {
        name: "engine_duckdb_dev",
        says: "DuckDB on cargo dev and files of a disk: CREATE TABLE AS, writes, a transaction, time travel",
        needs: &[Need::Dev, Need::Python(Packages::DuckDb)],
        run: |lab| Box::pin(engine_duckdb::dev(lab)),
    },
    Case {
        name: "reconcile_namespaces",
        says: "a Token from a namespace that the Catalog does not admit is Stalled; admitted, it works",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_namespaces::run(lab)),
    },
    Case {
        name: "reconcile_finalizer_removed",
        says: "the Secrets of a Catalog whose finalizer was removed by hand are deleted",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_finalizer_removed::run(lab)),
    },
    Case {
        name: "reconcile_paused",
        says: "a paused resource says so and is not waited for; what the API server refuses is Stalled with its words",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_paused::run(lab)),
    },
    Case {
        name: "reconcile_tenancy",
        says: "grants across namespaces need the Warehouse's consent; no take-over across namespaces, no shared prefix",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_tenancy::run(lab)),
    },
    Case {
        name: "reconcile_secret_deleted",
        says: "a Secret that is deleted or edited by hand is issued again",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_secret_deleted::run(lab)),
    },
    Case {
        name: "reconcile_token_deleted",
        says: "a Token that is deleted is refused by both replicas",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_token_deleted::run(lab)),
    },
    Case {
        name: "reconcile_index_dropped",
        says: "an index that was dropped is built again, and the status and an Event say so",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_index_dropped::run(lab)),
    },
    Case {
        name: "reconcile_index_invalid",
        says: "an invalid index and another of its name are replaced, and the status and an Event say so",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_index_invalid::run(lab)),
    },
    Case {
        name: "reconcile_bad_database",
        says: "a database that can't be used has a clear reason; with the right URL all is ready, without a restart",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_bad_database::run(lab)),
    },
    Case {
        name: "reconcile_bad_bucket",
        says: "a missing bucket and wrong keys have the store's words; the right keys are tried at once",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_bad_bucket::run(lab)),
    },
    Case {
        name: "reconcile_secret_rotated",
        says: "five rotations, and a client that re-reads the mounted Secret never sees a 401",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_secret_rotated::run(lab)),
    },
    Case {
        name: "reconcile_idle_is_silent",
        says: "with all ready, the audit log has no write of the operator but its Lease's",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_idle_is_silent::run(lab)),
    },
    Case {
        name: "reconcile_drift",
        says: "each object of a Catalog that is edited or deleted comes back; foreign ones are not touched",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_drift::run(lab)),
    },
    Case {
        name: "reconcile_settings",
        says: "a changed spec reaches the servers by a rolling update, and no client's read fails",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_settings::run(lab)),
    },
    Case {
        name: "reconcile_delete_all",
        says: "one kubectl delete of everything ends by itself, leaves no object and all data",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_delete_all::delete_all(lab)),
    },
    Case {
        name: "reconcile_adopt",
        says: "the same YAML again finds the warehouse and its tables",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_delete_all::adopt(lab)),
    },
    Case {
        name: "reconcile_namespace_deleted",
        says: "a namespace with a Catalog and all that is in it ends by itself, and lets go of the data",
        needs: &[Need::Stage],
        run: |lab| Box::pin(reconcile_namespace_deleted::run(lab)),
    },
    Case {
        name: "chaos_operator_restart",
        says: "the operator dies at each named step of each controller, and converges",
        needs: &[Need::Stage],
        run: |lab| Box::pin(chaos_operator_restart::run(lab)),
    },
    Case {
        name: "helm_lifecycle",
        says: "install, upgrade, rollback, uninstall: definitions and data stay",
        needs: &[Need::Cluster, Need::Images],
        run: |lab| Box::pin(helm_lifecycle::run(lab)),
    },
    Case {
        name: "contract_pgbouncer",
        says: "behind a pooler that ignores startup settings two schemas never mix: served in session mode, refused in transaction mode",
        needs: &[Need::Server, Need::Postgres, Need::Pgbouncer],
        run: |lab| Box::pin(contract_pgbouncer::run(lab)),
    },
    Case {
        name: "contract_unknown_outcome",
        says: "connections to Postgres are cut at random points, and no answer to a commit is wrong",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_unknown_outcome::run(lab)),
    },
    Case {
        name: "contract_hot_table",
        says: "many writers of one table on two servers, one of them cut off from Postgres again and again: a chain of what was acknowledged",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(contract_hot_table::run(lab)),
    },
    Case {
        name: "chaos_feed",
        says: "notifications, connections, Postgres and rows of the feed are lost, and no revoked token is accepted",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(chaos_feed::run(lab)),
    },
    Case {
        name: "chaos_kill_commits",
        says: "the server is killed again and again under writers, and no acknowledged commit is lost",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(chaos_kill_commits::run(lab)),
    },
    Case {
        name: "chaos_merge",
        says: "the server is killed in the midst of merges, and the branch is as before or has all of it",
        needs: &[Need::Server, Need::Postgres],
        run: |lab| Box::pin(chaos_merge::run(lab)),
    },
    Case {
        name: "chaos_memory",
        says: "in 128 MiB of memory, much more metadata is asked for in turn; the server is not killed and answers right",
        needs: &[Need::Server, Need::Optimised, Need::Postgres],
        run: |lab| Box::pin(chaos_memory::run(lab)),
    },
    Case {
        name: "chaos_kill_server_pod",
        says: "two replicas on Postgres and S3 are killed in turn under writers, and no acknowledged commit is lost",
        needs: &[Need::Cluster, Need::Images],
        run: |lab| Box::pin(chaos_kill_server_pod::run(lab)),
    },
];

/// Cases that run when they are named, and not with all others.
pub(crate) const BY_NAME: &[Case] = &[Case {
    name: "cluster_runs_pods",
    says: "pods run on two nodes under the strictest rules, find each other by name, and reach nothing outside",
    needs: &[Need::Cluster],
    run: |lab| Box::pin(cluster_runs_pods::run(lab)),
}];
