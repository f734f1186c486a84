//! Work that one server does at a time.

use std::time::Duration;

use catalog_store::StoreError;
use tokio::time::sleep;

/// A server that dies holds its work up for as long.
pub(super) const LEASE: Duration = Duration::from_secs(15);
/// Between two renewals.
const RENEWAL: Duration = Duration::from_secs(5);

/// Renews a lease; ends when it is lost, or may be.
pub(super) async fn until_lost<F: Future<Output = Result<bool, StoreError>>>(renew: impl Fn() -> F) {
    let mut missed = 0;
    loop {
        sleep(RENEWAL).await;
        match renew().await {
            Ok(true) => missed = 0,
            Ok(false) => return,
            Err(_) if missed == 0 => missed += 1,
            Err(_) => return,
        }
    }
}
