//! The end of a Token.

use operator::kind::Next;
use serde_json::json;

use crate::life::Death;
use crate::world::World;

fn is_let_go(world: &World) -> bool {
    world.token()["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)
}

#[tokio::test]
async fn a_deleted_token_is_revoked_and_then_let_go() {
    let world = World::supplied().await;
    world.delete();
    assert_eq!(world.look(Death::Never).await.unwrap(), Next::Never);
    assert_eq!(world.life.written(), ["revoke", "finalizers"]);
    assert!(is_let_go(&world) && world.server.active().is_empty());
}

#[tokio::test]
async fn it_is_not_let_go_before_it_is_revoked() {
    for death in [Death::Before, Death::After] {
        for write in 0..2 {
            let world = World::supplied().await;
            world.delete();
            world.look(death(write)).await.unwrap_err();
            assert!(!is_let_go(&world) || world.server.active().is_empty());
            world.look(Death::Never).await.unwrap();
            assert!(is_let_go(&world) && world.server.active().is_empty());
        }
    }
}

#[tokio::test]
async fn without_its_catalog_there_is_nothing_to_wait_for() {
    let world = World::supplied().await;
    world.drop_catalog();
    world.delete();
    world.look(Death::Never).await.unwrap();
    assert_eq!(world.life.written(), ["finalizers"]);
    assert!(is_let_go(&world));
}

#[tokio::test]
async fn a_token_that_never_had_a_credential_does_not_wait_for_a_server() {
    let world = World::new().await;
    world.look(Death::After(0)).await.unwrap_err();
    world.api.put("/api/v1/namespaces/pangolin-system/secrets/admin-c", serde_json::Value::Null);
    world.delete();
    world.look(Death::Never).await.unwrap();
    assert!(is_let_go(&world));
}

#[tokio::test]
async fn a_token_that_had_one_waits_for_the_server_and_says_so() {
    let world = World::supplied().await;
    world.api.put("/api/v1/namespaces/pangolin-system/secrets/admin-c", serde_json::Value::Null);
    world.delete();
    assert_eq!(world.look(Death::Never).await.unwrap_err().reason(), "CatalogNotReady");
    assert!(!is_let_go(&world));
    assert_eq!(world.condition("Reconciling"), ("True".into(), "CatalogNotReady".into()));
}

#[tokio::test]
async fn a_namespace_that_is_not_admitted_any_more_loses_its_credential_until_it_is_again() {
    let world = World::supplied().await;
    let reference = |world: &World, namespace: &str| {
        let namespace = namespace.to_owned();
        world.edit(|token| token["spec"]["catalogRef"] = json!({"name": "main", "namespace": namespace}));
    };
    let catalog = "/apis/catalog.pangolin.dev/v1alpha1/namespaces/team/catalogs/main";
    let mut elsewhere = world.api.get(catalog).unwrap();
    elsewhere["metadata"]["namespace"] = json!("platform");
    let path = catalog.replace("team", "platform");
    world.api.put(&path, elsewhere.clone());
    reference(&world, "platform");
    assert_eq!(world.look(Death::Never).await.unwrap_err().reason(), "NotAllowed");
    assert_eq!(world.life.written(), ["revoke", "status"]);
    assert!(world.server.active().is_empty());
    assert_eq!(world.look(Death::Never).await.unwrap_err().reason(), "NotAllowed");
    assert_eq!(world.life.written(), [""; 0]);
    elsewhere["spec"]["allowedNamespaces"] = json!({"from": "All"});
    world.api.put(&path, elsewhere);
    world.look(Death::Never).await.unwrap();
    assert!(world.reader_is_let_in("analyst"));
}

#[tokio::test]
async fn first_credential_waits_for_the_consent_of_the_warehouse() {
    let world = World::new().await;
    for namespace in [None, Some("other")] {
        world.server.move_warehouse(namespace);
        assert_eq!(world.look(Death::Never).await.unwrap_err().reason(), "WarehouseNotFound");
        assert_eq!(world.condition("Stalled"), ("True".into(), "WarehouseNotFound".into()));
        assert!(world.server.rows().is_empty() && world.held("analyst").is_none());
    }
    world.server.move_warehouse(Some("team"));
    world.look(Death::Never).await.unwrap();
    assert!(world.reader_is_let_in("analyst"));
    assert_eq!(world.condition("Ready"), ("True".into(), "Issued".into()));
}

#[tokio::test]
async fn withdrawn_consent_is_reported_while_the_credential_is_renewed() {
    let world = World::supplied().await;
    world.server.move_warehouse(Some("other"));
    world.look(Death::Never).await.unwrap();
    assert_eq!(world.condition("Ready"), ("False".into(), "WarehouseNotFound".into()));
    assert_eq!(world.condition("Stalled"), ("True".into(), "WarehouseNotFound".into()));
    let first = world.held("analyst");
    world.pass(std::time::Duration::from_secs(3 * 3600 - 600));
    world.look(Death::Never).await.unwrap();
    assert_ne!(world.held("analyst"), first, "it is renewed in time");
    world.server.move_warehouse(Some("team"));
    world.look(Death::Never).await.unwrap();
    assert_eq!(world.condition("Ready"), ("True".into(), "Issued".into()));
}
