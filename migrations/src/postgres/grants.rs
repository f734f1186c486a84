//! What the role of the servers may do, where the schema was made by another role.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::Schema;
use crate::MigrationError;

/// Rows of all tables; none of the tables themselves, and no row of what tells the schema's version.
const HAS_ALL: &str = "
    SELECT has_schema_privilege($2, $1, 'USAGE') AND coalesce(bool_and(
        has_table_privilege($2, c.oid, 'SELECT')
        AND (c.relname = '_sqlx_migrations'
             OR has_table_privilege($2, c.oid, 'INSERT')
                AND has_table_privilege($2, c.oid, 'UPDATE')
                AND has_table_privilege($2, c.oid, 'DELETE'))), false)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = $1 AND c.relkind = 'r'";

/// Whether `role` can do its work, however it came to that.
pub(super) async fn suffice(
    connection: &mut PgConnection,
    schema: &Schema,
    role: &str,
) -> Result<bool, MigrationError> {
    sqlx::query_scalar(HAS_ALL)
        .bind(schema.as_str())
        .bind(role)
        .fetch_one(connection)
        .await
        .map_err(MigrationError::Grant)
}

/// Lets `role` do its work on every table that there is now.
pub(super) async fn give(connection: &mut PgConnection, schema: &Schema, role: &str) -> Result<(), MigrationError> {
    let role: String = sqlx::query_scalar("SELECT quote_ident($1)")
        .bind(role)
        .fetch_one(&mut *connection)
        .await
        .map_err(MigrationError::Grant)?;
    let schema = schema.quoted();
    let statements = format!(
        "GRANT USAGE ON SCHEMA {schema} TO {role};
         GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role};
         REVOKE INSERT, UPDATE, DELETE ON {schema}._sqlx_migrations FROM {role};"
    );
    // Several statements in one message are one transaction.
    connection.execute(AssertSqlSafe(statements)).await.map(|_| ()).map_err(MigrationError::Grant)
}
