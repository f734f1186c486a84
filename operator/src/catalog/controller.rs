//! The order of a Catalog's steps.

use std::time::Duration;

use crds::{Catalog, CatalogStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Resource as _, ResourceExt as _};

use super::build::{AdminToken, Fresh, SealKey, objects};
use super::database::{Target, adopted};
use super::indexes::look;
use super::let_go::let_go;
use super::pods::trouble;
use super::rollout::{Rollout, same_servers};
use super::status::{Found, halted, judge, status};
use super::{Applied, Deployable, apply, deployable, dereference};
use crate::Hold;
use crate::cluster::{self, Notice};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::kind::{Kind, Next};
use crate::outcome::Verdict;

/// How often a rollout is looked at, for what the Deployment does not tell. Its changes wake the Catalog at once.
const WHILE_ROLLING: Duration = Duration::from_secs(5);

impl Kind for Catalog {
    const LABEL: &'static str = "catalog";
    const MANAGER: &'static str = "pangolin.dev/catalog";

    fn conditions(status: &CatalogStatus) -> &[Condition] {
        &status.conditions
    }

    fn observed(status: &mut CatalogStatus) -> (&mut Vec<Condition>, &mut Option<i64>) {
        (&mut status.conditions, &mut status.observed_generation)
    }

    async fn reconcile(&self, context: &Context) -> Result<Next, Halt> {
        let ended = match self.meta().deletion_timestamp {
            Some(_) => let_go(context, self).await.map(Ok),
            None => make(context, self).await,
        };
        match ended {
            Ok(next) => Ok(next?),
            Err(halt) => {
                tell_halt(context, self, &halt).await?;
                Err(halt)
            }
        }
    }
}

/// The steps that make it true. If the inner result is a [`Hold`], all that there is to say is said already.
async fn make(context: &Context, catalog: &Catalog) -> Result<Result<Next, Hold>, Halt> {
    let read = dereference(context, catalog).await?;
    let valid = deployable(&read, &context.settings)?;
    let fresh = Fresh { seal: SealKey::generate()?, admin: AdminToken::generate()? };
    let wanted = objects(&valid, &fresh);
    // Before anything is made that has to be let go.
    cluster::add_finalizer(context, catalog).await?;
    let servers = wanted.deployment.clone();
    let applied = apply(context, &valid, wanted).await?;
    let before = catalog.status.as_ref().map(|status| status.indexes.as_slice()).unwrap_or_default();
    let indexes = match &applied.schema {
        Ok(_) => Some(look(&context.builds, &valid.owner.uid, &Target::of(&valid), before).await),
        Err(_) => None,
    };
    let rollout = look_at_rollout(context, &valid, &applied).await;
    let found = Found {
        catalog: &valid,
        applied: &applied,
        rollout: rollout.as_ref(),
        indexes: indexes.as_ref(),
        seal: valid.seal.as_ref().unwrap_or(&fresh.seal),
        same_servers: applied.deployment.as_ref().is_some_and(|live| same_servers(&servers, live)),
    };
    announce(context, catalog, &found).await;
    tell(context, catalog, &found).await?;
    let building = indexes.and_then(Result::ok).and_then(|looked| looked.again);
    let rolling = rollout.filter(|rollout| !rollout.is_done()).map(|_| WHILE_ROLLING);
    let again = building.into_iter().chain(rolling).min().unwrap_or(context.settings.index_interval);
    Ok(applied.schema.map(|_| Next::After(again)))
}

/// Pods are asked only if something is left to be explained.
async fn look_at_rollout(context: &Context, valid: &Deployable, applied: &Applied) -> Option<Rollout> {
    let rollout = Rollout::of(applied.deployment.as_ref()?);
    let trouble = if rollout.is_done() { None } else { trouble(context, valid).await };
    Some(Rollout { trouble, ..rollout })
}

/// What is news, beside conditions.
async fn announce(context: &Context, catalog: &Catalog, found: &Found<'_>) {
    let told = catalog.status.as_ref().and_then(|status| status.seal_key_id.as_deref());
    let lost = told.filter(|_| found.catalog.seal.is_none()).map(|id| {
        let message = format!("the sealing key {id} was lost: storage credentials are sent again under a new one");
        Notice::warning("SealKeyLost", message)
    });
    let adopted = found.applied.schema.as_ref().ok().and_then(|prepared| adopted(prepared.claim));
    let adopted = adopted.map(|message| Notice::normal("Adopted", message));
    let indexes = found.indexes.and_then(|looked| looked.as_ref().ok()).map(|looked| looked.news.clone());
    for notice in lost.into_iter().chain(adopted).chain(indexes.unwrap_or_default()) {
        cluster::event(context, catalog, notice).await;
    }
}

async fn tell(context: &Context, catalog: &Catalog, found: &Found<'_>) -> Result<(), Halt> {
    let judgement = judge(catalog, found);
    let verdict = judgement.verdict(failures(context, catalog));
    let after = status(catalog, found, &verdict, (context.now)());
    hit("catalog.status");
    Ok(cluster::write_status(context, catalog, &after, &verdict).await?)
}

async fn tell_halt(context: &Context, catalog: &Catalog, halt: &Halt) -> Result<(), Halt> {
    let verdict = Verdict::Halted { halt, failures: failures(context, catalog) };
    let after = halted(catalog, &verdict, (context.now)());
    hit("catalog.status");
    Ok(cluster::write_status(context, catalog, &after, &verdict).await?)
}

fn failures(context: &Context, catalog: &Catalog) -> u32 {
    context.failures.count(&catalog.uid().unwrap_or_default())
}
