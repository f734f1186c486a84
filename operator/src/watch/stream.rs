//! The events of a kind, from all namespaces that are watched. A watch that breaks begins again by itself, after a backoff
//! that grows up to half a minute.
//!
//! A namespace that is gone, or whose Role is gone, counts as empty until it can be listed: otherwise the resources of all
//! other namespaces would wait for it.

use std::fmt::Debug;
use std::sync::Arc;

use futures::stream::{self, BoxStream, SelectAll, Stream, StreamExt as _, select_all};
use kube::Resource;
use kube::api::{Api, ObjectMeta, PartialObjectMeta};
use kube::core::DeserializeGuard;
use kube::runtime::WatchStreamExt as _;
use kube::runtime::watcher::{self, Event, watcher};
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::error::chain;

/// Events with the number of the watch that they come from.
pub(super) type Events<K> = SelectAll<BoxStream<'static, (usize, Event<K>)>>;

/// The resources themselves. One that does not parse is logged, counted and skipped; a namespace that cannot be listed is
/// empty.
pub(super) fn resources<K>(context: &Arc<Context>, apis: Vec<Api<DeserializeGuard<K>>>) -> Events<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let streams = apis.into_iter().enumerate().map(|(number, api)| {
        let (errors, skips) = (Arc::clone(context), Arc::clone(context));
        let namespace = api.namespace().map(ToOwned::to_owned);
        let events = with_first_result(watcher(api, watcher::Config::default())).default_backoff();
        let events = events.flat_map(move |event| {
            let is_empty = namespace.is_some() && event.as_ref().is_err_and(is_inaccessible);
            let event = logged::<K, _>(&errors, namespace.as_deref(), event);
            stream::iter(
                event.into_iter().chain(is_empty.then_some(Event::Init)).chain(is_empty.then_some(Event::InitDone)),
            )
        });
        let parsed = events.filter_map(move |event| std::future::ready(parsed(&skips, event)));
        parsed.map(move |event| (number, event)).boxed()
    });
    select_all(streams)
}

/// The metadata only, of whatever was touched.
pub(super) fn metadata<K>(
    context: &Arc<Context>,
    apis: Vec<Api<PartialObjectMeta<K>>>,
    config: &watcher::Config,
) -> BoxStream<'static, ObjectMeta>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let streams = apis.into_iter().map(|api| {
        let errors = Arc::clone(context);
        let namespace = api.namespace().map(ToOwned::to_owned);
        let events = with_first_result(watcher(api, config.clone())).default_backoff();
        let events =
            events.filter_map(move |event| std::future::ready(logged::<K, _>(&errors, namespace.as_deref(), event)));
        events.filter_map(|event| std::future::ready(touched(event).map(|object| object.metadata))).boxed()
    });
    select_all(streams).boxed()
}

/// Passes on that a list begins with the first result of it. An event that comes before the list has succeeded would reset
/// the backoff with each try.
fn with_first_result<K>(
    events: impl Stream<Item = Result<Event<K>, watcher::Error>> + Send + 'static,
) -> BoxStream<'static, Result<Event<K>, watcher::Error>>
where
    K: Send + 'static,
{
    let passed = events.scan(false, |begins, event| {
        let first = match &event {
            Ok(Event::Init) => {
                *begins = true;
                return std::future::ready(Some(stream::iter([None, None])));
            }
            Ok(_) => std::mem::take(begins),
            Err(_) => false,
        };
        std::future::ready(Some(stream::iter([first.then_some(Ok(Event::Init)), Some(event)])))
    });
    passed.flatten().filter_map(std::future::ready).boxed()
}

/// The namespace does not exist, or its Role does not: RBAC answers 403 for both.
fn is_inaccessible(error: &watcher::Error) -> bool {
    use watcher::Error as E;
    match error {
        E::InitialListFailed(source) | E::WatchStartFailed(source) | E::WatchFailed(source) => {
            matches!(source, kube::Error::Api(status) if matches!(status.code, 403 | 404))
        }
        E::WatchError(status) => matches!(status.code, 403 | 404),
        E::NoResourceVersion => false,
    }
}

fn logged<K: Resource<DynamicType = ()>, E>(
    context: &Context,
    namespace: Option<&str>,
    event: Result<E, watcher::Error>,
) -> Option<E> {
    event
        .inspect_err(|error| {
            let kind = K::kind(&());
            context.metrics.watch_failed(&kind);
            tracing::warn!(%kind, namespace, error = brief(error), "watch failed, will be retried");
        })
        .ok()
}

fn brief(error: &watcher::Error) -> String {
    use watcher::Error as E;
    match error {
        E::InitialListFailed(source) | E::WatchStartFailed(source) | E::WatchFailed(source) => chain(source),
        E::WatchError(status) => status.message.clone(),
        E::NoResourceVersion => error.to_string(),
    }
}

