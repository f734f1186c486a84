//! The order of a Warehouse's steps.

use catalog_api::management::Outcome;
use crds::{Warehouse, WarehouseStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Resource as _, ResourceExt as _};

use super::{Applied, apply, build, dereference, let_go, status, validate};
use crate::cluster::{self, Notice};
use crate::context::Context;
use crate::error::Halt;
use crate::kind::{Kind, Next};
use crate::{Hold, Host, server};

impl Kind for Warehouse {
    const LABEL: &'static str = "warehouse";
    const MANAGER: &'static str = "pangolin.dev/warehouse";

    fn conditions(status: &WarehouseStatus) -> &[Condition] {
        &status.conditions
    }

    fn observed(status: &mut WarehouseStatus) -> (&mut Vec<Condition>, &mut Option<i64>) {
        (&mut status.conditions, &mut status.observed_generation)
    }

    async fn reconcile(&self, context: &Context) -> Result<Next, Halt> {
        if self.meta().deletion_timestamp.is_some() {
            let ended = let_go(context, self).await;
            if let Err(halt) = &ended {
                tell(context, self, Err(halt)).await?;
            }
            return ended;
        }
        let ended = make(context, self).await;
        tell(context, self, ended.as_ref()).await?;
        ended.map(|_| Next::Safety)
    }
}

/// The steps that make it true.
async fn make(context: &Context, warehouse: &Warehouse) -> Result<Applied, Halt> {
    let read = dereference(context, warehouse).await?;
    let valid = validate(&read, &Host::Cluster)?;
    let catalog = read.catalog.map(|seen| seen.catalog);
    let catalog = catalog.ok_or_else(|| Hold::waiting("CatalogNotFound", "there is no Catalog"))?;
    let token = server::admin(context, &catalog).await?;
    let mut put = build(&valid, token.expose().as_bytes());
    put.body.probe = context.probes.is_due(&valid.uid, context.settings.safety_interval / 2, (context.now)());
    let client = server::client_of(context, &catalog, token).await?;
    // Before the server has anything that would have to be let go.
    cluster::add_finalizer(context, warehouse).await?;
    let applied = apply(&client, &catalog, &put).await?;
    if put.body.probe {
        context.probes.record(&valid.uid, (context.now)());
    }
    Ok(applied)
}

/// The last step, whatever came before.
async fn tell(context: &Context, warehouse: &Warehouse, ended: Result<&Applied, &Halt>) -> Result<(), Halt> {
    if let Ok(Applied { outcome: Outcome::Adopted, name, .. }) = ended {
        let message = format!("{name} was there without an owner, with its tables: it belongs to this Warehouse now");
        cluster::event(context, warehouse, Notice::normal("Adopted", message)).await;
    }
    let failures = context.failures.count(&warehouse.uid().unwrap_or_default());
    let verdict = status::verdict(ended, failures);
    let after = status::status(warehouse, ended, &verdict, (context.now)());
    crate::failpoint::hit("warehouse.status");
    Ok(cluster::write_status(context, warehouse, &after, &verdict).await?)
}
