//! The server's answers against the OpenAPI document of the protocol: those that our own tests get, and those that
//! schemathesis provokes. The document, and what is read otherwise than it is written, is `catalog-server/schema`.

mod schemathesis;
mod suite;

use super::store::{self, Store};
use crate::failure::{Attempt, Outcome};
use crate::lab::Lab;

const CASE: &str = "contract_schema";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let folder = lab.folder(CASE)?;
    let pairs = suite::run(lab, &folder).await?;
    let mut said = vec![format!("{pairs} operations and statuses validated")];
    for store in Store::BOTH {
        let lake = store::lake(lab, CASE, store).await?;
        let cases = schemathesis::run(lab, &lake, &folder).await.attempt(format!("schemathesis on {store:?}"))?;
        said.push(format!("schemathesis on {store:?}: {cases}"));
    }
    Ok(said.join("; "))
}
