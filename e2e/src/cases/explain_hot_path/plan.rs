//! A plan as `EXPLAIN (FORMAT JSON)` prints it, and what is wrong with it. Pure.

use serde_json::Value;

use super::statements::Statement;

/// One plan.
pub(super) struct Plan(Value);

impl Plan {
    /// Takes the whole answer of EXPLAIN.
    pub(super) fn new(json: Value) -> Self {
        Self(json)
    }

    /// Tables that are read from end to end (but for `feed`, which has one row), and indexes that are not used as they must be.
    pub(super) fn complaints(&self, statement: &Statement) -> Vec<String> {
        let nodes = self.nodes();
        let whole = nodes.iter().filter(|node| text(node, "Node Type") == "Seq Scan");
        let whole = whole.filter(|node| text(node, "Relation Name") != "feed");
        let mut complaints: Vec<_> =
            whole.map(|node| format!("reads all of {}", text(node, "Relation Name"))).collect();
        for (index, columns) in statement.indexes {
            let uses: Vec<_> = nodes.iter().filter(|node| text(node, "Index Name") == *index).collect();
            if uses.is_empty() {
                complaints.push(format!("does not use {index}"));
            }
            let conditions = uses.iter().map(|node| text(node, "Index Cond"));
            complaints.extend(conditions.filter_map(|condition| {
                let missing = columns.iter().find(|column| !words(condition).any(|word| word == **column))?;
                Some(format!("uses {index} without {missing}: {condition:?}"))
            }));
        }
        complaints
    }

    /// True if it reads an index of this name.
    pub(super) fn uses(&self, index: &str) -> bool {
        self.nodes().iter().any(|node| text(node, "Index Name") == index)
    }

    /// All nodes, from the root down.
    fn nodes(&self) -> Vec<&Value> {
        let mut open: Vec<&Value> = self.0.as_array().into_iter().flatten().map(|one| &one["Plan"]).collect();
        let mut nodes = Vec::new();
        while let Some(node) = open.pop() {
            nodes.push(node);
            open.extend(node["Plans"].as_array().into_iter().flatten());
        }
        nodes
    }
}

fn text<'a>(node: &'a Value, key: &str) -> &'a str {
    node[key].as_str().unwrap_or_default()
}

fn words(condition: &str) -> impl Iterator<Item = &str> {
    condition.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const STATEMENT: Statement = Statement { name: "x", sql: "", arguments: "", indexes: &[("t_pkey", &["a", "b"])] };

    fn complaints(node: &Value) -> Vec<String> {
        Plan::new(json!([{"Plan": {"Node Type": "Limit", "Plans": [node]}}])).complaints(&STATEMENT)
    }

    #[test]
    fn a_probe_by_all_columns_is_right() {
        assert!(
            complaints(
                &json!({"Node Type": "Index Scan", "Index Name": "t_pkey", "Index Cond": "((a = $1) AND (b <= $2))"})
            )
            .is_empty()
        );
    }

    #[test]
    fn a_whole_table_another_index_and_half_a_condition_are_wrong() {
        let all = complaints(&json!({"Node Type": "Seq Scan", "Relation Name": "t"}));
        assert_eq!(all, ["reads all of t", "does not use t_pkey"]);
        let half =
            complaints(&json!({"Node Type": "Index Only Scan", "Index Name": "t_pkey", "Index Cond": "(a = ab)"}));
        assert_eq!(half, ["uses t_pkey without b: \"(a = ab)\""]);
    }
}
