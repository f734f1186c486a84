//! A server with one warehouse and a token for it: what most cases begin with.

use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::{Path, PathBuf};

use catalog_api::management::{PutWarehouse, S3Credentials, S3Storage, Storage};
use catalog_api::{Grant, Privilege};

use super::door::Door;
use super::s3::{Access, REGION};
use super::server::{Database, Server};
use crate::failure::{Attempt, Outcome};
use crate::lab::Lab;

/// The warehouse's name.
pub(crate) const LAKE: &str = "lake";

/// The server and the ways to talk to it.
pub(crate) struct Lake {
    /// The running server.
    pub(crate) server: Server,
    door: Door,
    /// The folder that the warehouse's root is.
    pub(crate) root: PathBuf,
}

impl Deref for Lake {
    type Target = Door;

    fn deref(&self) -> &Door {
        &self.door
    }
}

impl Lake {
    /// Starts a server on a database and makes the warehouse in `folder`.
    pub(crate) async fn open(lab: &Lab, folder: &Path, database: Database) -> Outcome<Self> {
        Self::in_folder(Server::start(lab, folder, database).await?, folder).await
    }

    /// Makes the warehouse in `folder` on a server that may use it.
    pub(crate) async fn in_folder(server: Server, folder: &Path) -> Outcome<Self> {
        let root = folder.join(LAKE);
        std::fs::create_dir_all(&root).attempt("make the warehouse's folder")?;
        let put = warehouse(format!("file://{}", root.display()), Storage::default());
        Self::on(server, &put, root).await
    }

    /// Makes the warehouse in a new bucket on a server that may use it.
    pub(crate) async fn in_bucket(server: Server, s3: &Access, bucket: &str, folder: &Path) -> Outcome<Self> {
        s3.bucket(bucket).await?;
        let put = warehouse(format!("s3://{bucket}/root"), storage(&s3.endpoint(), s3));
        Self::on(server, &put, folder.to_owned()).await
    }

    /// Makes the warehouse on a server that runs; `root` is for locations in folders.
    pub(crate) async fn on(server: Server, put: &PutWarehouse, root: PathBuf) -> Outcome<Self> {
        let door = Door::open(server.uri(), server.admin_token(), put).await?;
        Ok(Self { server, door, root })
    }

    /// Lets tables lie below one more directory, on this host's disk.
    pub(crate) async fn allow(&mut self, directory: &Path) -> Outcome {
        self.server.allow_file_root(directory).await?;
        let mut put = warehouse(format!("file://{}", self.root.display()), Storage::default());
        put.revision = "2".to_owned();
        put.allowed_locations = vec![format!("file://{}", directory.display())];
        self.manage.put_warehouse(LAKE, &put).await.attempt("allow a further location").map(drop)
    }
}

/// What the operator sends for a warehouse.
pub(crate) fn warehouse(location: String, storage: Storage) -> PutWarehouse {
    PutWarehouse {
        owner_uid: "e2e-warehouse".to_owned(),
        namespace: "e2e".to_owned(),
        revision: "1".to_owned(),
        location,
        allowed_locations: Vec::new(),
        allowed_namespaces: Vec::new(),
        storage,
        default_properties: BTreeMap::new(),
        retention: None,
        take_over: false,
        probe: false,
    }
}

/// A grant on the whole warehouse.
pub(crate) fn grant(privileges: &[Privilege]) -> Grant {
    Grant { warehouse: LAKE.to_owned(), namespaces: Vec::new(), privileges: privileges.to_vec() }
}

/// How a warehouse reaches the bucket: the keys are the right ones.
pub(crate) fn storage(endpoint: &str, s3: &Access) -> Storage {
    let credentials = S3Credentials {
        access_key_id: s3.key_id().to_owned(),
        secret_access_key: s3.key().to_owned(),
        session_token: None,
    };
    Storage {
        s3: Some(S3Storage {
            endpoint: Some(endpoint.to_owned()),
            region: Some(REGION.to_owned()),
            path_style: true,
            credentials: Some(credentials),
        }),
    }
}
