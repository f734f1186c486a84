//! A writer as engines have it: load, commit, and after a lost answer look before trying again.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::Value;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::append;
use super::ledger::{Entry, Verdict};
use super::rest::{Answer, Rest};
use crate::chance::Chance;
use crate::failure::{Failure, Outcome};

/// The longest that a writer waits for a server that is down, restarting or cut off.
const PATIENCE: Duration = Duration::from_secs(60);

/// One writer.
pub(crate) struct Writer {
    rest: Rest,
    chance: Chance,
    /// All that it was told.
    pub(crate) entries: Vec<Entry>,
}

impl Writer {
    /// A writer that draws its ids from `chance`.
    pub(crate) fn new(rest: Rest, chance: Chance) -> Self {
        Self { rest, chance, entries: Vec::new() }
    }

    /// Appends once to one of the tables, however many attempts that takes. `tables` are paths below the server's address.
    pub(crate) async fn append_once(&mut self, tables: &[String]) -> Outcome {
        let choice = self.chance.below(tables.len() as u64);
        let table = usize::try_from(choice)
            .ok()
            .and_then(|choice| tables.get(choice))
            .ok_or_else(|| Failure::new("there is no table"))?;
        let wanted = self.chance.uuid();
        let mut open = Vec::new();
        let deadline = Instant::now() + PATIENCE;
        while Instant::now() < deadline {
            let Some(loaded) = self.load(table).await? else {
                sleep(Duration::from_millis(20)).await;
                continue;
            };
            if append::attempts(&loaded["metadata"]).iter().any(|attempt| open.contains(attempt)) {
                return Ok(());
            }
            let attempt = self.chance.uuid();
            let verdict = self.commit(table, &loaded, attempt).await?;
            self.entries.push(Entry { wanted, attempt, verdict });
            match verdict {
                Verdict::Acknowledged => return Ok(()),
                Verdict::Refused => {}
                Verdict::Unknown => open.push(attempt),
            }
        }
        Err(Failure::new(format!("a commit to {table} did not get through in {} s", PATIENCE.as_secs())))
    }

    /// The table as it is now; nothing if the server cannot tell at the moment.
    async fn load(&self, table: &str) -> Outcome<Option<Value>> {
        match self.rest.send(Method::GET, table, &Value::Null).await {
            Ok(answer) if answer.status.is_server_error() || answer.status == StatusCode::TOO_MANY_REQUESTS => Ok(None),
            Ok(answer) => answer.success(&format!("load {table}")).map(Some),
            Err(_no_answer) => Ok(None),
        }
    }

    async fn commit(&self, table: &str, loaded: &Value, attempt: Uuid) -> Outcome<Verdict> {
        match self.rest.send(Method::POST, table, &append::commit(loaded, attempt)).await {
            Ok(answer) => judge(&answer),
            Err(_no_answer) => Ok(Verdict::Unknown),
        }
    }
}

/// What an answer to a commit promises (Iceberg REST, updateTable). An answer that the specification does not allow here
/// is a failure of the case.
pub(crate) fn judge(answer: &Answer) -> Outcome<Verdict> {
    match (answer.status.as_u16(), answer.error_type()) {
        (200, _) => Ok(Verdict::Acknowledged),
        (409, "CommitFailedException") | (429 | 503, _) => Ok(Verdict::Refused),
        (500 | 502 | 504, "CommitStateUnknownException") => Ok(Verdict::Unknown),
        _ => Err(Failure::new(format!("a commit was answered by {}", answer.says()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, kind: &str) -> Answer {
        let status = StatusCode::from_u16(status).expect("a status");
        Answer { status, body: json!({"error": {"type": kind, "message": "m", "code": status.as_u16()}}) }
    }

    #[test]
    fn each_answer_to_a_commit_promises_one_thing() {
        for (status, kind, verdict) in [
            (200, "", Some(Verdict::Acknowledged)),
            (409, "CommitFailedException", Some(Verdict::Refused)),
            (503, "ServiceUnavailableException", Some(Verdict::Refused)),
            (500, "CommitStateUnknownException", Some(Verdict::Unknown)),
            (500, "InternalServerError", None),
            (400, "BadRequestException", None),
            (409, "AlreadyExistsException", None),
        ] {
            assert_eq!(judge(&answer(status, kind)).ok(), verdict, "{status} {kind}");
        }
    }
}
