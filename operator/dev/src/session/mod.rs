//! The heart: what the files ask for is made so, and kept so.

mod failure;
mod let_go;
mod look;
mod serve;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use operator::Host;
use operator::warehouse::Put;

use crate::credential::Credential;
use crate::desired::{self, Desired, Key};
use crate::event::Event;
use crate::follow::Texts;
use crate::identity::identify;
use crate::problem::Problem;
use crate::reader::Reader;
use crate::server::{Place, Server, ServerError, reachable};
use crate::state::{Objects, StateDir, StateError};
use crate::steps::{self, Steps, Surroundings};

use failure::Failure;
pub(crate) use failure::chain;

/// Everything that is running.
pub(crate) struct Session {
    pub(crate) state: StateDir,
    place: Place,
    host: Host,
    /// For tests: the life of every credential.
    ttl: Option<Duration>,
    /// What was admitted last, and what is still to be let go.
    objects: Objects,
    desired: Desired,
    pub(crate) server: Option<Server>,
    pub(crate) warehouses: BTreeMap<Key, Warehouse>,
    pub(crate) credentials: BTreeMap<Key, Credential>,
    /// What went wrong at the last try.
    failures: BTreeMap<Key, Failure>,
}

/// A Warehouse that is asked for.
#[derive(Debug)]
pub(crate) struct Warehouse {
    pub(crate) put: Put,
    /// The server has this revision.
    pub(crate) applied: bool,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SessionError {
    /// Mistakes in the files. Everything is as it was.
    #[error("the files have mistakes")]
    Problems(Vec<Problem>),
    /// There is no server any more.
    #[error(transparent)]
    Server(#[from] ServerError),
    #[error(transparent)]
    State(#[from] StateError),
}

impl Session {
    /// Reads what an earlier run left. Nothing is started.
    ///
    /// # Errors
    /// [`StateError`].
    pub(crate) fn open(
        state: StateDir,
        place: Place,
        allowed_locations: Vec<String>,
        ttl: Option<Duration>,
    ) -> Result<Self, StateError> {
        Ok(Self {
            host: Host::Local { root: state.root(), allowed_locations },
            objects: Objects::read(&state)?,
            state,
            place,
            ttl,
            desired: Desired::default(),
            server: None,
            warehouses: BTreeMap::new(),
            credentials: BTreeMap::new(),
            failures: BTreeMap::new(),
        })
    }

    /// Makes what the files ask for. With mistakes in them everything stays as it was.
    ///
    /// # Errors
    /// [`SessionError`]; the session goes on as before, except after [`SessionError::Server`].
    pub(crate) async fn take(&mut self, texts: &Texts, now: Timestamp) -> Result<Vec<Event>, SessionError> {
        let mut desired = desired::read(texts, &self.objects).map_err(SessionError::Problems)?;
        let objects = identify(&mut desired, &self.objects)?;
        let listen = format!("http://{}", reachable(self.place.listen));
        let steps = self.steps(&desired, listen)?;
        let mut events = self.serve(&desired, &steps, now).await?;
        objects.write(&self.state)?;
        self.objects = objects;
        // If the port was 0, it is known only now.
        let uri = self.server.as_ref().map(|server| server.uri.clone()).unwrap_or_default();
        let steps = self.steps(&desired, uri)?;
        self.desired = desired;
        self.want(steps);
        events.extend(self.look(now).await);
        Ok(events)
    }

    fn steps(&self, desired: &Desired, uri: String) -> Result<Steps, SessionError> {
        let admin = self.server.as_ref().map(|server| server.admin.clone());
        let around = Surroundings { host: self.host.clone(), uri, ttl: self.ttl, admin };
        steps::run(desired, &around).map_err(SessionError::Problems)
    }

    /// Notes what is to be; [`Session::look`] makes it so.
    fn want(&mut self, steps: Steps) {
        let Steps { catalog: _, server: _, warehouses, tokens } = steps;
        self.failures.clear();
        let mut before = std::mem::take(&mut self.warehouses);
        self.warehouses = warehouses
            .into_iter()
            .map(|(key, put)| {
                let applied = before.remove(&key).is_some_and(|known| known.applied && known.put == put);
                (key, Warehouse { put, applied })
            })
            .collect();
        let mut before = std::mem::take(&mut self.credentials);
        self.credentials = tokens
            .into_iter()
            .map(|(key, token)| {
                let reader = Reader::new(&self.state, &key);
                let credential = before.remove(&key).unwrap_or_else(|| Credential::new(token.clone(), reader));
                (key, credential.with(token))
            })
            .collect();
    }

    /// Ends the server after what it has begun.
    pub(crate) async fn close(&mut self) {
        if let Some(server) = self.server.take() {
            server.stop().await;
        }
    }
}

#[cfg(test)]
mod tests;
