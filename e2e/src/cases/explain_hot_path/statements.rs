//! The statements as the store sends them, and by which columns of which index each must find its rows.

use store_postgres::sql;

/// One statement.
pub(in crate::cases) struct Statement {
    /// For messages, and as the name of the prepared statement.
    pub(in crate::cases) name: &'static str,
    /// As the store sends it.
    pub(in crate::cases) sql: &'static str,
    /// Values that are there.
    pub(in crate::cases) arguments: &'static str,
    /// Each index with the columns that its condition must use: fewer would read rows that are not wanted.
    pub(in crate::cases) indexes: &'static [(&'static str, &'static [&'static str])],
}

const KEY: &[&str] = &["branch_id", "ns", "class", "name"];
/// Of the newest version of a key.
pub(super) const VERSION: &[&str] = &["branch_id", "ns", "class", "name", "seq"];
const HEAD: &[&str] = &["branch_id"];

/// All of them; loadTable, list and commit first.
pub(super) const ALL: &[Statement] = &[
    Statement {
        name: "access",
        sql: sql::ACCESS,
        arguments: "'0000000000000777', 'w77', 'main'",
        indexes: &[
            ("active_tokens_pkey", &["token_id"]),
            ("warehouses_name", &["name"]),
            ("branches_name", &["warehouse_id", "name"]),
        ],
    },
    Statement {
        name: "look_many",
        sql: sql::LOOK_MANY,
        arguments: "'{501, 1}', '{9223372036854775807, 1000}', '{n7, n7}', '{1, 1}', '{t77, t77}'",
        indexes: &[("versions_pkey", VERSION)],
    },
    Statement {
        name: "look_main",
        sql: sql::LOOK_MAIN,
        arguments: "1, 9223372036854775807, 'n7', 1::smallint, 't77'",
        indexes: &[("versions_pkey", VERSION)],
    },
    Statement {
        name: "list_main",
        sql: sql::LIST_MAIN,
        arguments: "1, 'n7', 1::smallint, 't5', '{2}', 100, 0",
        indexes: &[("names_pkey", KEY)],
    },
    Statement {
        name: "list",
        sql: sql::LIST,
        arguments: "'{501, 1}', '{9223372036854775807, 1000}', 'n7', 1::smallint, 't5', '{2}', 101",
        indexes: &[("names_pkey", KEY), ("versions_pkey", VERSION)],
    },
    Statement { name: "commit_lock", sql: sql::COMMIT_LOCK, arguments: "1", indexes: &[("branches_pkey", &["id"])] },
    Statement {
        name: "commit_read",
        sql: sql::COMMIT_READ,
        arguments: "1, '{n7, n8}', '{1, 1}', '{t77, t78}', '{1}', '{9223372036854775807}'",
        indexes: &[("branches_pkey", &["id"]), ("commits_pkey", HEAD), ("names_pkey", KEY), ("versions_pkey", VERSION)],
    },
    Statement {
        name: "commit_write",
        sql: sql::COMMIT_WRITE,
        arguments: "1, '{900000}', '{00000000-0000-7000-8000-000000000000}', '{null}', '{a}', '{\"\"}', '{2026-01-01}',
            '{}', '{}', '{}', '{}', '{}', '{}',
            '{900000}', '{n7}', '{1}', '{t77}', '{1}', '{2}', '{00000000-0000-4000-8000-000000000000}', '{x}', '{null}',
            '{null}', '{null}', '{null}'",
        indexes: &[],
    },
    Statement {
        name: "commit_known",
        sql: sql::COMMIT_KNOWN,
        arguments: "'{00000000-0000-7000-8000-000000000000}'",
        indexes: &[("commits_id", &["id"])],
    },
    Statement {
        name: "locations_read",
        sql: sql::LOCATIONS_READ,
        arguments: "'{s3://bucket/1/, s3://bucket/1/7/}', '{00000000-0000-4000-8000-000000000000}', '{s3://bucket/1/7/}', '{s3://bucket/1/70}'",
        indexes: &[("locations_pkey", &["location"]), ("locations_content", &["content_id"])],
    },
    Statement {
        name: "locations_write",
        sql: sql::LOCATIONS_WRITE,
        arguments: "1, '{00000000-0000-4000-8000-000000000000}', '{s3://bucket/1/7/new/}', '{00000000-0000-4000-8000-000000000000}'",
        indexes: &[("locations_content", &["content_id"])],
    },
    Statement {
        name: "log",
        sql: sql::LOG,
        arguments: "'{501, 1}', '{9223372036854775807, 1000}', 100, 0",
        indexes: &[("commits_pkey", &["branch_id", "seq"])],
    },
    Statement {
        name: "named_metadata",
        sql: sql::NAMED_METADATA,
        arguments: "md5('7 77')::uuid, '{s3://bucket/7/77/1}'",
        indexes: &[("versions_content", &["content_id"])],
    },
    Statement {
        name: "shown",
        sql: sql::SHOWN,
        arguments: "77, 10, '2020-01-01'",
        indexes: &[("tags_pin", &["branch_id"]), ("commits_pkey", HEAD)],
    },
    Statement {
        name: "seen",
        sql: sql::SEEN,
        arguments: "md5('7 77')::uuid, '{1, 501}', '{9223372036854775807, 5}', '{9223372036854775807, 9}'",
        indexes: &[("versions_content", &["content_id"]), ("versions_pkey", VERSION)],
    },
    Statement {
        name: "take_purge",
        sql: sql::TAKE,
        arguments: "15000000, '00000000-0000-4000-8000-000000000000'",
        indexes: &[("purges_due", &["due_at"]), ("purges_pkey", &["id"])],
    },
    Statement {
        name: "reach",
        sql: sql::REACH,
        arguments: "md5('7 77')::uuid",
        indexes: &[("versions_content", &["content_id"]), ("commits_pkey", &["branch_id", "seq"])],
    },
    Statement {
        name: "metadata_files",
        sql: sql::METADATA_FILES,
        arguments: "md5('7 77')::uuid, 's3://bucket/7/', 500",
        indexes: &[("versions_content", &["content_id"])],
    },
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
    Statement {
        name: "delete_expired",
        sql: sql::DELETE_EXPIRED,
        arguments: "now(), 500",
        indexes: &[("active_tokens_expiry", &["expires_at"])],
    },
    Statement { name: "follow", sql: sql::FOLLOW, arguments: "99990, 1000", indexes: &[("changes_pkey", &["id"])] },
];
