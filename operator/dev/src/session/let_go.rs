//! What is in no file any more is deleted under its reclaim policy: a Warehouse is detached and keeps its tables, a
//! Token is revoked.

use jiff::Timestamp;

use super::Session;
use crate::credential::CredentialError;
use crate::desired::{Desired, Key, Kind};
use crate::event::Event;
use crate::reader::Reader;
use crate::state::Stored;

impl Session {
    /// What is kept, but not asked for.
    pub(super) fn gone(&self, desired: &Desired) -> Vec<(Key, Stored)> {
        let gone = self.objects.iter().filter(|(key, _)| !desired.resources.contains_key(key));
        gone.map(|(key, stored)| (key.clone(), stored.clone())).collect()
    }

    /// Lets go what can be let go; the rest is tried again at a later look.
    pub(super) async fn let_go(&mut self, gone: Vec<(Key, Stored)>, now: Timestamp) -> Vec<Event> {
        let mut events = Vec::new();
        // Dependents before their Catalog: keys are ordered by kind.
        for (key, stored) in gone.into_iter().rev() {
            match self.let_one_go(&key, &stored).await {
                Ok(()) => {
                    self.failures.remove(&key);
                    events.push(Event::LetGo(key));
                }
                Err(error) => events.extend(self.failed(&key, &error, now)),
            }
        }
        events
    }

    async fn let_one_go(&mut self, key: &Key, stored: &Stored) -> Result<(), CredentialError> {
        match (key.kind, &self.server) {
            // A Catalog's database stays. Without a server there is none that could be told.
            (Kind::Catalog, _) | (Kind::Warehouse, None) => {}
            (Kind::Warehouse, Some(server)) => {
                let name = stored.object["spec"]["name"].as_str().unwrap_or(&key.name);
                server.client.detach_warehouse(name, &stored.uid).await?;
            }
            (Kind::Token, server) => {
                if let Some(server) = server {
                    server.client.revoke_tokens(&stored.uid).await?;
                }
                Reader::new(&self.state, key).remove()?;
            }
        }
        self.objects.remove(key);
        self.objects.write(&self.state)?;
        Ok(())
    }
}
