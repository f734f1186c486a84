//! One look at a Token: the order of its steps.

use std::time::Duration;

use crds::{Token, TokenStatus};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use super::apply::{Desk, Supplied, apply};
use super::dereference::{Found, dereference};
use super::let_go::{let_go, withdraw};
use super::plan::plan;
use super::{status, tidy, validate};
use crate::cluster::{self, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::kind::{Kind, Next};
use crate::server;

impl Kind for Token {
    const LABEL: &'static str = "token";
    const MANAGER: &'static str = "pangolin.dev/token";

    fn conditions(status: &TokenStatus) -> &[Condition] {
        &status.conditions
    }

    async fn reconcile(&self, context: &Context) -> Result<Next, Halt> {
        let Some(owner) = Owner::of(self) else { return Ok(Next::Never) };
        if self.metadata.deletion_timestamp.is_some() {
            return end(context, self, &owner).await;
        }
        let ended = make(context, self, &owner).await;
        status::write(context, self, &owner, &ended).await?;
        let left = ended?.renewal_time.duration_since((context.now)());
        Ok(Next::After(Duration::try_from(left).unwrap_or_default()))
    }
}

async fn make(context: &Context, token: &Token, owner: &Owner) -> Result<Supplied, Halt> {
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
    let plan = plan(&valid, newest, held, (context.now)());
    let desk = Desk { context, owner, catalog, client: &client, token: &valid };
    let supplied = apply(&desk, plan).await?;
    tidy::tidy(context, token, owner, &supplied).await?;
    Ok(supplied)
}

async fn end(context: &Context, token: &Token, owner: &Owner) -> Result<Next, Halt> {
    if !cluster::has_finalizer(token) {
        return Ok(Next::Never);
    }
    let Err(halt) = let_go(context, token, owner).await else { return Ok(Next::Never) };
    let ended = Err(halt);
    status::write(context, token, owner, &ended).await?;
    ended.map(|_| Next::Never)
}
