//! The watches, and who is woken by what:
//!
//! | what changes | wakes |
//! |---|---|
//! | spec, annotations, finalizers, deletion of a resource | itself |
//! | spec, end, address or conditions of a Catalog | its Warehouses and Tokens |
//! | a Warehouse or Token that is gone | its Catalog, which may wait for that |
//! | a Secret (metadata only) | those that read it, keep it, or own it |
//! | another object with our label (metadata only) | the Catalog that owns it |
//! | spec, end or conditions of a Warehouse | the Tokens with grants on it, and the Warehouses that conflict with it |
//! | the labels of a namespace (metadata only) | the Warehouses and Tokens in it whose Catalog is elsewhere, and the Warehouses with a selector |
//!
//! Each kind is watched once, whoever wants to know. Events only say *that* something changed; `dereference` reads what.

mod merge;
mod news;
mod stream;
mod wake;

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::sync::Arc;

use crds::{Catalog, NamespacesFrom, Token, Warehouse};
use futures::StreamExt as _;
use futures::stream::BoxStream;
use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Namespace, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use kube::api::{Api, ObjectMeta, PartialObjectMeta};
use kube::core::DeserializeGuard;
use kube::runtime::reflector::store::{Store, Writer};
use kube::runtime::reflector::{self, ObjectRef};
use kube::runtime::watcher::{self, Event};
use kube::{Client, Resource};
use serde::de::DeserializeOwned;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::cluster::MANAGED_BY;
use crate::context::Context;
pub(crate) use wake::Dependent;

use merge::Merge;
use news::News;
use wake::UsesSecret;

/// What can be watched here.
pub trait Watchable:
    Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Send + Sync + 'static
{
}

impl<K> Watchable for K where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
        + Clone
        + Debug
        + DeserializeOwned
        + Send
        + Sync
        + 'static
{
}

/// What a controller works on: the resources of its kind as they are, and which of them it has to look at.
pub struct Watched<K: Watchable> {
    pub store: Store<K>,
    pub queue: UnboundedReceiver<ObjectRef<K>>,
    /// How many there are, once all are listed. The store would tell, too, but wakes only one of those who wait for it.
    pub listed: watch::Receiver<Option<usize>>,
}

/// The other end of [`Watched`].
struct Keeper<K: Watchable> {
    writer: Writer<K>,
    store: Store<K>,
    listed: watch::Sender<Option<usize>>,
}

impl<K: Watchable> Keeper<K> {
    fn keep(&mut self, event: &Event<K>) {
        self.writer.apply_watcher_event(event);
        if matches!(event, Event::InitDone) {
            self.listed.send_replace(Some(self.store.len()));
        }
    }
}

/// The three kinds.
pub struct All {
    pub catalogs: Watched<Catalog>,
    pub warehouses: Watched<Warehouse>,
    pub tokens: Watched<Token>,
}

/// Begins all watches, as tasks that never end.
pub fn start(context: &Arc<Context>, tasks: &mut JoinSet<()>) -> All {
    let (catalogs, catalog_keeper, catalog_bell) = watched::<Catalog>();
    let (warehouses, warehouse_keeper, warehouse_bell) = watched::<Warehouse>();
    let (tokens, token_keeper, token_bell) = watched::<Token>();
    let bells = Bells { catalogs: catalog_bell, warehouses: warehouse_bell, tokens: token_bell };
    tasks.spawn(follow_catalogs(Arc::clone(context), catalog_keeper, bells.clone()));
    tasks.spawn(follow_warehouses(Arc::clone(context), warehouse_keeper, bells.clone()));
    tasks.spawn(follow_tokens(Arc::clone(context), token_keeper, bells.clone()));
    tasks.spawn(follow_secrets(Arc::clone(context), bells.clone()));
    tasks.spawn(follow_children(Arc::clone(context), bells.catalogs.clone()));
    // Whoever may look into some namespaces only may not list them all.
    if context.settings.watch_namespaces.is_empty() {
        tasks.spawn(follow_namespaces(Arc::clone(context), bells));
    }
    All { catalogs, warehouses, tokens }
}