fn parsed<K: Resource<DynamicType = ()>>(context: &Context, event: Event<DeserializeGuard<K>>) -> Option<Event<K>> {
    let object = |DeserializeGuard(guarded): DeserializeGuard<K>| {
        guarded
            .inspect_err(|invalid| {
                let kind = K::kind(&());
                context.metrics.unreadable(&kind);
                let (namespace, name) = (&invalid.metadata.namespace, &invalid.metadata.name);
                tracing::warn!(%kind, ?namespace, ?name, error = invalid.error, "skipped: it does not parse");
            })
            .ok()
    };
    Some(match event {
        Event::Init => Event::Init,
        Event::InitDone => Event::InitDone,
        Event::InitApply(guarded) => Event::InitApply(object(guarded)?),
        Event::Apply(guarded) => Event::Apply(object(guarded)?),
        Event::Delete(guarded) => Event::Delete(object(guarded)?),
    })
}

fn touched<K>(event: Event<K>) -> Option<K> {
    match event {
        Event::Init | Event::InitDone => None,
        Event::InitApply(object) | Event::Apply(object) | Event::Delete(object) => Some(object),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use axum::Router;
    use axum::http::{StatusCode, Uri};
    use axum::response::IntoResponse as _;
    use kube::core::Status;
    use serde_json::json;

    use super::*;

    type Api = kube::api::Api<DeserializeGuard<k8s_openapi::api::core::v1::ConfigMap>>;

    fn context(answer: fn(&str) -> Result<serde_json::Value, StatusCode>) -> Arc<Context> {
        let routes = Router::new().fallback(async move |uri: Uri| match answer(uri.path()) {
            Ok(list) => axum::Json(list).into_response(),
            Err(code) => {
                let status = Status::failure("no", "Forbidden").with_code(code.as_u16());
                (code, axum::Json(status)).into_response()
            }
        });
        let settings = crate::settings::tests::settings();
        let metrics = crate::metrics::Metrics::default();
        Arc::new(Context::new(kube::Client::new(routes, "default"), settings, metrics, || jiff::Timestamp::UNIX_EPOCH))
    }

    fn of_namespaces(path: &str) -> Result<serde_json::Value, StatusCode> {
        let object = json!({"metadata": {"namespace": "team", "name": "it", "resourceVersion": "1"}});
        match path.contains("/namespaces/gone/") {
            true => Err(StatusCode::FORBIDDEN),
            false => Ok(json!({"metadata": {"resourceVersion": "1"}, "items": [object]})),
        }
    }

    #[tokio::test]
    async fn inaccessible_namespace_counts_as_empty() {
        let context = context(of_namespaces);
        let apis = ["gone", "team"].map(|name| Api::namespaced(context.client.clone(), name));
        let mut events = resources(&context, apis.into());
        let mut listed = [None, None];
        while listed.contains(&None) {
            let next = tokio::time::timeout(Duration::from_secs(10), events.next()).await;
            match next.expect("both are listed").unwrap() {
                (part, Event::Init) => listed[part] = None,
                (part, Event::InitApply(object)) => {
                    assert_eq!((part, object.metadata.name.as_deref()), (1, Some("it")));
                }
                (part, Event::InitDone) => listed[part] = Some(()),
                (_, Event::Apply(_) | Event::Delete(_)) => {}
            }
        }
    }

    #[tokio::test]
    async fn forbidden_list_of_all_namespaces_is_not_empty() {
        let context = context(|_| Err(StatusCode::FORBIDDEN));
        let mut events = resources(&context, vec![Api::all(context.client.clone())]);
        assert!(tokio::time::timeout(Duration::from_millis(300), events.next()).await.is_err());
    }

    #[tokio::test]
    async fn failed_list_does_not_reset_the_backoff() {
        let fails = || [Ok(Event::Init), Err(watcher::Error::NoResourceVersion)];
        let succeeds = || [Ok(Event::Init), Ok(Event::InitApply(1)), Ok(Event::InitDone), Ok(Event::Apply(2))];
        let events = with_first_result(stream::iter(fails().into_iter().chain(fails()).chain(succeeds())));
        let passed: Vec<_> = events
            .map(|event| {
                event.map_or("failed", |event| match event {
                    Event::Init => "begins",
                    Event::InitApply(_) => "listed",
                    Event::InitDone => "done",
                    Event::Apply(_) | Event::Delete(_) => "changed",
                })
            })
            .collect()
            .await;
        // An event between the failures would reset it.
        assert_eq!(passed, ["failed", "failed", "begins", "listed", "done", "changed"]);
    }
}
