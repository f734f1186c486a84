//! One warehouse, at one ref: what most calls begin with.

use std::fmt::Display;

use catalog_api::Prefix;
use http::Method;

use crate::Client;
use crate::call::Call;

/// A warehouse, and perhaps a state of it other than `main`. Cheap to clone; nothing is asked before a call is made.
///
/// ```no_run
/// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
/// use futures::TryStreamExt as _;
///
/// let lake = client.warehouse("lake");
/// let yesterday = lake.at("main@{2026-11-01T12:00:00Z}");
/// let tables: Vec<_> = yesterday.tables(&["sales"]).try_collect().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Warehouse {
    pub(crate) client: Client,
    pub(crate) name: String,
    /// A ref expression.
    pub(crate) reference: Option<String>,
}

impl Client {
    /// A warehouse by its name, at `main`.
    #[must_use]
    pub fn warehouse(&self, name: impl Into<String>) -> Warehouse {
        Warehouse { client: self.clone(), name: name.into(), reference: None }
    }
}

impl Warehouse {
    /// The same warehouse at another ref expression: a branch, a tag, `BRANCH@{time}` or a commit's uuid.
    #[must_use]
    pub fn at(&self, reference: impl Into<String>) -> Self {
        Self { reference: Some(reference.into()), ..self.clone() }
    }

    /// The warehouse's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The ref expression that [`Self::at`] was given.
    #[must_use]
    pub fn reference(&self) -> Option<&str> {
        self.reference.as_deref()
    }

    /// A call below `/api/v1/warehouses/{name}`.
    pub(crate) fn call(&self, method: Method, path: &[&str], attempted: impl Display) -> Call {
        let mut whole = vec!["api", "v1", "warehouses", &self.name];
        whole.extend(path);
        Call::new(&self.client, method, &whole, format!("{attempted} in warehouse {}", self.name))
    }

    /// As [`Self::call`], of this ref.
    pub(crate) fn call_at(&self, path: &[&str], attempted: impl Display) -> Call {
        let call = self.call(Method::GET, path, attempted);
        match &self.reference {
            Some(reference) => call.query("ref", reference),
            None => call,
        }
    }

    /// A list below `/v1/{prefix}`.
    pub(crate) fn iceberg(&self, path: &[&str], attempted: impl Display) -> Call {
        let prefix = Prefix::encode(&self.name, self.reference.as_deref());
        let mut whole = vec!["v1", &prefix];
        whole.extend(path);
        Call::new(&self.client, Method::GET, &whole, format!("{attempted} in warehouse {}", self.name))
    }
}
