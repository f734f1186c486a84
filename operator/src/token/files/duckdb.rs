//! `duckdb.sql`, for `.read` or `duckdb -init`. DuckDB fetches the extension that it needs by itself, once.
//!
//! Without `ACCESS_DELEGATION_MODE 'none'` DuckDB asks for vended credentials and, as there are none, makes a secret
//! without keys for each table's location, which takes precedence over the user's own `CREATE SECRET (TYPE s3)`.

use super::Access;

/// Names that DuckDB has given to databases of its own: attached under one of them, a catalog is refused, or the process
/// breaks.
const TAKEN: [&str; 4] = ["main", "memory", "system", "temp"];

/// A database a warehouse, of its name. All of it can be run again, with the next token: a database keeps the one that it
/// was attached with.
pub(super) fn statements(access: &Access<'_>) -> String {
    let Access { warehouses, uri, bearer } = access;
    let mut sql = format!("CREATE OR REPLACE SECRET pangolin (TYPE iceberg, TOKEN '{}');\n", bearer.expose());
    for name in warehouses {
        let database = database(name);
        sql.push_str(&format!(
            "ATTACH OR REPLACE '{name}' AS \"{database}\" (TYPE iceberg, ENDPOINT '{uri}', SECRET pangolin, \
             ACCESS_DELEGATION_MODE 'none');\n"
        ));
    }
    sql
}

fn database(warehouse: &str) -> String {
    if TAKEN.contains(&warehouse) { format!("{warehouse}-warehouse") } else { warehouse.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog_api::BearerToken;

    #[test]
    fn a_database_has_the_name_of_its_warehouse_unless_duckdb_has_taken_it() {
        let bearer = BearerToken::generate().unwrap();
        let access = Access { warehouses: vec!["my-lake", "temp"], uri: "http://127.0.0.1:8181", bearer: &bearer };
        let expected = format!(
            "CREATE OR REPLACE SECRET pangolin (TYPE iceberg, TOKEN '{}');\n\
             ATTACH OR REPLACE 'my-lake' AS \"my-lake\" \
             (TYPE iceberg, ENDPOINT 'http://127.0.0.1:8181', SECRET pangolin, ACCESS_DELEGATION_MODE 'none');\n\
             ATTACH OR REPLACE 'temp' AS \"temp-warehouse\" \
             (TYPE iceberg, ENDPOINT 'http://127.0.0.1:8181', SECRET pangolin, ACCESS_DELEGATION_MODE 'none');\n",
            bearer.expose()
        );
        assert_eq!(statements(&access), expected);
    }
}
