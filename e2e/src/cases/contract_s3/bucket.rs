//! Create, commit and load through a bucket; what is in it is what the catalog says.

use object_store::ObjectStoreExt;
use serde_json::Value;

use super::{BUCKET, Ground, TABLE, key_of, location_of};
use crate::failure::{Attempt, Outcome, check};
use crate::iceberg::append;

const COMMITS: u128 = 5;

pub(super) async fn holds_the_tables(ground: &mut Ground) -> Outcome {
    let (rest, prefix) = (&ground.lake.rest, &ground.lake.prefix);
    rest.create_namespace(prefix, "n").await?;
    let mut loaded = rest.create_table(prefix, "n", TABLE).await?;
    let mut locations = vec![location_of(&loaded)?];
    for number in 1..=COMMITS {
        rest.post(&ground.table(), &append::commit(&loaded, uuid::Uuid::from_u128(number << 70))).await?;
        loaded = rest.get(&ground.table()).await?;
        locations.push(location_of(&loaded)?);
    }
    keys_stay_out(&loaded)?;
    // From now on nothing is in a cache.
    ground.lake.server.kill()?;
    ground.lake.server.start_again().await?;
    let again = ground.lake.rest.get(&ground.table()).await?;
    check(again["metadata"] == loaded["metadata"], || "another table is loaded after a restart".to_owned())?;
    let stored: Value = serde_json::from_slice(&object(ground, &locations[locations.len() - 1]).await?)
        .attempt("read the metadata file in the bucket")?;
    check(stored == loaded["metadata"], || "the bucket holds another table than was loaded".to_owned())?;
    for location in &locations {
        object(ground, location).await?;
    }
    Ok(())
}

/// What the bucket holds at a location.
pub(super) async fn object(ground: &Ground, location: &str) -> Outcome<Vec<u8>> {
    let says = || format!("read {location} from the bucket");
    let found = ground.s3.store(BUCKET)?.get(&key_of(location)?).await.attempt(says())?;
    Ok(found.bytes().await.attempt(says())?.to_vec())
}

/// Readers are told the way, not the keys.
fn keys_stay_out(loaded: &Value) -> Outcome {
    let config = loaded["config"].as_object().cloned().unwrap_or_default();
    for (name, value) in [("s3.path-style-access", "true"), ("s3.region", "us-east-1"), ("client.region", "us-east-1")]
    {
        check(config.get(name).is_some_and(|found| found == value), || format!("config has no {name}={value}"))?;
    }
    check(config.contains_key("s3.endpoint"), || "config has no s3.endpoint".to_owned())?;
    let key =
        config.keys().find(|name| name.contains("secret") || name.contains("access-key") || name.contains("token"));
    check(key.is_none(), || format!("config hands out {}", key.map_or("", |key| key)))
}
