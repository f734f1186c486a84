//! Merges, cherry-picks and reverts: each is one commit on a branch, or nothing at all.

use catalog_api::management::{MergeReport, MergeRequest, PickRequest};
use http::Method;

use crate::{Result, Warehouse};

impl Warehouse {
    /// Brings what one state has, and a branch has not got yet, into the branch. A dry run reports its conflicts.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
    /// use catalog_api::management::{MergeMode, MergeRequest};
    ///
    /// let merge = MergeRequest {
    ///     from: "feature".into(),
    ///     into: "main".into(),
    ///     mode: MergeMode::Normal,
    ///     modes: Vec::new(),
    ///     dry_run: false,
    ///     message: Some("the audit is done".into()),
    /// };
    /// match lake.merge(&merge).await {
    ///     Ok(report) => println!("{} changes", report.changes),
    ///     Err(catalog_client::Error::Conflicts { report, .. }) => println!("{:?}", report.conflicts),
    ///     Err(error) => return Err(error),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error::Conflicts`], if nothing was changed because both sides changed the same; 404 for a ref that is not
    /// there.
    pub async fn merge(&self, merge: &MergeRequest) -> Result<MergeReport> {
        let call = self.call(Method::POST, &["merge"], format!("merge {} into {}", merge.from, merge.into));
        call.keyed().json(merge)?.read(&self.client).await
    }

    /// Brings what one commit did into a branch.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse, pick: catalog_api::management::PickRequest)
    /// #     -> catalog_client::Result<()> {
    /// let report = lake.cherry_pick(&pick).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::merge`].
    pub async fn cherry_pick(&self, pick: &PickRequest) -> Result<MergeReport> {
        let attempted = format!("cherry-pick {} into {}", pick.commit, pick.into);
        self.call(Method::POST, &["cherry-pick"], attempted).keyed().json(pick)?.read(&self.client).await
    }

    /// Brings what undoes one commit into a branch.
    ///
    /// ```no_run
    /// # async fn example(lake: catalog_client::Warehouse, pick: catalog_api::management::PickRequest)
    /// #     -> catalog_client::Result<()> {
    /// let report = lake.revert(&pick).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`Self::merge`].
    pub async fn revert(&self, pick: &PickRequest) -> Result<MergeReport> {
        let attempted = format!("revert {} in {}", pick.commit, pick.into);
        self.call(Method::POST, &["revert"], attempted).keyed().json(pick)?.read(&self.client).await
    }
}
