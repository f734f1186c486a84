//! The URL of a database, which is a secret.

use std::str::FromStr;

use sqlx::postgres::PgConnectOptions;

use crate::MigrationError;

/// The parameters that the driver knows. It writes the others into the log, and what looks like one can be the end of a
/// password with a `?` in it.
const PARAMETERS: [&str; 20] = [
    "sslmode",
    "ssl-mode",
    "sslrootcert",
    "ssl-root-cert",
    "ssl-ca",
    "sslcert",
    "ssl-cert",
    "sslkey",
    "ssl-key",
    "statement-cache-capacity",
    "host",
    "hostaddr",
    "port",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
    "options[",
    "options%5B",
];

/// Reads a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`.
///
/// # Errors
/// [`MigrationError::Url`], which does not quote the URL.
pub fn connect_options(url: &str) -> Result<PgConnectOptions, MigrationError> {
    // The parser of the driver takes any scheme; a URL of another system would fail much later, and less clearly.
    let ours = url.starts_with("postgres://") || url.starts_with("postgresql://");
    if !ours || !parameters(url).all(is_known) {
        return Err(MigrationError::Url);
    }
    PgConnectOptions::from_str(url).map_err(|_| MigrationError::Url)
}

fn parameters(url: &str) -> impl Iterator<Item = &str> {
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    query.split('&').filter(|one| !one.is_empty()).map(|one| one.split('=').next().unwrap_or_default())
}

fn is_known(parameter: &str) -> bool {
    PARAMETERS.iter().any(|known| match known.starts_with("options") && known.len() > "options".len() {
        true => parameter.starts_with(known),
        false => parameter == *known,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_parameters_are_taken() {
        for query in ["", "?sslmode=require", "?application_name=a&options[lock_timeout]=1s", "?options=-c%20a=b"] {
            assert!(connect_options(&format!("postgres://user:pw@host:5432/db{query}")).is_ok(), "{query}");
        }
    }

    #[test]
    fn a_password_with_a_question_mark_is_refused_before_the_driver_could_log_it() {
        for url in ["postgres://user:12?hunter2@host/db", "postgres://user@host/db?sslmod=require", "postgres://h?a&b"]
        {
            let error = connect_options(url).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }
}
