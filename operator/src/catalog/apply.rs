//! All writes for a Catalog, each of which can be repeated: the schema, then what the servers need, then the servers.

use k8s_openapi::api::apps::v1::Deployment;
use migrations::postgres::Prepared;

use super::build::{COMPONENT, Objects};
use super::{Deployable, database};
use crate::Hold;
use crate::cluster::{apply as put, apply_apart};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;

/// What was done.
#[derive(Clone, Debug)]
pub struct Applied {
    /// The state of the database; an error is told beside whatever goes on without it.
    pub schema: Result<Prepared, Hold>,
    /// The Deployment as it is now; `None` if there is none yet.
    pub deployment: Option<Deployment>,
}

/// Makes everything as wanted. If the database can't be made ready, what serves goes on as it is: the Deployment is left
/// alone, and only what belongs to it is kept in order.
///
/// # Errors
/// `ObjectConflict`, `SecretConflict`; failed calls.
pub async fn apply(context: &Context, catalog: &Deployable, objects: Objects) -> Result<Applied, Halt> {
    hit("catalog.schema");
    let schema = database::make_ready(catalog).await;
    if schema.is_err() && catalog.deployment.is_none() {
        return Ok(Applied { schema, deployment: None });
    }
    let last_database = objects.last_database.clone();
    let deployment = surroundings(context, catalog, objects).await?;
    if schema.is_err() {
        return Ok(Applied { schema, deployment: catalog.deployment.clone() });
    }
    hit("catalog.apply.last-database");
    apply_apart(context, &catalog.owner, COMPONENT, last_database).await?;
    hit("catalog.apply.deployment");
    let deployment = put(context, &catalog.owner, COMPONENT, deployment).await?.object;
    hit("catalog.apply.deployment.done");
    Ok(Applied { schema, deployment: Some(deployment) })
}

/// The operator's token comes first, so that no server ever runs that the operator can't talk to.
async fn surroundings(context: &Context, catalog: &Deployable, objects: Objects) -> Result<Deployment, Halt> {
    let owner = &catalog.owner;
    let Objects {
        admin,
        last_database: _,
        admin_hashes,
        seal,
        config_map,
        service_account,
        network_policy,
        service,
        pod_disruption_budget,
        deployment,
    } = objects;
    hit("catalog.apply.admin");
    apply_apart(context, owner, COMPONENT, admin).await?;
    hit("catalog.apply.admin-hashes");
    put(context, owner, COMPONENT, admin_hashes).await?;
    hit("catalog.apply.seal");
    put(context, owner, COMPONENT, seal).await?;
    hit("catalog.apply.config-map");
    put(context, owner, COMPONENT, config_map).await?;
    hit("catalog.apply.service-account");
    put(context, owner, COMPONENT, service_account).await?;
    hit("catalog.apply.network-policy");
    put(context, owner, COMPONENT, network_policy).await?;
    hit("catalog.apply.service");
    put(context, owner, COMPONENT, service).await?;
    hit("catalog.apply.pod-disruption-budget");
    put(context, owner, COMPONENT, pod_disruption_budget).await?;
    Ok(deployment)
}
