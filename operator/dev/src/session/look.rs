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
        // Credentials first: a storage that hangs holds up a warehouse for a while.
        let keys: Vec<_> = self.credentials.keys().chain(self.warehouses.keys()).cloned().collect();
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
        if let Some(credential) = self.credentials.get_mut(key)
            && let Supplied::Issued { why, expires_at } = credential.supply(&server.client, now).await?
        {
            return Ok(Some(Event::Issued { key: key.clone(), why, expires_at }));
        }
        Ok(None)
    }
}
