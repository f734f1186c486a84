//! The events of a kind, from all namespaces that are watched. A watch that breaks begins again by itself.

use std::fmt::Debug;
use std::sync::Arc;

use futures::stream::{BoxStream, SelectAll, StreamExt as _, select_all};
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

/// The resources themselves. One that does not parse is logged, counted and skipped.
pub(super) fn resources<K>(context: &Arc<Context>, apis: Vec<Api<DeserializeGuard<K>>>) -> Events<K>
where
    K: Resource<DynamicType = ()> + Clone + Debug + DeserializeOwned + Send + Sync + 'static,
{
    let streams = apis.into_iter().enumerate().map(|(number, api)| {
        let (errors, skips) = (Arc::clone(context), Arc::clone(context));
        let events = watcher(api, watcher::Config::default()).default_backoff();
        let events = events.filter_map(move |event| std::future::ready(logged::<K, _>(&errors, event)));
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
        let events = watcher(api, config.clone()).default_backoff();
        let events = events.filter_map(move |event| std::future::ready(logged::<K, _>(&errors, event)));
        events.filter_map(|event| std::future::ready(touched(event).map(|object| object.metadata))).boxed()
    });
    select_all(streams).boxed()
}

fn logged<K: Resource<DynamicType = ()>, E>(context: &Context, event: Result<E, watcher::Error>) -> Option<E> {
    event
        .inspect_err(|error| {
            let kind = K::kind(&());
            context.metrics.watch_failed(&kind);
            tracing::warn!(%kind, error = brief(error), "a watch broke and begins again");
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
