//! What has become of a warehouse: its commits, what each changed, and how two states differ.

use std::fmt::Display;

use catalog_api::management::{Change, CommitInfo};
use http::Method;

use crate::tree::joined;
use crate::{Items, Result, Warehouse};

impl Warehouse {
    /// The commits that led to this state, newest first.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::{StreamExt as _, TryStreamExt as _};
    /// let of_orders = lake.at("feature").log().of_table(&["sales"], "orders").since("2026-11-01T00:00:00Z");
    /// let newest: Vec<_> = of_orders.take(10).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log(&self) -> Items<CommitInfo> {
        Items::management(&self.client, self.call_at(&["commits"], "list commits"))
    }

    /// One commit.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// let commit = lake.commit("01a20b0a-605d-745f-8041-fce9fd8568f0").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`]; that it is not there is `None`.
    pub async fn commit(&self, id: impl Display) -> Result<Option<CommitInfo>> {
        let id = id.to_string();
        self.call(Method::GET, &["commits", &id], format!("get commit {id}")).read_optional(&self.client).await
    }

    /// What a commit changed, by name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let changes: Vec<_> = lake.changes("01a20b0a-605d-745f-8041-fce9fd8568f0").try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn changes(&self, commit: impl Display) -> Items<Change> {
        let id = commit.to_string();
        let call = self.call(Method::GET, &["commits", &id, "changes"], format!("list the changes of commit {id}"));
        Items::management(&self.client, call)
    }

    /// What makes the state `from` into the state `to`, by name; both are ref expressions.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let to_merge: Vec<_> = lake.diff("main", "feature").try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn diff(&self, from: &str, to: &str) -> Items<Change> {
        let call = self.call(Method::GET, &["diff"], format!("compare {from} with {to}"));
        Items::management(&self.client, call.query("from", from).query("to", to))
    }
}

impl Items<CommitInfo> {
    /// Only commits that changed this namespace, or something in it.
    pub fn of_namespace(self, namespace: &[impl AsRef<str>]) -> Self {
        self.only("namespace", &joined(namespace))
    }

    /// Only commits that changed this table or view.
    pub fn of_table(self, namespace: &[impl AsRef<str>], name: &str) -> Self {
        self.of_namespace(namespace).only("table", name)
    }

    /// Only this principal's.
    pub fn by(self, author: &str) -> Self {
        self.only("author", author)
    }

    /// Not before this time (RFC 3339).
    pub fn since(self, time: impl Display) -> Self {
        self.only("since", &time.to_string())
    }

    /// Not after this time (RFC 3339).
    pub fn until(self, time: impl Display) -> Self {
        self.only("until", &time.to_string())
    }
}
