//! A server with one warehouse and a token for it: what most cases begin with.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_api::management::{PutToken, PutWarehouse, Storage};
use catalog_api::{BearerToken, Grant, Privilege};
use catalog_client::Client;
use jiff::Timestamp;

use super::server::{Database, Server};
use crate::chance;
use crate::failure::{Attempt, Outcome};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

/// The warehouse's name.
pub(crate) const LAKE: &str = "lake";

/// Longer than any case.
const LONG: Duration = Duration::from_secs(24 * 3600);

/// The server and the ways to talk to it.
pub(crate) struct Lake {
    /// The running server.
    pub(crate) server: Server,
    /// With the admin's token, for requests that the SDK would not make.
    pub(crate) admin: Rest,
    /// The SDK with the admin's token.
    pub(crate) manage: Client,
    /// With a token that may read and write the whole warehouse.
    pub(crate) rest: Rest,
    /// `/v1/lake`.
    pub(crate) prefix: String,
    /// The folder that the warehouse's root is.
    pub(crate) root: PathBuf,
}

impl Lake {
    /// Starts a server on a database and makes the warehouse in `folder`.
    pub(crate) async fn open(lab: &Lab, folder: &Path, database: Database) -> Outcome<Self> {
        let root = folder.join(LAKE);
        std::fs::create_dir_all(&root).attempt("make the warehouse's folder")?;
        let put = warehouse(format!("file://{}", root.display()), Storage::default());
        Self::on(Server::start(lab, folder, database).await?, &put, root).await
    }

    /// Makes the warehouse on a server that runs; `root` is for locations in folders.
    pub(crate) async fn on(server: Server, put: &PutWarehouse, root: PathBuf) -> Outcome<Self> {
        let admin = Rest::new(server.uri(), Some(server.admin_token().expose()))?;
        let manage =
            Client::builder(server.uri(), server.admin_token().clone()).build().attempt("build the SDK's client")?;
        let mut lake =
            Self { admin, manage, rest: Rest::new(server.uri(), None)?, server, prefix: String::new(), root };
        lake.manage.put_warehouse(LAKE, put).await.attempt("make the warehouse")?;
        let token = lake.writers_token("writer").await?;
        lake.rest = Rest::new(lake.server.uri(), Some(&token))?;
        lake.prefix = lake.rest.prefix(LAKE).await?;
        Ok(lake)
    }

    /// Lets tables lie below one more directory, on this host's disk.
    pub(crate) async fn allow(&mut self, directory: &Path) -> Outcome {
        self.server.allow_file_root(directory).await?;
        let mut put = warehouse(format!("file://{}", self.root.display()), Storage::default());
        put.revision = "2".to_owned();
        put.allowed_locations = vec![format!("file://{}", directory.display())];
        self.manage.put_warehouse(LAKE, &put).await.attempt("allow a further location").map(drop)
    }

    /// A secret that may read and write the whole warehouse; never print it.
    pub(crate) async fn writers_token(&self, name: &str) -> Outcome<String> {
        self.token(name, vec![grant(&[Privilege::Read, Privilege::Write])], LONG).await
    }

    /// Makes a token known to the server, under its name as owner. The answer is the secret: never print it.
    pub(crate) async fn token(&self, name: &str, grants: Vec<Grant>, lives: Duration) -> Outcome<String> {
        let token = BearerToken::generate().attempt("generate a token")?;
        let end = chance::now_ms() + u64::try_from(lives.as_millis()).unwrap_or(u64::MAX / 2);
        let put = PutToken {
            token_id: token.id().to_owned(),
            hash: token.hash(),
            user_id: format!("token:e2e/{name}"),
            grants,
            expires_at: Timestamp::from_millisecond(i64::try_from(end).unwrap_or(i64::MAX))
                .attempt("reckon the token's end")?,
        };
        self.manage.put_token(name, 1, &put).await.attempt("make a token")?;
        Ok(token.expose().to_owned())
    }
}

/// What the operator sends for a warehouse.
pub(crate) fn warehouse(location: String, storage: Storage) -> PutWarehouse {
    PutWarehouse {
        owner_uid: "e2e-warehouse".to_owned(),
        revision: "1".to_owned(),
        location,
        allowed_locations: Vec::new(),
        storage,
        default_properties: BTreeMap::new(),
        take_over: false,
    }
}

/// A grant on the whole warehouse.
pub(crate) fn grant(privileges: &[Privilege]) -> Grant {
    Grant { warehouse: LAKE.to_owned(), namespaces: Vec::new(), privileges: privileges.to_vec() }
}
