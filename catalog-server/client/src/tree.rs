//! What a warehouse holds: the lists of the Iceberg protocol.

use catalog_api::iceberg::{ListNamespacesResponse, ListTablesResponse, TableIdentifier};
use catalog_api::names::NAMESPACE_SEPARATOR;

use crate::{Items, Warehouse};

impl Warehouse {
    /// The namespaces directly below another one, by name, each as its list of levels; below `&[]`: the outermost.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let below_sales: Vec<Vec<String>> = lake.namespaces(&["sales"]).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn namespaces(&self, parent: &[impl AsRef<str>]) -> Items<Vec<String>> {
        let mut call = self.iceberg(&["namespaces"], "list namespaces");
        if !parent.is_empty() {
            call = call.query("parent", &joined(parent));
        }
        Items::iceberg(&self.client, call, |bytes| {
            let ListNamespacesResponse { namespaces, next_page_token } = serde_json::from_slice(bytes)?;
            Ok((namespaces, next_page_token))
        })
    }

    /// The tables of a namespace, by name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let tables: Vec<_> = lake.at("feature").tables(&["sales", "eu"]).page_size(500).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tables(&self, namespace: &[impl AsRef<str>]) -> Items<TableIdentifier> {
        self.relations(namespace, "tables")
    }

    /// The views of a namespace, by name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let views: Vec<_> = lake.views(&["sales"]).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn views(&self, namespace: &[impl AsRef<str>]) -> Items<TableIdentifier> {
        self.relations(namespace, "views")
    }

    fn relations(&self, namespace: &[impl AsRef<str>], kind: &str) -> Items<TableIdentifier> {
        let path = ["namespaces", &joined(namespace), kind];
        let call = self.iceberg(&path, format!("list the {kind} of {}", shown(namespace)));
        Items::iceberg(&self.client, call, |bytes| {
            let ListTablesResponse { identifiers, next_page_token } = serde_json::from_slice(bytes)?;
            Ok((identifiers, next_page_token))
        })
    }
}

/// The levels as the protocol has them in addresses.
pub(crate) fn joined(namespace: &[impl AsRef<str>]) -> String {
    namespace.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(&NAMESPACE_SEPARATOR.to_string())
}

/// The levels for people.
fn shown(namespace: &[impl AsRef<str>]) -> String {
    namespace.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(".")
}
