//! Branches and tags.

use catalog_api::management::{CreateRef, RefType, Reference, UpdateRef};
use http::Method;

use crate::call::gone;
use crate::{Items, Result, Warehouse};

impl Warehouse {
    /// The branches and tags, by name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// use catalog_api::management::RefType;
    ///
    /// let tags: Vec<_> = lake.refs().of_type(RefType::Tag).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn refs(&self) -> Items<Reference> {
        Items::management(&self.client, self.call(Method::GET, &["refs"], "list branches and tags"))
    }

    /// The branch or tag of that name.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// let is_there = lake.get_ref("feature").await?.is_some();
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`]; that it is not there is `None`.
    pub async fn get_ref(&self, name: &str) -> Result<Option<Reference>> {
        let call = self.call(Method::GET, &["refs", name], format!("get {name}"));
        call.read_optional(&self.client).await
    }

    /// Makes a branch or a tag, in constant time.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// use catalog_api::management::{CreateRef, RefType};
    ///
    /// let feature = CreateRef { name: "feature".into(), r#type: RefType::Branch, from: Some("main".into()) };
    /// lake.create_ref(&feature).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 400 for a name that none may have; 404 if there is no such state to begin with; 409 `AlreadyExistsException`.
    pub async fn create_ref(&self, create: &CreateRef) -> Result<Reference> {
        let kind = match create.r#type {
            RefType::Branch => "branch",
            RefType::Tag => "tag",
        };
        let call = self.call(Method::POST, &["refs"], format!("make {kind} {}", create.name));
        call.keyed().json(create)?.read(&self.client).await
    }

    /// Gives a branch another name, protects it, or takes the protection off.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// use catalog_api::management::UpdateRef;
    ///
    /// lake.update_ref("main", &UpdateRef { protected: Some(true), ..UpdateRef::default() }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 400 for a tag, which never changes; 404; 409 if the name is taken, and for a new name for `main`.
    pub async fn update_ref(&self, name: &str, update: &UpdateRef) -> Result<Reference> {
        let call = self.call(Method::PATCH, &["refs", name], format!("change {name}"));
        call.keyed().json(update)?.read(&self.client).await
    }

    /// Takes a branch or tag away. What was forked from it, and what tags name, stays. False if it was not there.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// let was_there = lake.delete_ref("feature").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 409 for `main` and for a protected branch.
    pub async fn delete_ref(&self, name: &str) -> Result<bool> {
        let call = self.call(Method::DELETE, &["refs", name], format!("delete {name}"));
        gone(call.keyed().send(&self.client).await)
    }
}

impl Items<Reference> {
    /// Only branches, or only tags.
    pub fn of_type(self, wanted: RefType) -> Self {
        self.only(
            "type",
            match wanted {
                RefType::Branch => "branch",
                RefType::Tag => "tag",
            },
        )
    }
}
