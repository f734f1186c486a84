//! Warehouses.

use catalog_api::management::{PutWarehouse, PutWarehouseResponse, WarehouseInfo};
use futures::Stream;
use http::Method;

use crate::call::Call;
use crate::pages::{List, PageSize, stream};
use crate::{Client, Error, Result};

const PATH: &[&str] = &["api", "v1", "warehouses"];

fn path(name: &str) -> [&str; 4] {
    ["api", "v1", "warehouses", name]
}

impl Client {
    /// Makes or changes a warehouse; the same owner and revision again changes nothing.
    ///
    /// # Errors
    /// 409 `ConflictException`: a live other owner, or another location; 409 `AlreadyExistsException`: the location
    /// overlaps another warehouse's; 400: the location is not allowed, or the store does not let the server in.
    pub async fn put_warehouse(&self, name: &str, put: &PutWarehouse) -> Result<PutWarehouseResponse> {
        Call::new(self, Method::PUT, &path(name), format!("put warehouse {name}")).json(put)?.read(self).await
    }

    /// The warehouse of that name.
    ///
    /// # Errors
    /// [`Error`]; that it is not there is `None`.
    pub async fn get_warehouse(&self, name: &str) -> Result<Option<WarehouseInfo>> {
        Call::new(self, Method::GET, &path(name), format!("get warehouse {name}")).read_optional(self).await
    }

    /// All warehouses by name.
    pub fn list_warehouses(&self, page_size: PageSize) -> impl Stream<Item = Result<WarehouseInfo>> + Send + use<> {
        stream(self, List { path: PATH, attempted: "list warehouses", page_size, filter: None })
    }

    /// Lets a warehouse go and keeps what it holds. False if that owner has no warehouse of that name, so a repetition
    /// is harmless.
    ///
    /// # Errors
    /// [`Error`].
    pub async fn detach_warehouse(&self, name: &str, owner_uid: &str) -> Result<bool> {
        let call = Call::new(self, Method::DELETE, &path(name), format!("detach warehouse {name}"));
        gone(call.query("owner_uid", owner_uid).send(self).await)
    }
}

/// True if the thing was removed, false if it was not there.
fn gone(answer: Result<bytes::Bytes>) -> Result<bool> {
    match answer {
        Ok(_) => Ok(true),
        Err(error @ Error::Refused { .. }) if error.is_not_found() && error.has_type() => Ok(false),
        Err(error) => Err(error),
    }
}
