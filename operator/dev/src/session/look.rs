//! What is due now: after an edit, and twice a second.

use catalog_api::management::Outcome;
use jiff::Timestamp;

use super::Session;
use crate::credential::{CredentialError, Supplied};
use crate::desired::Key;
use crate::event::Event;

impl Session {
    /// Does everything that is due.
    pub(crate) async fn look(&mut self, now: Timestamp) -> Vec<Event> {
        let mut gone = self.gone(&self.desired);
        gone.retain(|(key, _)| self.may_try(key, now));
        let mut events = self.let_go(gone, now).await;
        // A storage that hangs holds up a warehouse for a while, so renewals come first; a first credential needs its
        // warehouses.
        let has_one = |key: &&Key| self.credentials[*key].reader.held().is_some();
        let (held, new): (Vec<_>, Vec<_>) = self.credentials.keys().partition(has_one);
        let keys: Vec<_> = held.into_iter().chain(self.warehouses.keys()).chain(new).cloned().collect();
        for key in keys {
            if !self.may_try(&key, now) {
                continue;
            }
            match self.look_at(&key, now).await {
                Ok(event) => {
                    self.failures.remove(&key);
                    events.extend(event);
                }
                Err(error) => events.extend(self.failed(&key, &error, now)),
            }
        }
        events
    }

    async fn look_at(&mut self, key: &Key, now: Timestamp) -> Result<Option<Event>, CredentialError> {
        let Some(server) = &self.server else { return Ok(None) };
        if let Some(warehouse) = self.warehouses.get_mut(key).filter(|warehouse| !warehouse.applied) {
            let answer = server.client.put_warehouse(&warehouse.put.name, &warehouse.put.body).await?;
            warehouse.applied = true;
            if self.objects.mark_applied(key) {
                self.objects.write(&self.state)?;
            }
            let event = Event::Warehouse { key: key.clone(), outcome: answer.outcome };
            return Ok((answer.outcome != Outcome::Unchanged).then_some(event));
        }
        let in_namespace = self.warehouses.iter().filter(|(other, _)| other.namespace == key.namespace);
        let own: Vec<_> = in_namespace.map(|(_, warehouse)| warehouse.put.name.clone()).collect();
        if let Some(credential) = self.credentials.get_mut(key)
            && let Supplied::Issued { why, expires_at } = credential.supply(&server.client, &own, now).await?
        {
            return Ok(Some(Event::Issued { key: key.clone(), why, expires_at }));
        }
        Ok(None)
    }
}
