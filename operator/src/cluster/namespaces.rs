//! Namespaces and their labels, which selectors choose by.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams};

use super::within;
use crate::Error;
use crate::context::Context;

/// Namespaces in one answer of the API server.
const PAGE: u32 = 500;

/// Returns the labels of a namespace; none if it does not exist.
///
/// # Errors
/// [`Error`].
pub async fn namespace_labels(context: &Context, namespace: &str) -> Result<BTreeMap<String, String>, Error> {
    let attempted = || format!("read the labels of the namespace {namespace}");
    let found = within(attempted, namespaces(context).get_metadata_opt(namespace)).await?;
    Ok(found.and_then(|found| found.metadata.labels).unwrap_or_default())
}

/// Returns name and labels of each namespace that the operator watches.
///
/// # Errors
/// [`Error`].
pub async fn watched_namespaces(context: &Context) -> Result<Vec<(String, BTreeMap<String, String>)>, Error> {
    let mut found = Vec::new();
    for namespace in &context.settings.watch_namespaces {
        match namespace_labels(context, namespace).await {
            Ok(labels) => found.push((namespace.clone(), labels)),
            // It is gone, or its Role is.
            Err(error) if matches!(error.code(), Some(403 | 404)) => {}
            Err(error) => return Err(error),
        }
    }
    if !context.settings.watch_namespaces.is_empty() {
        return Ok(found);
    }
    let mut params = ListParams::default().limit(PAGE);
    loop {
        let call = namespaces(context);
        let page = within(|| "list the namespaces".to_owned(), call.list_metadata(&params)).await?;
        let next = page.metadata.continue_.filter(|token| !token.is_empty());
        found.extend(page.items.into_iter().map(|one| (one.name_any(), one.metadata.labels.unwrap_or_default())));
        let Some(next) = next else { return Ok(found) };
        params = params.continue_token(&next);
    }
}

fn namespaces(context: &Context) -> Api<Namespace> {
    Api::all(context.client.clone())
}
