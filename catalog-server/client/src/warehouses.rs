//! Warehouses.

use catalog_api::management::{PutWarehouse, PutWarehouseResponse, WarehouseInfo};
use http::Method;

use crate::call::{Call, gone};
use crate::{Client, Items, Result};

const PATH: &[&str] = &["api", "v1", "warehouses"];

fn path(name: &str) -> [&str; 4] {
    ["api", "v1", "warehouses", name]
}

impl Client {
    /// Makes or changes a warehouse; the same owner and revision again changes nothing.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client, lake: catalog_api::management::PutWarehouse)
    /// #     -> catalog_client::Result<()> {
    /// let outcome = client.put_warehouse("lake", &lake).await?.outcome;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 409 `ConflictException`: a live other owner, or another location; 409 `AlreadyExistsException`: the location
    /// overlaps another warehouse's; 400: the location is not allowed, or the store does not let the server in.
    pub async fn put_warehouse(&self, name: &str, put: &PutWarehouse) -> Result<PutWarehouseResponse> {
        Call::new(self, Method::PUT, &path(name), format!("put warehouse {name}")).json(put)?.read(self).await
    }

    /// The warehouse of that name.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// let lake = client.get_warehouse("lake").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`]; that it is not there is `None`.
    pub async fn get_warehouse(&self, name: &str) -> Result<Option<WarehouseInfo>> {
        Call::new(self, Method::GET, &path(name), format!("get warehouse {name}")).read_optional(self).await
    }

    /// All warehouses, by name.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let warehouses: Vec<_> = client.warehouses().page_size(500).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn warehouses(&self) -> Items<WarehouseInfo> {
        Items::management(self, Call::new(self, Method::GET, PATH, "list warehouses"))
    }

    /// Lets a warehouse go and keeps what it holds. False if that owner has no warehouse of that name, so a repetition
    /// is harmless.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// let was_there = client.detach_warehouse("lake", "uid-of-the-resource").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn detach_warehouse(&self, name: &str, owner_uid: &str) -> Result<bool> {
        let call = Call::new(self, Method::DELETE, &path(name), format!("detach warehouse {name}"));
        gone(call.query("owner_uid", owner_uid).send(self).await)
    }
}
