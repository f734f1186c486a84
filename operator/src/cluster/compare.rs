//! Whether an object is as it is wanted: every field that is wanted is there with that value.
//!
//! What others add is their business, as in server-side apply; what they change in a field that we set is drift. Fields
//! that are not wanted any more are not found here but by the annotation with the hash of what was applied.

use serde_json::{Map, Value};

/// True if `live` has all that `wanted` says.
pub(super) fn holds(wanted: &Value, live: &Value) -> bool {
    match (wanted, live) {
        (Value::Null, _) => true,
        (Value::Object(wanted), Value::Object(live)) => fields(wanted, live),
        (Value::Array(wanted), Value::Array(live)) => list(wanted, live),
        (Value::String(wanted), Value::String(live)) => wanted == live || same_quantity(wanted, live),
        (wanted, live) => wanted == live,
    }
}

/// The API server drops what is empty, so an empty field that is wanted may be missing.
fn fields(wanted: &Map<String, Value>, live: &Map<String, Value>) -> bool {
    wanted.iter().all(|(key, wanted)| live.get(key).map_or_else(|| empty(wanted), |live| holds(wanted, live)))
}

fn empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(fields) => fields.values().all(empty),
        Value::Array(items) => items.is_empty(),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Lists whose entries have names are merged by them, so others may add entries under other names; those under ours are
/// all ours. All other lists are whole.
fn list(wanted: &[Value], live: &[Value]) -> bool {
    if !is_named(wanted) || !is_named(live) {
        return wanted.len() == live.len() && wanted.iter().zip(live).all(|(wanted, live)| holds(wanted, live));
    }
    let ours = live.iter().filter(|live| is_ours(wanted, live)).count();
    ours == wanted.len() && wanted.iter().all(|wanted| live.iter().any(|live| holds(wanted, live)))
}

fn is_named(entries: &[Value]) -> bool {
    !entries.is_empty() && entries.iter().all(|entry| entry.get("name").is_some())
}

/// Owner references have a kind beside their name.
fn is_ours(wanted: &[Value], entry: &Value) -> bool {
    wanted.iter().any(|wanted| ["kind", "name"].iter().all(|field| wanted.get(field) == entry.get(field)))
}

/// What `live` has to become by a merge patch, which replaces lists as a whole: `wanted`, and in lists of names beside
/// it the entries of others. Server-side apply merges by keys, such as a port's number, and does not take away an entry
/// whose key somebody has changed.
pub(super) fn whole(wanted: &Value, live: &Value) -> Value {
    match (wanted, live) {
        (Value::Object(wanted), Value::Object(live)) => {
            let field =
                |(key, wanted): (&String, &Value)| (key.clone(), whole(wanted, live.get(key).unwrap_or(&Value::Null)));
            Value::Object(wanted.iter().map(field).collect())
        }
        (Value::Array(ours), Value::Array(live)) if is_named(ours) && is_named(live) => {
            let others = live.iter().filter(|entry| !is_ours(ours, entry));
            Value::Array(ours.iter().chain(others).cloned().collect())
        }
        (wanted, _) => wanted.clone(),
    }
}

/// `1024Mi` comes back as `1Gi`.
fn same_quantity(left: &str, right: &str) -> bool {
    matches!((quantity(left), quantity(right)), (Some(left), Some(right)) if left == right)
}

