//! Someone who commits to a table again and again.

use bytes::Bytes;
use hyper::Method;
use serde_json::json;

use super::client::Client;
use crate::failure::{Failure, Outcome};
use crate::hosts::lake::Lake;
use crate::iceberg::caller::Caller;

/// Changes a property, again and again: a commit that the server can always put on top of what is there, of a document
/// whose log of earlier files is full after a hundred of them.
pub(super) struct Owner {
    caller: Caller,
    path: String,
    uuid: String,
    commits: u64,
}

impl Owner {
    /// Makes so many tables in a new namespace, and a writer for each, who asks the server at `uri`.
    pub(super) async fn crew(lake: &Lake, uri: &str, namespace: &str, count: usize) -> Outcome<Vec<Self>> {
        lake.rest.create_namespace(&lake.prefix, namespace).await?;
        let mut crew = Vec::new();
        for number in 0..count {
            crew.push(Self::of_new_table(lake, uri, namespace, &format!("t{number}")).await?);
        }
        Ok(crew)
    }

    /// So many writers of one new table.
    pub(super) async fn crowd(lake: &Lake, namespace: &str, count: usize) -> Outcome<Vec<Self>> {
        let uri = lake.server.uri();
        let mut crowd = Self::crew(lake, uri, namespace, 1).await?;
        for _ in 1..count {
            crowd.push(crowd[0].beside(lake, uri).await?);
        }
        Ok(crowd)
    }

    /// One more writer of its table, who asks the server at `uri`.
    pub(super) async fn beside(&self, lake: &Lake, uri: &str) -> Outcome<Self> {
        let caller = Caller::connect(uri, &lake.token).await?;
        Ok(Self { caller, path: self.path.clone(), uuid: self.uuid.clone(), commits: 0 })
    }

    async fn of_new_table(lake: &Lake, uri: &str, namespace: &str, table: &str) -> Outcome<Self> {
        let made = lake.rest.create_table(&lake.prefix, namespace, table).await?;
        let uuid = made["metadata"]["table-uuid"].as_str().ok_or_else(|| Failure::new("a table has no uuid"))?;
        let caller = Caller::connect(uri, &lake.token).await?;
        let path = format!("{}/namespaces/{namespace}/tables/{table}", lake.prefix);
        Ok(Self { caller, path, uuid: uuid.to_owned(), commits: 0 })
    }
}

impl Client for Owner {
    async fn ask(&mut self) -> Outcome<u16> {
        self.commits += 1;
        let body = json!({
            "requirements": [{"type": "assert-table-uuid", "uuid": self.uuid}],
            "updates": [{"action": "set-properties", "updates": {"bench": self.commits.to_string()}}],
        });
        let (status, _) = self.caller.call(Method::POST, &self.path, Bytes::from(body.to_string())).await?;
        Ok(status)
    }
}
