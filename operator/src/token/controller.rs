//! One look at a Token: the order of its steps.

use std::time::Duration;

use catalog_client::Client;
use crds::{Catalog, Token, TokenStatus, Warehouse};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;

use super::apply::{Desk, Supplied, apply};
use super::dereference::{Found, dereference};
use super::let_go::{let_go, withdraw};
use super::plan::plan;
use super::{Validated, consent, status, tidy, validate};
use crate::cluster::{self, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::kind::{Kind, Next};
use crate::watch::Dependent as _;
use crate::{Hold, server, warehouse};

impl Kind for Token {
    const LABEL: &'static str = "token";
    const MANAGER: &'static str = "pangolin.dev/token";

    fn conditions(status: &TokenStatus) -> &[Condition] {
        &status.conditions
    }

    fn observed(status: &mut TokenStatus) -> (&mut Vec<Condition>, &mut Option<i64>) {
        (&mut status.conditions, &mut status.observed_generation)
    }

    async fn reconcile(&self, context: &Context) -> Result<Next, Halt> {
        let Some(owner) = Owner::of(self) else { return Ok(Next::Never) };
        if self.metadata.deletion_timestamp.is_some() {
            return end(context, self, &owner).await;
        }
        let ended = match make(context, self, &owner).await {
            Ok(supplied) => supplied,
            Err(halt) => Ended { supplied: None, halt: Some(halt) },
        };
        status::write(context, self, &owner, &ended).await?;
        let Some(supplied) = ended.supplied else { return ended.halt.map_or(Ok(Next::Never), Err) };
        let left = supplied.renewal_time.duration_since((context.now)());
        let left = Duration::try_from(left).unwrap_or_default();
        // The Warehouses of other namespaces are watched, but not what a selector of theirs chooses from.
        let limit = context.settings.safety_interval / 10;
        Ok(Next::After(if ended.halt.is_some() { left.min(limit) } else { left }))
    }
}

/// How a reconcile ended: with a credential, without one for a reason, or with one that is limited for a reason.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) supplied: Option<Supplied>,
    pub(super) halt: Option<Halt>,
}

async fn make(context: &Context, token: &Token, owner: &Owner) -> Result<Ended, Halt> {
    cluster::add_finalizer(context, token).await?;
    let Found { read, reader } = dereference(context, token, owner).await?;
    let catalog = match read.admitted() {
        Ok(catalog) => catalog,
        Err(hold) => {
            withdraw(context, token, owner, read.catalog.as_ref()).await?;
            return Err(hold.into());
        }
    };
    let valid = validate(&read)?.shortened(context.settings.test_credential_ttl);
    let held = reader.held(&owner.namespace, &valid.secret_name)?;
    let client = server::client(context, catalog).await?;
    let newest = client.newest_token(&owner.uid).await.map_err(|error| server::halt(catalog, error))?;
    let limit = limit(context, catalog, &client, token, &valid).await?;
    if let (None, Some(limit)) = (&newest, &limit) {
        return Err(limit.clone().into());
    }
    let plan = plan(&valid, newest, held, (context.now)());
    let desk = Desk { context, owner, catalog, client: &client, token: &valid };
    let supplied = apply(&desk, plan).await?;
    tidy::tidy(context, token, owner, &supplied).await?;
    Ok(Ended { supplied: Some(supplied), halt: limit.map(Halt::from) })
}

/// Why some of the grants do not count, if there are such.
async fn limit(
    context: &Context,
    catalog: &Catalog,
    client: &Client,
    token: &Token,
    valid: &Validated,
) -> Result<Option<Hold>, Halt> {
    let namespace = token.namespace().unwrap_or_default();
    let unavailable = consent::unavailable(client, &valid.grants, &namespace).await;
    let unavailable = unavailable.map_err(|error| server::halt(catalog, error))?;
    if unavailable.is_empty() {
        return Ok(None);
    }
    let own = cluster::list_in::<Warehouse>(context, &namespace).await?;
    let same_catalog = own.iter().filter(|one| one.catalog() == token.catalog());
    let names: Vec<_> = same_catalog.map(warehouse::name).collect();
    Ok(consent::hold(&unavailable, &names, &namespace))
}

async fn end(context: &Context, token: &Token, owner: &Owner) -> Result<Next, Halt> {
    if !cluster::has_finalizer(token) {
        return Ok(Next::Never);
    }
    let Err(halt) = let_go(context, token, owner).await else { return Ok(Next::Never) };
    let ended = Ended { supplied: None, halt: Some(halt) };
    status::write(context, token, owner, &ended).await?;
    ended.halt.map_or(Ok(Next::Never), Err)
}
