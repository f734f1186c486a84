//! iceberg-go sends `null` for members that are not set, and a plus in a path as it is.

use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::{Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::rest::schema;

pub(super) async fn replay(lake: &Lake) -> Outcome {
    let (rest, namespaces) = (&lake.rest, format!("{}/namespaces", lake.prefix));
    rest.post(&namespaces, &json!({"namespace": ["go"], "properties": null})).await?;
    let properties = format!("{namespaces}/go/properties");
    let set = rest.post(&properties, &json!({"removals": null, "updates": {"owner": "me"}})).await?;
    check(set["updated"] == json!(["owner"]), || format!("an update with null removals is answered {set}"))?;
    let removed = rest.post(&properties, &json!({"removals": ["owner"], "updates": null})).await?;
    check(removed["removed"] == json!(["owner"]), || format!("a removal with null updates is answered {removed}"))?;

    for name in ["t", "c+d", "c d"] {
        let body = json!({"name": name, "schema": schema(), "partition-spec": null, "write-order": null,
            "stage-create": false, "properties": null});
        rest.post(&format!("{namespaces}/go/tables"), &body).await?;
    }
    let commit = json!({"identifier": {"namespace": ["go"], "name": "t"}, "requirements": null,
        "updates": [{"action": "set-properties", "updates": {"owner": "me"}}]});
    rest.post(&format!("{namespaces}/go/tables/t"), &commit).await?;

    // Both names exist: the plus means itself.
    let dropped = rest.send(Method::DELETE, &format!("{namespaces}/go/tables/c+d"), &Value::Null).await?;
    check(dropped.status == 204, || format!("a drop of c+d is answered {}", dropped.says()))?;
    let left = rest.get(&format!("{namespaces}/go/tables")).await?["identifiers"].to_string();
    check(left.contains("c d") && !left.contains("c+d"), || format!("after a drop of c+d the tables are {left}"))
}
