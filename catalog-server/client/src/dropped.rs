//! What was dropped, and how it comes back.

use catalog_api::management::{DroppedInfo, UndropRequest, Undropped};
use http::Method;

use crate::tree::joined;
use crate::{Items, Result, Warehouse};

impl Warehouse {
    /// What was dropped on this branch and has not come back, by name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let dropped: Vec<_> = lake.dropped().of_namespace(&["sales"]).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn dropped(&self) -> Items<DroppedInfo> {
        Items::management(&self.client, self.call_at(&["dropped"], "list what was dropped"))
    }

    /// Puts back what was dropped, as it was in the end, under its old or a new name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// use catalog_api::management::{ContentKind, UndropRequest};
    ///
    /// let orders = UndropRequest {
    ///     reference: None,
    ///     kind: ContentKind::Table,
    ///     namespace: vec!["sales".into()],
    ///     name: "orders".into(),
    ///     commit: None,
    ///     r#as: None,
    /// };
    /// let back = lake.undrop(&orders).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 404 if nothing of that name was dropped, or its files are gone already; 409 if the name is taken.
    pub async fn undrop(&self, undrop: &UndropRequest) -> Result<Undropped> {
        let attempted = format!("undrop {}.{}", undrop.namespace.join("."), undrop.name);
        self.call(Method::POST, &["undrop"], attempted).keyed().json(undrop)?.read(&self.client).await
    }
}

impl Items<DroppedInfo> {
    /// Only what was directly in this namespace.
    pub fn of_namespace(self, namespace: &[impl AsRef<str>]) -> Self {
        self.only("namespace", &joined(namespace))
    }
}
