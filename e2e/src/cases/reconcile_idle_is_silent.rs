//! An operator that has nothing to do writes nothing.

use std::time::Duration;

use tokio::time::sleep;

use crate::failure::{Outcome, check};
use crate::lab::Lab;
use crate::stage::{Values, play};

const SILENCE: Duration = Duration::from_secs(120);
/// For what follows the last condition: Events, the first statistics of the indexes.
const SETTLES: Duration = Duration::from_secs(10);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_idle_is_silent", Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        sleep(SETTLES).await;
        let user = format!("system:serviceaccount:{}:pangolin-operator", scene.namespace);
        let audit = scene.cluster().audit();
        let begin = audit.now()?;
        sleep(SILENCE).await;
        let writes = audit.writes_since(begin)?;
        let own = writes.iter().filter(|write| write.user == user);
        let (renewals, others): (Vec<_>, Vec<_>) = own.partition(|write| write.resource == "leases");
        check(!renewals.is_empty(), || {
            "the audit log has no renewal of the Lease: it is not the right log".to_owned()
        })?;
        check(others.is_empty(), || format!("an idle operator wrote {others:?}"))?;
        Ok(format!("in {} s {} renewals of the Lease, and nothing else", SILENCE.as_secs(), renewals.len()))
    })
    .await
}
