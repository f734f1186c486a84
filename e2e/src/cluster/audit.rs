//! The apiserver's log of who wrote what: names only, no content.

use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::place::Place;
use crate::failure::{Attempt, Outcome};

/// The log of one cluster.
pub(crate) struct Audit {
    log: PathBuf,
}

/// A request that changed something, or tried to.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Write {
    /// Who it was: `system:serviceaccount:NAMESPACE:NAME` for a pod.
    pub(crate) user: String,
    /// `create`, `patch`, …
    pub(crate) verb: String,
    /// The plural, with a subresource behind a slash.
    pub(crate) resource: String,
    /// Which one.
    pub(crate) name: String,
}

impl Audit {
    pub(super) fn of(place: &Place) -> Self {
        Self { log: place.file("audit.log") }
    }

    /// What the apiserver is to be told, before it starts: everything but reading.
    pub(super) fn flags(&self, place: &Place) -> Outcome<[(&'static str, String); 2]> {
        let policy = json!({
            "apiVersion": "audit.k8s.io/v1",
            "kind": "Policy",
            "omitStages": ["RequestReceived"],
            "rules": [{"level": "None", "verbs": ["get", "list", "watch"]}, {"level": "Metadata"}],
        });
        let file = place.file("audit-policy.json");
        fs::write(&file, policy.to_string()).attempt(format!("write {}", file.display()))?;
        Ok([("audit-policy-file", file.display().to_string()), ("audit-log-path", self.log.display().to_string())])
    }

    /// The place in the log where what comes now will stand, in bytes.
    pub(crate) fn now(&self) -> Outcome<u64> {
        Ok(fs::metadata(&self.log).attempt(format!("look at {}", self.log.display()))?.len())
    }

    /// The writes from a place in the log on.
    pub(crate) fn writes_since(&self, begin: u64) -> Outcome<Vec<Write>> {
        let says = || format!("read {}", self.log.display());
        let text = fs::read(&self.log).attempt(says())?;
        let begin = usize::try_from(begin).attempt(says())?;
        let lines = text.get(begin..).unwrap_or_default().split(|byte| *byte == b'\n');
        lines
            .filter(|line| !line.is_empty())
            .map(|line| Ok(write(&serde_json::from_slice(line).attempt(says())?)))
            .collect()
    }
}

fn write(event: &Value) -> Write {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let about = &event["objectRef"];
    let subresource = about["subresource"].as_str().map(|name| format!("/{name}")).unwrap_or_default();
    Write {
        user: text(&event["user"]["username"]),
        verb: text(&event["verb"]),
        resource: text(&about["resource"]) + &subresource,
        name: text(&about["name"]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_read_from_its_line() {
        let event = json!({
            "verb": "patch",
            "user": {"username": "system:serviceaccount:a:b"},
            "objectRef": {"resource": "tokens", "subresource": "status", "name": "analyst"},
        });
        let Write { user, verb, resource, name } = write(&event);
        assert_eq!([user, verb, resource, name], ["system:serviceaccount:a:b", "patch", "tokens/status", "analyst"]);
    }
}
