//! The end of a Catalog: its dependents first, for they need its server; then the server; then what lies outside of its
//! namespace, and what it made within. The data stays.

use crds::{Catalog, CatalogRef, Token, Warehouse};
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use kube::{Resource, ResourceExt as _};

use super::build::last_database_name;
use super::database::Target;
use super::dismantle::{clear_away, end_servers};
use super::{database, deployable, dereference};
use crate::Hold;
use crate::cluster::{self, Notice, Owner, read_secret};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::kind::Next;
use crate::server::admin_secret;
use crate::take_over::TAKE_OVER;

/// How long a database that is away is waited for. It may be gone for good, as after `kubectl delete -f` of all.
const WAIT_FOR_DATABASE: SignedDuration = SignedDuration::from_secs(30);
/// How long dependents wait for servers that do not answer, before they leave the farewell to the Catalog.
const WAIT_FOR_SERVERS: SignedDuration = SignedDuration::from_mins(5);
/// Nor is it given up before so many attempts in a row: dependents may have taken all of that time.
const ATTEMPTS: u32 = 4;
/// So many dependents are named.
const NAMED: usize = 5;

/// Lets go, once nothing depends on the Catalog any more.
///
/// # Errors
/// `HasDependents`, `ServersEnding`; failed calls.
pub(super) async fn let_go(context: &Context, catalog: &Catalog) -> Result<Next, Halt> {
    if !cluster::has_finalizer(catalog) {
        return Ok(Next::Never);
    }
    wait_for(&dependents(context, catalog).await?)?;
    let Some(owner) = Owner::of(catalog) else { return Ok(Next::Never) };
    hit("catalog.servers");
    end_servers(context, &owner).await?;
    let uid = &owner.uid;
    hit("catalog.detach");
    if let Err(hold) = detach(context, catalog, uid).await? {
        give_up(context, catalog, hold).await?;
    }
    hit("catalog.clear-away");
    clear_away(context, &owner).await?;
    hit("catalog.admin");
    for secret in [admin_secret(uid), last_database_name(uid)] {
        cluster::delete::<Secret>(context, &owner, &context.settings.namespace, &secret).await?;
    }
    context.builds.forget(uid);
    context.clients.forget(uid);
    hit("catalog.finalizer");
    cluster::remove_finalizer(context, catalog).await?;
    Ok(Next::Never)
}

/// Whether a Catalog that ends can't hear its dependents' farewell any more: its servers are gone, as with their whole
/// namespace, and nobody makes them again, or they have not answered for long. Its own end lets go of all that is left.
///
/// # Errors
/// Failed calls.
pub async fn is_past_farewell(context: &Context, catalog: &Catalog) -> Result<bool, Halt> {
    let Some(since) = catalog.meta().deletion_timestamp.as_ref().map(|time| time.0) else { return Ok(false) };
    let servers =
        cluster::read::<Deployment>(context, &catalog.namespace().unwrap_or_default(), &catalog.name_any()).await?;
    let leaving = servers.is_none_or(|servers| servers.metadata.deletion_timestamp.is_some());
    Ok(leaving || (context.now)().duration_since(since) >= WAIT_FOR_SERVERS)
}

/// The Warehouses and Tokens that have something at this Catalog's server.
async fn dependents(context: &Context, catalog: &Catalog) -> Result<Vec<String>, Halt> {
    let warehouses = cluster::list::<Warehouse>(context).await?;
    let tokens = cluster::list::<Token>(context).await?;
    let warehouses = warehouses.iter().filter(|one| depends(*one, &one.spec.catalog_ref, catalog)).map(named);
    let tokens = tokens.iter().filter(|one| depends(*one, &one.spec.catalog_ref, catalog)).map(named);
    Ok(warehouses.chain(tokens).collect())
}

/// One without finalizer has nothing there.
fn depends<K: Resource<DynamicType = ()>>(dependent: &K, reference: &CatalogRef, catalog: &Catalog) -> bool {
    let CatalogRef { name, namespace } = reference;
    let home = namespace.clone().or_else(|| dependent.namespace());
    dependent.finalizers().iter().any(|one| one == cluster::FINALIZER)
        && *name == catalog.name_any()
        && home == catalog.namespace()
}

fn named<K: Resource<DynamicType = ()>>(dependent: &K) -> String {
    format!("{} {}/{}", K::kind(&()), dependent.namespace().unwrap_or_default(), dependent.name_any())
}

fn wait_for(dependents: &[String]) -> Result<(), Hold> {
    if dependents.is_empty() {
        return Ok(());
    }
    let named = dependents.iter().take(NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    let more = match dependents.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("{named}{more} still refer to it: it goes, and its server with it, once they are deleted");
    Err(Hold::waiting("HasDependents", message))
}

/// By what the Secrets say, or if that does not work by what was used last: they may be gone, or changed.
async fn detach(context: &Context, catalog: &Catalog, uid: &str) -> Result<Result<(), Hold>, Halt> {
    let read = dereference(context, catalog).await?;
    let told = deployable(&read, &context.settings).map(|catalog| Target::of(&catalog));
    let ended = match &told {
        Ok(target) => database::let_go(target, uid).await,
        Err(hold) => Err(hold.clone()),
    };
    let last = read_secret(context, &context.settings.namespace, &last_database_name(uid)).await?;
    Ok(match last.and_then(|last| Target::last(catalog, &last)) {
        // It was never made ready, or is let go already.
        None => Ok(()),
        Some(last) if ended.is_err() && told.as_ref() != Ok(&last) => database::let_go(&last, uid).await,
        Some(_) => ended,
    })
}

/// A schema that still names its Catalog is taken over with a word; a Catalog that never goes is worse.
async fn give_up(context: &Context, catalog: &Catalog, hold: Hold) -> Result<(), Halt> {
    let since = catalog.meta().deletion_timestamp.as_ref().map(|time| time.0);
    let failed = context.failures.count(&catalog.uid().unwrap_or_default());
    if !since.is_none_or(|since| is_over(since, (context.now)(), failed)) {
        return Err(Hold::broken(hold.reason, format!("the schema could not be let go: {}", hold.message)).into());
    }
    let message = format!(
        "the schema still names this Catalog, since the database could not be reached: the next one needs the annotation \
         {TAKE_OVER}=true"
    );
    cluster::event(context, catalog, Notice::warning("NotDetached", message)).await;
    Ok(())
}

/// `failed` is how many attempts failed before this one.
fn is_over(since: Timestamp, now: Timestamp, failed: u32) -> bool {
    now.duration_since(since) >= WAIT_FOR_DATABASE && failed.saturating_add(1) >= ATTEMPTS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dependents_are_named_but_not_all_of_a_thousand() {
        assert_eq!(wait_for(&[]), Ok(()));
        let many: Vec<_> = (0..7).map(|n| format!("Token a/t{n}")).collect();
        let hold = wait_for(&many).unwrap_err();
        assert!(hold.reason == "HasDependents" && hold.message.contains("Token a/t4 and 2 more still"), "{hold}");
    }

    #[test]
    fn a_database_that_is_away_is_waited_for_but_not_for_ever() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!is_over(at(100), at(129), 9));
        assert!(is_over(at(100), at(130), 3));
    }

    #[test]
    fn one_failure_is_not_the_end_of_a_catalog_that_waited_long_for_its_dependents() {
        let at = |second| Timestamp::from_second(second).unwrap();
        assert!(!is_over(at(100), at(10_000), 0));
        assert!(!is_over(at(100), at(10_000), 2));
    }
}
