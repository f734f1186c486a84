//! SQL beside the store.

use migrations::postgres::connect_options;
use sqlx::{Connection, PgConnection};
use store_postgres::Options;

/// A session beside the store, in its schema.
pub(crate) async fn session(options: &Options) -> PgConnection {
    let schema = format!("\"{}\"", options.schema);
    let connect = connect_options(&options.url).unwrap().first().clone().options([("search_path", schema)]);
    PgConnection::connect_with(&connect).await.unwrap()
}
