//! The command-line client against a real server: the real program, with nothing but what a Token's Secret has.

mod formats;
mod mistakes;
mod shell;
mod workflow;

use catalog_api::Privilege;
use serde_json::{Value, json};

use self::shell::Shell;
use super::store::{self, Store};
use crate::failure::{Attempt, Outcome};
use crate::hosts::lake::{LAKE, Lake, grant};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

const CASE: &str = "cli_pangolin";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let lake = store::lake(lab, CASE, Store::Sqlite).await?;
    let privileges = [Privilege::Read, Privilege::Write, Privilege::Manage];
    let token = lake.token("analyst", vec![grant(&privileges)], std::time::Duration::from_secs(3600)).await?;
    let shell = Shell::new(lab, &lab.folder(CASE)?, lake.server.uri(), &token)?;
    let ground = Ground { rest: Rest::new(lake.server.uri(), Some(&token))?, main: lake.prefix.clone() };
    ground.begin().await?;
    workflow::run(&shell, &ground).await?;
    formats::run(&shell).await.attempt("the formats of a list")?;
    mistakes::run(&shell, &lake).await.attempt("mistakes")?;
    Ok(format!("{} commands", shell.count()))
}

/// What an engine does meanwhile.
struct Ground {
    rest: Rest,
    /// `/v1/lake`
    main: String,
}

impl Ground {
    async fn begin(&self) -> Outcome {
        self.rest.create_namespace(&self.main, "sales").await?;
        for table in ["orders", "customers"] {
            self.rest.create_table(&self.main, "sales", table).await?;
        }
        Ok(())
    }

    async fn prefix(&self, branch: &str) -> Outcome<String> {
        self.rest.prefix(&format!("{LAKE}@{branch}")).await
    }

    /// Sets a property of `sales.orders`.
    async fn set(&self, branch: &str, value: &str) -> Outcome {
        let path = format!("{}/namespaces/sales/tables/orders", self.prefix(branch).await?);
        let updates = json!([{"action": "set-properties", "updates": {"audited": value}}]);
        self.rest.post(&path, &json!({"requirements": [], "updates": updates})).await.map(drop)
    }

    /// Makes one table, changes one, drops one.
    async fn work(&self, branch: &str) -> Outcome {
        let prefix = self.prefix(branch).await?;
        self.rest.create_table(&prefix, "sales", "refunds").await?;
        self.set(branch, "yes").await?;
        let path = format!("{prefix}/namespaces/sales/tables/customers");
        let answer = self.rest.send(reqwest::Method::DELETE, &path, &Value::Null).await?;
        answer.success("drop a table").map(drop)
    }
}

/// The operator's own token is another catalog.
fn operator(lake: &Lake) -> [(&'static str, String); 2] {
    [("PANGOLIN_URI", lake.server.uri().to_owned()), ("PANGOLIN_TOKEN", lake.server.admin_token().expose().to_owned())]
}
