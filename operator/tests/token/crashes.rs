//! The operator dies at each of its writes, done or not done; the next one makes it good.

use std::time::Duration;

use serde_json::json;

use crate::life::Death;
use crate::world::World;

/// What somebody does that asks for writes.
type Change = fn(&World);

/// Dies at every write that the change asks for, in both ways. In between, whoever has a Secret is let in.
async fn survives(change: Change, name: &str) {
    for death in [Death::Before, Death::After] {
        let mut write = 0;
        loop {
            let world = World::supplied().await;
            change(&world);
            let was_let_in = world.reader_is_let_in(name);
            let ended = world.look(death(write)).await;
            let died = world.life.is_over();
            assert_eq!(ended.is_err(), died, "{:?}", ended.err());
            let told = format!("{:?} after {:?}", death(write), world.life.written());
            assert!(world.reader_is_let_in(name) || !was_let_in && world.held(name).is_none(), "{told}");
            converges(&world, name, &told).await;
            if !died {
                break;
            }
            write += 1;
        }
        assert!(write >= 4, "only {write} writes");
    }
}

async fn converges(world: &World, name: &str, told: &str) {
    for _ in 0..2 {
        world.look(Death::Never).await.unwrap();
    }
    assert_eq!(world.life.written(), [""; 0], "it does not come to rest: {told}");
    let rows = world.server.rows();
    let newest = rows.iter().max_by_key(|row| row.revision).unwrap();
    assert_eq!(world.held(name).unwrap().id(), newest.token_id, "{told}");
    assert!(world.reader_is_let_in(name) && newest.confirmed_at.is_some(), "{told}");
    let token = world.token();
    assert_eq!(token["status"]["revision"], newest.revision, "{told}");
    assert_eq!(token["status"]["secretName"], name, "{told}");
    assert_eq!(world.condition("Ready").0, "True", "{told}");
}

#[tokio::test]
async fn at_the_first_credential() {
    for death in [Death::Before, Death::After] {
        for write in 0..5 {
            let world = World::new().await;
            world.look(death(write)).await.unwrap_err();
            let told = format!("{:?}", death(write));
            assert!(world.held("analyst").is_none() || world.reader_is_let_in("analyst"), "{told}");
            converges(&world, "analyst", &told).await;
        }
    }
}

#[tokio::test]
async fn at_a_renewal() {
    survives(|world| world.pass(Duration::from_secs(2 * 3600)), "analyst").await;
}

#[tokio::test]
async fn at_a_change_of_the_secrets_name() {
    survives(|world| world.edit(|token| token["spec"]["secretName"] = json!("other")), "other").await;
}

#[tokio::test]
async fn less_is_less_whatever_dies_in_between() {
    for death in [Death::Before, Death::After] {
        for write in 0..4 {
            let world = World::supplied().await;
            let before = world.held("analyst").unwrap();
            world.edit(|token| token["spec"]["grants"][0]["privileges"] = json!(["Read"]));
            world.look(death(write)).await.unwrap_err();
            converges(&world, "analyst", &format!("{:?}", death(write))).await;
            assert!(!world.server.takes(&before), "what was taken away is still allowed: {:?}", death(write));
        }
    }
}
