//! `spark-defaults.conf`, which Spark reads from the folder that `SPARK_CONF_DIR` names, or by `--properties-file`.

use super::Access;

/// Spark has Iceberg's procedures and its own words for branches, tags and partitions only with these.
const EXTENSIONS: &str = "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions\n";
const CATALOG: &str = "org.apache.iceberg.spark.SparkCatalog";

/// A catalog a warehouse, of its name. Java's properties take all characters that occur here as they are. Storage needs
/// no word: `loadTable` says where it is, and the client picks what reads it by the location's scheme.
pub(super) fn properties(access: &Access<'_>) -> String {
    let Access { warehouses, uri, bearer } = access;
    let mut properties = String::from(EXTENSIONS);
    for name in warehouses {
        let lines = [
            ("", CATALOG),
            (".type", "rest"),
            (".uri", uri),
            (".warehouse", name),
            (".rest.auth.type", "oauth2"),
            (".token", bearer.expose()),
            // Else the client would want to exchange it for another one after an hour.
            (".token-refresh-enabled", "false"),
        ];
        properties.extend(lines.map(|(key, value)| format!("spark.sql.catalog.{name}{key}={value}\n")));
    }
    properties
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog_api::BearerToken;

    #[test]
    fn a_catalog_has_the_name_of_its_warehouse() {
        let bearer = BearerToken::generate().unwrap();
        let access = Access { warehouses: vec!["my-lake"], uri: "https://[::1]:8181", bearer: &bearer };
        let expected = format!(
            "spark.sql.extensions=org.apache.iceberg.spark.extensions.IcebergSparkSessionExtensions\n\
             spark.sql.catalog.my-lake=org.apache.iceberg.spark.SparkCatalog\n\
             spark.sql.catalog.my-lake.type=rest\n\
             spark.sql.catalog.my-lake.uri=https://[::1]:8181\n\
             spark.sql.catalog.my-lake.warehouse=my-lake\n\
             spark.sql.catalog.my-lake.rest.auth.type=oauth2\n\
             spark.sql.catalog.my-lake.token={}\n\
             spark.sql.catalog.my-lake.token-refresh-enabled=false\n",
            bearer.expose()
        );
        assert_eq!(properties(&access), expected);
    }
}
