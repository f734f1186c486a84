//! What the cases of the operator stand on.
//!
//! One cluster for all of them, with the data host, our images and the definitions of the chart `pangolin-crds`. On it
//! each case plays a scene of its own: a namespace under the strictest Pod Security, an empty database, a bucket, and an
//! operator that was installed there by Helm and looks after that namespace alone. A case reads like this:
//!
//! ```ignore
//! play(lab, "reconcile_x", Values::new(), async |scene| {
//!     scene.apply(&scene.lakehouse()?).await?;
//!     scene.ready("token/analyst").await?;
//!     scene.delete("secret/analyst-catalog").await?;
//!     …
//! })
//! ```

mod ask;
mod change;
mod database;
mod follower;
mod helm;
mod inside;
mod kubectl;
mod lakehouse;
mod operator;
mod play;
mod reach;
mod reader;
mod scene;

pub(crate) use ask::{condition, state_of_index};
pub(crate) use database::Psql;
pub(crate) use helm::{Values, chart};
pub(crate) use lakehouse::Lakehouse;
pub(crate) use play::{play, play_on};
pub(crate) use scene::Scene;

use std::path::{Path, PathBuf};

use crate::cluster::{Cluster, Plan, Tier};
use crate::failure::Outcome;
use crate::lab::Lab;

/// The cluster that the cases share; it goes with the run.
pub(crate) struct Stage {
    /// The cluster itself.
    pub(crate) cluster: Cluster,
    checkout: PathBuf,
}

/// One node is enough for what the operator does.
const PLAN: Plan = Plan { tier: Tier::Full, nodes: 1, data: true, silent: true };

impl Stage {
    /// Brings it up, with images and definitions.
    pub(crate) async fn open(lab: &Lab) -> Outcome<Self> {
        let stage = Self::bare(lab).await?;
        stage.definitions().await?;
        Ok(stage)
    }

    /// One of its own for a case that brings the definitions itself.
    pub(crate) async fn bare(lab: &Lab) -> Outcome<Self> {
        let checkout = lab.programs.checkout.clone();
        let images = lab.images().await?;
        let cluster = match lab.reuse {
            Some(index) => Cluster::open(&checkout, index).await?,
            None => Cluster::for_case(&checkout, PLAN).await?,
        };
        images.iter().try_for_each(|image| cluster.import(image))?;
        Ok(Self { cluster, checkout })
    }

    /// Where the charts are.
    pub(crate) fn checkout(&self) -> &Path {
        &self.checkout
    }

    /// Also where an earlier case had them from another release.
    async fn definitions(&self) -> Outcome {
        let chart = chart(&self.checkout, "pangolin-crds");
        let arguments = ["upgrade", "--install", "pangolin-crds", &chart, "--namespace=default", "--wait"];
        helm::told(&self.cluster, &[&arguments[..], &["--take-ownership"]].concat()).await.map(drop)
    }
}
