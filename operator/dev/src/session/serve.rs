//! The server is the Catalog's, with its settings.

use jiff::Timestamp;
use operator::catalog::ServerSettings;

use super::{Session, SessionError};
use crate::desired::Desired;
use crate::event::Event;
use crate::server::Server;
use crate::steps::Steps;

impl Session {
    /// Starts the server, or starts it anew if the Catalog is another one or has other settings.
    pub(super) async fn serve(
        &mut self,
        desired: &Desired,
        steps: &Steps,
        now: Timestamp,
    ) -> Result<Vec<Event>, SessionError> {
        let (Some(catalog), Some(settings)) = (&steps.catalog, &steps.server) else { return Ok(Vec::new()) };
        let mut events = Vec::new();
        if let Some(server) = &mut self.server {
            if server.catalog == catalog.uid && !restarts(&server.settings, settings) {
                server.settings = settings.clone();
                return Ok(events);
            }
            // What is taken out together with its Catalog is let go while there is a server to tell.
            let gone = self.gone(desired);
            events.extend(self.let_go(gone, now).await);
        }
        if let Some(server) = self.server.take() {
            server.stop().await;
            events.push(Event::Restarts);
        }
        self.warehouses.clear();
        self.credentials.clear();
        self.server = Some(Server::start(&self.state, &self.place, catalog, settings).await?);
        Ok(events)
    }
}

/// True if a server with the old settings can't just go on with the new ones.
fn restarts(old: &ServerSettings, new: &ServerSettings) -> bool {
    let ServerSettings { metadata_cache_bytes, log_level: _, allowed_endpoints, external_uri: _ } = old;
    *metadata_cache_bytes != new.metadata_cache_bytes || *allowed_endpoints != new.allowed_endpoints
}
