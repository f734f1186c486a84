//! The changes, and how one sees that they are honoured.

use bytes::Bytes;
use catalog_api::management::{CreateRef, PutWarehouse, RefType, S3Storage, Storage, UpdateRef};
use hyper::header::{AUTHORIZATION, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use tokio::time::Instant;

use super::servers::Servers;
use super::{Took, took};
use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::lake::{LAKE, warehouse};
use crate::iceberg::caller::{Answer, Caller};

/// What is changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Settings,
    Revoked,
    Renamed,
    Deleted,
}

/// A request, and the answer that it gets when a change is honoured.
pub(super) struct Look {
    path: &'static str,
    header: Option<(HeaderName, HeaderValue)>,
    status: u16,
    /// It holds this text.
    holds: String,
}

impl Look {
    /// Asks once.
    pub(super) async fn sees(&self, caller: &mut Caller) -> Outcome<bool> {
        let headers = self.header.clone().into_iter().collect::<HeaderMap>();
        let Answer { status, tag: _, body } = caller.send(Method::GET, self.path, headers, Bytes::new()).await?;
        let holds = || body.windows(self.holds.len().max(1)).any(|part| part == self.holds.as_bytes());
        match status {
            200 | 401 | 404 => Ok(status == self.status && (self.holds.is_empty() || holds())),
            _ => Err(Failure::new(format!("GET {} is answered {status}", self.path))),
        }
    }
}

impl Kind {
    pub(super) const ALL: [Self; 4] = [Self::Settings, Self::Revoked, Self::Renamed, Self::Deleted];

    pub(super) fn says(self) -> &'static str {
        match self {
            Self::Settings => "a warehouse's settings",
            Self::Revoked => "a token revoked",
            Self::Renamed => "a branch renamed",
            Self::Deleted => "a branch deleted",
        }
    }

    /// Makes so many changes, one after another, each of something that all servers have in memory.
    pub(super) async fn times(self, servers: &mut Servers, count: u64) -> Outcome<Took> {
        let mut times = Vec::new();
        // What was made for another measurement has other names.
        let first = servers.begin(count);
        for number in first..first + count {
            times.push(match self {
                Self::Settings => settings(servers, number).await?,
                Self::Revoked => revoked(servers, number).await?,
                Self::Renamed => renamed(servers, number).await?,
                Self::Deleted => deleted(servers, number).await?,
            });
        }
        Ok(took(times))
    }
}

type Once = (std::time::Duration, std::time::Duration);

async fn settings(servers: &mut Servers, number: u64) -> Outcome<Once> {
    let shows = |number: u64| Look {
        path: "/v1/lake/namespaces/n/tables/t",
        header: None,
        status: 200,
        holds: format!("\"client.region\":\"r-{number}\""),
    };
    servers.lake.manage.put_warehouse(LAKE, &put(servers, 2 * number)).await.attempt("change the warehouse")?;
    servers.all_know(&shows(2 * number)).await?;
    let start = Instant::now();
    let put = put(servers, 2 * number + 1);
    servers.lake.manage.put_warehouse(LAKE, &put).await.attempt("change the warehouse")?;
    Ok((start.elapsed(), servers.all_see(&shows(2 * number + 1)).await?))
}

/// The region of a bucket that no table lies in: a load tells it, and nobody goes there.
fn put(servers: &Servers, number: u64) -> PutWarehouse {
    let s3 = S3Storage { endpoint: None, region: Some(format!("r-{number}")), path_style: false, credentials: None };
    PutWarehouse {
        revision: format!("r{number}"),
        allowed_locations: vec!["s3://elsewhere/".to_owned()],
        ..warehouse(format!("file://{}", servers.lake.root.display()), Storage { s3: Some(s3) })
    }
}

async fn revoked(servers: &mut Servers, number: u64) -> Outcome<Once> {
    let owner = format!("token-{number}");
    let token = servers.lake.writers_token(&owner).await?;
    let value = HeaderValue::try_from(format!("Bearer {token}")).attempt("send a token")?;
    let look = |status| Look {
        path: "/v1/config?warehouse=lake",
        header: Some((AUTHORIZATION, value.clone())),
        status,
        holds: String::new(),
    };
    servers.all_know(&look(200)).await?;
    let start = Instant::now();
    servers.lake.manage.revoke_tokens(&owner).await.attempt("revoke a token")?;
    Ok((start.elapsed(), servers.all_see(&look(401)).await?))
}

async fn renamed(servers: &mut Servers, number: u64) -> Outcome<Once> {
    let (old, new) = (format!("old-{number}"), format!("new-{number}"));
    branch(servers, &old).await?;
    let refs = servers.manager.warehouse(LAKE);
    let start = Instant::now();
    let update = UpdateRef { name: Some(new), protected: None };
    refs.update_ref(&old, &update).await.attempt("rename a branch")?;
    let made = start.elapsed();
    Ok((made, servers.all_see(&through(&old, 404)?).await?))
}

async fn deleted(servers: &mut Servers, number: u64) -> Outcome<Once> {
    let name = format!("branch-{number}");
    branch(servers, &name).await?;
    let refs = servers.manager.warehouse(LAKE);
    let start = Instant::now();
    refs.delete_ref(&name).await.attempt("delete a branch")?;
    let made = start.elapsed();
    Ok((made, servers.all_see(&through(&name, 404)?).await?))
}

/// Makes a branch that all servers know.
async fn branch(servers: &mut Servers, name: &str) -> Outcome {
    let create = CreateRef { name: name.to_owned(), r#type: RefType::Branch, from: None };
    servers.manager.warehouse(LAKE).create_ref(&create).await.attempt("make a branch")?;
    servers.all_know(&through(name, 200)?).await
}

/// Through a ref.
fn through(name: &str, status: u16) -> Outcome<Look> {
    let value = HeaderValue::try_from(name).attempt("name a ref")?;
    let header = Some((HeaderName::from_static("x-pangolin-ref"), value));
    Ok(Look { path: "/v1/lake/namespaces/n", header, status, holds: String::new() })
}
