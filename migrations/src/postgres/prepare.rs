//! Everything that a database needs before servers start on it: the schema, its owner, and the servers' rights.

use std::time::Duration;

use sqlx::{Connection, PgConnection};
use tokio::time::timeout;

use super::owner::{self, Claim, Owner};
use super::{Endpoints, LATEST, Schema, connect, grants, lock, migrate_locked, version};
use crate::MigrationError;

/// For everything together, in case that the database falls silent. A step of a migration may take long.
const PATIENCE: Duration = Duration::from_secs(3600);
/// For a look at what is there already.
const LOOK: Duration = Duration::from_secs(15);
/// For a lock, because other queries queue behind one that waits.
const LOCK: Duration = Duration::from_secs(10);

/// What [`prepare`] found and did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prepared {
    /// The version that the schema had before; 0 if there was none.
    pub from: i64,
    /// How the schema came to its owner.
    pub claim: Claim,
}

/// Brings the schema to [`LATEST`], makes it the owner's, and lets the role of `servers` work in it, if that is another
/// than the one of `endpoints`. Nothing is written if all that is so. Safe to run from many processes at once.
///
/// # Errors
/// [`MigrationError::Owned`] and [`MigrationError::Newer`] before anything was changed; the others as
/// [`super::migrate`]. An error of the servers' own connection is [`MigrationError::Servers`].
pub async fn prepare(
    endpoints: &Endpoints,
    schema: &Schema,
    owner: &Owner<'_>,
    servers: Option<&Endpoints>,
) -> Result<Prepared, MigrationError> {
    let mut connection = connect(endpoints, schema, LOCK).await?;
    let role = servers.map(Endpoints::username).filter(|role| *role != endpoints.username());
    let work = prepare_on(&mut connection, schema, owner, role);
    let result = timeout(PATIENCE, work).await.unwrap_or_else(|_| Err(MigrationError::silent()));
    // Ends the session, and with it the lock, whatever came out.
    let _ = timeout(LOOK, connection.close()).await;
    let prepared = result?;
    if let Some(servers) = servers {
        let look = timeout(LOOK, look_as_server(servers, schema));
        let found = look.await.unwrap_or_else(|_| Err(MigrationError::silent()));
        found.map_err(|error| MigrationError::Servers(Box::new(error)))?;
    }
    Ok(prepared)
}

async fn prepare_on(
    connection: &mut PgConnection,
    schema: &Schema,
    owner: &Owner<'_>,
    role: Option<&str>,
) -> Result<Prepared, MigrationError> {
    if timeout(LOOK, settled(connection, schema, owner, role))
        .await
        .unwrap_or_else(|_| Err(MigrationError::silent()))?
    {
        return Ok(Prepared { from: LATEST, claim: Claim::Kept });
    }
    lock::acquire(connection, schema, "migrate").await?;
    // Another may have been here while the lock was waited for.
    let from = version(&mut *connection).await.map_err(MigrationError::Version)?;
    refuse_newer(from)?;
    let claim = if from == 0 { Claim::Made } else { owner::judge(connection, owner).await? };
    migrate_locked(connection, schema).await?;
    if claim != Claim::Kept {
        owner::write(connection, owner).await?;
    }
    if let Some(role) = role {
        grants::give(connection, schema, role).await?;
    }
    Ok(Prepared { from, claim })
}

/// True if nothing is left to be done.
async fn settled(
    connection: &mut PgConnection,
    schema: &Schema,
    owner: &Owner<'_>,
    role: Option<&str>,
) -> Result<bool, MigrationError> {
    let found = version(&mut *connection).await.map_err(MigrationError::Version)?;
    refuse_newer(found)?;
    if found == 0 || owner::judge(connection, owner).await? != Claim::Kept || found != LATEST {
        return Ok(false);
    }
    match role {
        Some(role) => grants::suffice(connection, schema, role).await,
        None => Ok(true),
    }
}

fn refuse_newer(found: i64) -> Result<(), MigrationError> {
    if found > LATEST { Err(MigrationError::Newer { found, know: LATEST }) } else { Ok(()) }
}

/// Signs in as the servers will, and looks whether it is the same schema that they see.
async fn look_as_server(endpoints: &Endpoints, schema: &Schema) -> Result<(), MigrationError> {
    let mut connection = connect(endpoints, schema, LOCK).await?;
    let found = version(&mut connection).await;
    let _ = connection.close().await;
    match found.map_err(MigrationError::Version)? {
        LATEST => Ok(()),
        found => Err(MigrationError::Elsewhere { found, need: LATEST }),
    }
}
