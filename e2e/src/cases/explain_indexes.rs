//! The two indexes of the mission, `commits.parent_id` and `active_tokens.user_id`: the queries that they are for have
//! good plans with them, and none without.

use store_postgres::sql;

use super::explain_hot_path::{Statement, execute, faults, filled};
use crate::failure::{Outcome, check};
use crate::lab::Lab;

const CASE: &str = "explain_indexes";

/// Each index with its queries.
const INDEXES: &[(&str, &[Statement])] = &[
    (
        "commits_parent",
        &[Statement {
            name: "children_of_a_commit",
            sql: sql::CHILDREN,
            arguments: "1, md5('4711')::uuid, '00000000-0000-0000-0000-000000000000', 100, 0",
            indexes: &[("commits_parent", &["parent_id"])],
        }],
    ),
    (
        "active_tokens_user",
        &[
            Statement {
                name: "list_active_of_user",
                sql: sql::LIST_ACTIVE_OF_USER,
                arguments: "'', '-infinity', '', now(), 100, 0, 'token:n/77'",
                indexes: &[("active_tokens_user", &["user_id"])],
            },
            Statement {
                name: "list_active",
                sql: sql::LIST_ACTIVE,
                arguments: "'token:n/77', '-infinity', '', now(), 100, 0",
                indexes: &[("active_tokens_user", &["user_id"])],
            },
        ],
    ),
];

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut connection = filled(lab, CASE).await?;
    let mut told = Vec::new();
    for (index, statements) in INDEXES {
        let wrong = faults(&mut connection, statements).await?;
        check(wrong.is_empty(), || format!("faults in plans:\n  {}", wrong.join("\n  ")))?;
        // Who finds no fault without the index would find none at all.
        execute(&mut connection, format!("DROP INDEX {index}")).await?;
        for statement in *statements {
            let without = faults(&mut connection, std::slice::from_ref(statement)).await?;
            check(!without.is_empty(), || format!("{} does not need {index}", statement.name))?;
        }
        told.push(format!("{index} by {} statements", statements.len()));
    }
    Ok(format!("{}: good plans with them, none without", told.join(", ")))
}
