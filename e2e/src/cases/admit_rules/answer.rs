//! What an apiserver says about a resource, as fields and messages.

use reqwest::StatusCode;
use serde_json::Value;

/// A field and what is wrong with it.
pub(super) type Complaint = (String, String);

/// Said next to other errors, about rules that were not asked.
const NOT_ASKED: &str = "some validation rules were not checked because the object was invalid";

/// All complaints of an answer; none if the resource was accepted.
pub(super) fn complaints(status: StatusCode, answer: &Value) -> Vec<Complaint> {
    if status.is_success() {
        return Vec::new();
    }
    let causes = answer["details"]["causes"].as_array();
    let mut all: Vec<Complaint> = causes.into_iter().flatten().map(cause).collect();
    all.retain(|(_, message)| !message.contains(NOT_ASKED));
    if all.is_empty() {
        all = unknown_fields(answer["message"].as_str().unwrap_or_default());
    }
    if all.is_empty() { vec![(String::new(), format!("{status}: {answer}"))] } else { all }
}

fn cause(cause: &Value) -> Complaint {
    let text = |name: &str| cause[name].as_str().unwrap_or_default().to_owned();
    // The resource as a whole has no path, which Go prints so.
    let field = text("field");
    (if field == "<nil>" { String::new() } else { field }, text("message"))
}

/// The strict decoder names fields in one sentence: `unknown field "spec.a", unknown field "spec.b"`.
fn unknown_fields(message: &str) -> Vec<Complaint> {
    let parts = message.split("unknown field \"").skip(1);
    parts
        .filter_map(|part| part.split_once('"'))
        .map(|(field, _)| (field.to_owned(), format!("unknown field {field:?}")))
        .collect()
}

/// True if every complaint was expected, and the other way round.
pub(super) fn fits(expected: &[(&str, &str)], complaints: &[Complaint]) -> bool {
    let mut open = expected.to_vec();
    open.len() == complaints.len()
        && complaints.iter().all(|(field, message)| {
            let at = open.iter().position(|(wanted, part)| wanted == field && message.contains(part));
            at.map(|at| open.remove(at)).is_some()
        })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn causes_and_unknown_fields_are_complaints() {
        let answer = json!({"details": {"causes": [
            {"field": "spec.a", "message": "Required value"},
            {"field": "<nil>", "message": format!("Invalid value: null: {NOT_ASKED}")},
        ]}});
        let said = complaints(StatusCode::UNPROCESSABLE_ENTITY, &answer);
        assert_eq!(said, [("spec.a".to_owned(), "Required value".to_owned())]);
        let answer = json!({"message": "strict decoding error: unknown field \"a\", unknown field \"spec.b\""});
        let said = complaints(StatusCode::BAD_REQUEST, &answer);
        assert!(fits(&[("spec.b", "unknown"), ("a", "unknown")], &said));
        assert!(!fits(&[("a", "unknown")], &said));
    }

    #[test]
    fn a_refusal_without_causes_is_one_complaint() {
        assert_eq!(complaints(StatusCode::NOT_FOUND, &json!({"message": "no"})).len(), 1);
        assert!(complaints(StatusCode::CREATED, &json!({})).is_empty());
    }
}
