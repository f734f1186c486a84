//! An account that may do nothing, so that nobody's rights given to `default` become the server's.

use k8s_openapi::api::core::v1::ServiceAccount;

use super::labels::named;
use crate::catalog::Deployable;

pub(super) fn service_account(catalog: &Deployable) -> ServiceAccount {
    ServiceAccount {
        metadata: named(&catalog.owner.name),
        automount_service_account_token: Some(false),
        ..ServiceAccount::default()
    }
}
