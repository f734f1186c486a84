//! A schema for each test, on the Postgres that `cargo e2e test` starts.

use migrations::postgres::{connect_options, migrate};
use store_postgres::Options;

fn url() -> String {
    std::env::var("PANGOLIN_TEST_POSTGRES").expect(
        "PANGOLIN_TEST_POSTGRES must name a Postgres that tests may fill: `cargo e2e test` starts one and sets it",
    )
}

/// How to reach a new schema of that name, migrated. A process has each name once.
pub(crate) async fn options(name: &str) -> Options {
    let schema = format!("store_{}_{name}", std::process::id());
    migrate(&connect_options(&url()).unwrap(), &schema.parse().unwrap()).await.unwrap();
    Options { max_connections: 8, ..Options::new(url(), schema) }
}
