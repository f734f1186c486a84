//! `catalog-server migrate`: forward only. A server never does this to Postgres by itself.

use std::path::PathBuf;

use clap::Args;

use super::Failure;
use crate::server::read_secret;
use crate::settings::default_schema;

#[derive(Debug, Args)]
pub(super) struct Migrate {
    /// The file that holds the URL of the database, for a role that may change the schema
    #[arg(long, value_name = "FILE")]
    postgres_url_file: PathBuf,
    /// The schema
    #[arg(long, default_value_t = default_schema())]
    schema: String,
    /// Build the performance indexes, too; on a large catalog this takes a while
    #[arg(long)]
    indexes: bool,
}

impl Migrate {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let Self { postgres_url_file, schema, indexes } = self;
        let url = read_secret(&postgres_url_file)?;
        let options = migrations::postgres::connect_options(&url)?;
        let schema = schema.parse()?;
        migrations::postgres::migrate(&options, &schema).await?;
        if indexes {
            migrations::postgres::ensure_indexes(&options, &schema).await?;
        }
        println!("the schema {} is at version {}", schema.as_str(), migrations::postgres::LATEST);
        Ok(())
    }
}