/// Wakes the resources of one kind.
struct Bell<K: Watchable> {
    store: Store<K>,
    queue: UnboundedSender<ObjectRef<K>>,
}

impl<K: Watchable> Clone for Bell<K> {
    fn clone(&self) -> Self {
        Self { store: self.store.clone(), queue: self.queue.clone() }
    }
}

impl<K: Watchable> Bell<K> {
    /// A resource that is not there is not looked at, so no harm is done.
    fn ring(&self, who: ObjectRef<K>) {
        // Nobody listens any more only when the process ends.
        let _ = self.queue.send(who);
    }

    fn ring_those(&self, concerned: impl Fn(&K) -> bool) {
        for resource in self.store.state_filter(concerned) {
            self.ring(ObjectRef::from_obj(resource.as_ref()));
        }
    }
}

#[derive(Clone)]
struct Bells {
    catalogs: Bell<Catalog>,
    warehouses: Bell<Warehouse>,
    tokens: Bell<Token>,
}

fn watched<K: Watchable>() -> (Watched<K>, Keeper<K>, Bell<K>) {
    let (store, writer) = reflector::store();
    let (sender, queue) = unbounded_channel();
    let (tell, listed) = watch::channel(None);
    let keeper = Keeper { writer, store: store.clone(), listed: tell };
    (Watched { store: store.clone(), queue, listed }, keeper, Bell { store, queue: sender })
}

async fn follow_catalogs(context: Arc<Context>, mut keeper: Keeper<Catalog>, bells: Bells) {
    let (mut own, mut dependents) = (News::default(), News::default());
    let apis = apis(&context, &context.settings.watch_namespaces);
    follow(&context, apis, &mut keeper, |catalog, gone| {
        let metadata = &catalog.metadata;
        let reference = ObjectRef::from_obj(catalog);
        if gone {
            own.forget(metadata);
            dependents.forget(metadata);
        } else if own.is(metadata, news::own(metadata)) {
            bells.catalogs.ring(reference.clone());
        }
        if gone || dependents.is(metadata, news::for_dependents(catalog)) {
            bells.warehouses.ring_those(|warehouse| warehouse.catalog() == reference);
            bells.tokens.ring_those(|token| token.catalog() == reference);
        }
    })
    .await;
}

async fn follow_warehouses(context: Arc<Context>, mut keeper: Keeper<Warehouse>, bells: Bells) {
    let (mut own, mut others) = (News::default(), News::default());
    let apis = apis(&context, &context.settings.watch_namespaces);
    follow(&context, apis, &mut keeper, |warehouse, gone| {
        let metadata = &warehouse.metadata;
        let reference = ObjectRef::from_obj(warehouse);
        if gone {
            own.forget(metadata);
            others.forget(metadata);
            bells.catalogs.ring(warehouse.catalog());
        } else if own.is(metadata, news::own(metadata)) {
            bells.warehouses.ring(reference.clone());
        }
        if gone || others.is(metadata, news::of_warehouse(warehouse)) {
            bells.tokens.ring_those(|token| wake::is_granted(token, warehouse));
            let rivals =
                |other: &Warehouse| ObjectRef::from_obj(other) != reference && wake::is_rival(other, warehouse);
            bells.warehouses.ring_those(rivals);
        }
    })
    .await;
}

async fn follow_tokens(context: Arc<Context>, mut keeper: Keeper<Token>, bells: Bells) {
    let mut own = News::default();
    let apis = apis(&context, &context.settings.watch_namespaces);
    follow(&context, apis, &mut keeper, |token, gone| {
        let metadata = &token.metadata;
        if gone {
            own.forget(metadata);
            bells.catalogs.ring(token.catalog());
        } else if own.is(metadata, news::own(metadata)) {
            bells.tokens.ring(ObjectRef::from_obj(token));
        }
    })
    .await;
}