/// A quantity in thousandths. Those with a fraction finer than that, or an exponent, are compared as texts.
fn quantity(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit: i128 = match unit {
        "m" => 1,
        "" => 1_000,
        "k" => 1_000_i128.pow(2),
        "M" => 1_000_i128.pow(3),
        "G" => 1_000_i128.pow(4),
        "T" => 1_000_i128.pow(5),
        "Ki" => 1_000 << 10,
        "Mi" => 1_000 << 20,
        "Gi" => 1_000 << 30,
        "Ti" => 1_000 << 40,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let product = digits.checked_mul(unit)?;
    (product % scale == 0).then(|| product / scale)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_others_add_is_their_business_and_what_they_change_is_drift() {
        let wanted = json!({"spec": {"replicas": 2, "selector": {"app": "x"}}});
        let mut live = json!({"spec": {"replicas": 2, "selector": {"app": "x"}, "paused": true}, "status": {}});
        assert!(holds(&wanted, &live));
        live["spec"]["replicas"] = json!(3);
        assert!(!holds(&wanted, &live));
    }

    #[test]
    fn a_missing_field_is_drift_unless_what_is_wanted_is_empty() {
        assert!(!holds(&json!({"a": "x"}), &json!({})));
        assert!(!holds(&json!({"a": false}), &json!({})));
        assert!(holds(&json!({"a": {}, "b": [], "c": {"d": null}}), &json!({})));
    }

    #[test]
    fn lists_of_names_may_grow_and_others_are_whole() {
        let containers = json!({"containers": [{"name": "server", "image": "a"}]});
        assert!(holds(
            &containers,
            &json!({"containers": [{"name": "mesh"}, {"name": "server", "image": "a", "tty": true}]})
        ));
        assert!(!holds(&containers, &json!({"containers": [{"name": "server", "image": "b"}]})));
        let rules = json!({"ingress": [{"ports": [{"port": 1}]}]});
        assert!(!holds(&rules, &json!({"ingress": [{"ports": [{"port": 1}]}, {}]})));
        assert!(!holds(&json!({"args": ["a", "b"]}), &json!({"args": ["b", "a"]})));
    }

    #[test]
    fn an_entry_of_our_name_under_another_key_is_drift_and_goes() {
        let wanted = json!({"spec": {"ports": [{"name": "catalog", "port": 8181}]}});
        let port = |name: &str, port: u16| json!({"name": name, "port": port, "nodePort": 30000});
        let live = json!({"spec": {"clusterIP": "x", "ports": [port("catalog", 80), port("catalog", 8181)]}});
        assert!(!holds(&wanted, &live));
        assert_eq!(whole(&wanted, &live), wanted);
        let grown = json!({"spec": {"ports": [port("catalog", 80), port("mesh", 1)]}});
        assert_eq!(whole(&wanted, &grown)["spec"]["ports"], json!([wanted["spec"]["ports"][0], port("mesh", 1)]));
        assert_eq!(whole(&wanted, &json!({})), wanted);
    }

    #[test]
    fn an_owner_of_our_name_and_another_kind_is_not_ours() {
        let owners = |kinds: &[&str]| {
            let owner = |kind: &&str| json!({"kind": kind, "name": "lake"});
            json!({"ownerReferences": kinds.iter().map(owner).collect::<Vec<_>>()})
        };
        assert!(holds(&owners(&["Catalog"]), &owners(&["Catalog", "Bundle"])));
        assert_eq!(whole(&owners(&["Catalog"]), &owners(&["Bundle"])), owners(&["Catalog", "Bundle"]));
    }

    #[test]
    fn a_rule_that_was_added_to_an_empty_list_is_drift() {
        assert!(!holds(&json!({"ingress": []}), &json!({"ingress": [{}]})));
        assert!(!holds(&json!({"items": []}), &json!({"items": [{"name": "x"}]})));
    }

    #[test]
    fn quantities_are_the_same_in_each_form() {
        for (left, right) in [("1024Mi", "1Gi"), ("0.5", "500m"), ("1000m", "1"), ("1.5Gi", "1536Mi"), ("1000k", "1M")]
        {
            assert!(holds(&json!(left), &json!(right)), "{left} {right}");
        }
        for (left, right) in [("1Gi", "1G"), ("500m", "0.6"), ("", "0"), ("1x", "1"), ("v1", "v2"), ("0.0001", "0")] {
            assert!(!holds(&json!(left), &json!(right)), "{left} {right}");
        }
    }
}