/// Keeps the store as the API server says, and tells about each resource that was touched, and whether it is gone.
async fn follow<K: Watchable>(
    context: &Arc<Context>,
    apis: Vec<Api<DeserializeGuard<K>>>,
    keeper: &mut Keeper<K>,
    mut tell: impl FnMut(&K, bool),
) {
    let mut merge = Merge::new(apis.len());
    let mut events = stream::resources(context, apis);
    while let Some((part, event)) = events.next().await {
        for event in merge.step(part, event) {
            keeper.keep(&event);
            match event {
                Event::Init | Event::InitDone => {}
                Event::InitApply(resource) | Event::Apply(resource) => tell(&resource, false),
                Event::Delete(resource) => tell(&resource, true),
            }
        }
    }
}

async fn follow_secrets(context: Arc<Context>, bells: Bells) {
    let mut namespaces: BTreeSet<_> = context.settings.watch_namespaces.iter().cloned().collect();
    if !namespaces.is_empty() {
        // The admin tokens are there.
        namespaces.insert(context.settings.namespace.clone());
    }
    let namespaces: Vec<_> = namespaces.into_iter().collect();
    let apis = apis::<PartialObjectMeta<Secret>>(&context, &namespaces);
    let mut secrets = stream::metadata(&context, apis, &watcher::Config::default());
    while let Some(secret) = secrets.next().await {
        wake(&bells.catalogs, &secret);
        wake(&bells.warehouses, &secret);
        wake(&bells.tokens, &secret);
    }
}

fn wake<K: Watchable + UsesSecret>(bell: &Bell<K>, secret: &ObjectMeta) {
    bell.ring_those(|resource| wake::concerns(secret, resource));
}

/// Children other than Secrets. Whoever takes our label off by hand deletes the child from the watch, which wakes, too.
async fn follow_children(context: Arc<Context>, catalogs: Bell<Catalog>) {
    let children = [
        children::<Deployment>(&context),
        children::<Service>(&context),
        children::<ServiceAccount>(&context),
        children::<ConfigMap>(&context),
        children::<PodDisruptionBudget>(&context),
        children::<NetworkPolicy>(&context),
    ];
    let mut children = futures::stream::select_all(children);
    while let Some(child) = children.next().await {
        for owner in wake::owners(&child) {
            catalogs.ring(owner);
        }
    }
}

fn children<K: Watchable>(context: &Arc<Context>) -> BoxStream<'static, ObjectMeta> {
    let config = watcher::Config::default().labels(&format!("app.kubernetes.io/managed-by={MANAGED_BY}"));
    stream::metadata(context, apis::<PartialObjectMeta<K>>(context, &context.settings.watch_namespaces), &config)
}

async fn follow_namespaces(context: Arc<Context>, bells: Bells) {
    let mut labels = News::default();
    let api: Api<PartialObjectMeta<Namespace>> = Api::all(context.client.clone());
    let mut namespaces = stream::metadata(&context, vec![api], &watcher::Config::default());
    while let Some(namespace) = namespaces.next().await {
        if labels.is(&namespace, news::labels(&namespace)) {
            let guest = |metadata: &ObjectMeta, guest: bool| guest && metadata.namespace == namespace.name;
            bells.warehouses.ring_those(|warehouse| {
                let selects = warehouse.spec.allowed_namespaces.from == NamespacesFrom::Selector;
                selects || guest(&warehouse.metadata, warehouse.is_guest())
            });
            bells.tokens.ring_those(|token| guest(&token.metadata, token.is_guest()));
        }
    }
}

/// One for all namespaces, or one for each.
fn apis<K>(context: &Context, namespaces: &[String]) -> Vec<Api<K>>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
{
    let client = || -> Client { context.client.clone() };
    match namespaces {
        [] => vec![Api::all(client())],
        some => some.iter().map(|namespace| Api::namespaced(client(), namespace)).collect(),
    }
}
