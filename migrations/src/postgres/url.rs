//! The URL of a database, which is a secret.

use std::str::FromStr;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;

use super::Endpoints;
use crate::MigrationError;

/// The parameters that the driver reads. It logs all others, and the end of a password that contains a `?` looks like
/// one.
const OF_DRIVER: [&str; 16] = [
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
    "hostaddr",
    "dbname",
    "user",
    "password",
    "application_name",
    "options",
];

/// Further parameters of libpq, none of which the driver can honour. Their names are never a part of a password.
const NOT_SUPPORTED: [&str; 31] = [
    "channel_binding",
    "client_encoding",
    "fallback_application_name",
    "gssdelegation",
    "gssencmode",
    "gsslib",
    "keepalives",
    "keepalives_count",
    "keepalives_idle",
    "keepalives_interval",
    "krbsrvname",
    "load_balance_hosts",
    "max_protocol_version",
    "min_protocol_version",
    "passfile",
    "replication",
    "require_auth",
    "requirepeer",
    "requiressl",
    "scram_client_key",
    "scram_server_key",
    "service",
    "ssl_max_protocol_version",
    "ssl_min_protocol_version",
    "sslcertmode",
    "sslcompression",
    "sslcrl",
    "sslcrldir",
    "sslnegotiation",
    "sslpassword",
    "sslsni",
];
const TCP_USER_TIMEOUT: &str = "tcp_user_timeout";

/// How long a host may take by default until it can be used: one that does not exist may never answer.
const CONNECT: Duration = Duration::from_secs(10);

/// Parses a URL such as `postgres://user:password@host:5432/database?sslmode=verify-full`. Several hosts
/// (`host-a:5432,host-b:5432`) are tried in order until one of them accepts writes.
///
/// # Errors
/// [`MigrationError::Url`] and [`MigrationError::UrlParameter`], neither of which quotes the URL.
pub fn connect_options(url: &str) -> Result<Endpoints, MigrationError> {
    let parts = Parts::of(url).ok_or(MigrationError::Url)?;
    let mut read = Read::default();
    for (position, parameter) in parts.query.split('&').filter(|one| !one.is_empty()).enumerate() {
        read.parameter(parameter).map_err(|refused| refused.named(&parts, position, parameter))?;
    }
    let Read { kept, hosts, ports, timeout } = read;
    let query = kept.join("&");
    let hosts = places(&parts, hosts, ports)?;
    let options = hosts.iter().map(|host| parts.options(host, &query)).collect::<Result<_, _>>()?;
    Ok(Endpoints::new(options, timeout.unwrap_or(CONNECT)))
}

/// A URL, cut where hosts and parameters begin.
struct Parts<'a> {
    user: Option<&'a str>,
    hosts: &'a str,
    path: &'a str,
    query: &'a str,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Option<Self> {
        // The parser of the driver accepts any scheme; a URL of another system would fail much later, and less clearly.
        let rest = url.strip_prefix("postgres://").or_else(|| url.strip_prefix("postgresql://"))?;
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, hosts) = authority.rsplit_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
        Some(Self { user, hosts, path, query })
    }

    fn options(&self, host: &Place<'_>, query: &str) -> Result<PgConnectOptions, MigrationError> {
        let user = self.user.map(|user| format!("{user}@")).unwrap_or_default();
        let Place { host, port } = host;
        let url = format!("postgres://{user}{host}/{}?{query}", self.path);
        // Parsed first, because an error of the driver's own parser may quote the URL.
        let mut options = PgConnectOptions::from_str(&url).map_err(|_| MigrationError::Url)?;
        if let Some(port) = port {
            options = options.port(*port);
        }
        // PostgreSQL does not need it, and poolers refuse it unless they are configured to ignore it.
        Ok(options.extra_float_digits(None))
    }
}

struct Place<'a> {
    host: &'a str,
    port: Option<u16>,
}

/// Hosts and ports of the query replace those in front of the database, as in libpq.
fn places<'a>(
    parts: &Parts<'a>,
    hosts: Option<&'a str>,
    ports: Option<&str>,
) -> Result<Vec<Place<'a>>, MigrationError> {
    let hosts: Vec<&str> = hosts.unwrap_or(parts.hosts).split(',').collect();
    if hosts.len() > 1 && hosts.iter().any(|host| host.is_empty()) {
        return Err(MigrationError::Url);
    }
    let port = |port: &str| port.parse().map_err(|_| MigrationError::UrlParameter("port must be a number".into()));
    let ports: Vec<u16> = ports.map_or(Ok(Vec::new()), |ports| ports.split(',').map(port).collect())?;
    if ports.len() > 1 && ports.len() != hosts.len() {
        return Err(MigrationError::UrlParameter("port must be one number, or one for each host".into()));
    }
    let of = |at: usize| ports.get(at).or(ports.first()).copied();
    Ok(hosts.into_iter().enumerate().map(|(at, host)| Place { host, port: of(at) }).collect())
}

#[derive(Default)]
struct Read<'a> {
    /// For the driver.
    kept: Vec<&'a str>,
    hosts: Option<&'a str>,
    ports: Option<&'a str>,
    timeout: Option<Duration>,
}

enum Refused {
    Unknown,
    NotSupported,
    Value(&'static str),
}

impl<'a> Read<'a> {
    fn parameter(&mut self, parameter: &'a str) -> Result<(), Refused> {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        match name {
            "connect_timeout" => self.timeout = seconds(value)?,
            // The catalog writes, so that these mean the same here: hosts that accept no writes are skipped.
            "target_session_attrs" => one_of(value, &["any", "read-write", "primary"], ANY_THAT_WRITES)?,
            "channel_binding" => one_of(value, &["disable", "prefer"], "disable or prefer: the driver has none")?,
            "gssencmode" => one_of(value, &["disable", "prefer"], "disable or prefer: the driver has no GSSAPI")?,
            "host" => self.hosts = Some(value),
            "port" => self.ports = Some(value),
            // The certificate authorities of the system are what the driver uses without the parameter.
            "sslrootcert" if value == "system" => self.kept.push("sslmode=verify-full"),
            "sslmode" => {
                const MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
                one_of(value, &MODES, "disable, allow, prefer, require, verify-ca or verify-full")?;
                // Before `sslrootcert=system`, which overrides it.
                self.kept.insert(0, parameter);
            }
            _ if OF_DRIVER.contains(&name) || name.starts_with("options[") || name.starts_with("options%5B") => {
                self.kept.push(parameter);
            }
            _ if NOT_SUPPORTED.contains(&name) || name == TCP_USER_TIMEOUT => return Err(Refused::NotSupported),
            _ => return Err(Refused::Unknown),
        }
        Ok(())
    }
}

const ANY_THAT_WRITES: &str = "any, read-write or primary: the catalog writes";

fn one_of(value: &str, values: &[&str], expected: &'static str) -> Result<(), Refused> {
    if values.contains(&value) { Ok(()) } else { Err(Refused::Value(expected)) }
}

/// Zero and negative numbers mean the default, as in libpq they mean no limit, which a server must not have.
fn seconds(value: &str) -> Result<Option<Duration>, Refused> {
    let seconds: i64 = value.parse().map_err(|_| Refused::Value("a number of seconds"))?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

impl Refused {
    fn named(self, parts: &Parts<'_>, position: usize, parameter: &str) -> MigrationError {
        let name = parameter.split('=').next().unwrap_or_default();
        MigrationError::UrlParameter(match self {
            Self::Value(expected) => format!("{name} must be {expected}"),
            Self::NotSupported => format!("the driver does not support {name}: remove it"),
            Self::Unknown if may_be_shown(parts, name) => format!("there is no parameter {name}: remove it"),
            Self::Unknown => format!(
                "parameter {} behind the ? is unknown, and is not shown because it may be a part of the password: write \
                 ? as %3F, / as %2F and @ as %40 in a password",
                position + 1
            ),
        })
    }
}

/// A `?` of the password ends the URL for every parser, and the host follows behind it with an `@`.
fn may_be_shown(parts: &Parts<'_>, name: &str) -> bool {
    parts.user.is_some()
        && !parts.query.contains('@')
        && name.len() <= 40
        && name.chars().all(|c| c.is_ascii_lowercase() || c == '_' || c == '-')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(query: &str) -> Result<Endpoints, MigrationError> {
        connect_options(&format!("postgres://user:hunter2@host:5432/db{query}"))
    }

    #[test]
    fn usual_parameters_are_accepted() {
        for query in [
            "",
            "?sslmode=require",
            "?application_name=a&options[lock_timeout]=1s",
            "?options=-c%20a=b",
            "?connect_timeout=3",
            "?target_session_attrs=read-write",
            "?channel_binding=prefer&gssencmode=disable",
            "?sslmode=require&sslrootcert=/etc/ca.crt",
            "?sslrootcert=system",
        ] {
            assert!(url(query).is_ok(), "{query}: {:?}", url(query).map(drop));
        }
    }

    #[test]
    fn refused_parameter_is_named() {
        for (query, words) in [
            ("?channel_binding=require", "channel_binding must be"),
            ("?target_session_attrs=standby", "target_session_attrs must be"),
            ("?connect_timeout=soon", "connect_timeout must be"),
            ("?sslmode=maybe", "sslmode must be"),
            ("?tcp_user_timeout=1", "tcp_user_timeout"),
            ("?sslcrl=/crl", "sslcrl"),
            ("?sslmod=require", "sslmod"),
            ("?host=a,b&port=1,2,3", "port must be"),
        ] {
            let error = url(query).map(drop).unwrap_err().to_string();
            assert!(error.contains(words) && !error.contains("hunter2"), "{query}: {error}");
        }
    }

    #[test]
    fn password_with_a_question_mark_is_not_shown() {
        for url in
            ["postgres://user:12?hunter2@host/db", "postgres://user:12?a&hunter2@host/db", "postgres://h?hunter2"]
        {
            let error = connect_options(url).map(drop).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn several_hosts_keep_their_order_and_ports() {
        let hosts = |url: &str| {
            let endpoints = connect_options(url).unwrap();
            let place = |one: &PgConnectOptions| format!("{}:{}", one.get_host(), one.get_port());
            endpoints.all().iter().map(place).collect::<Vec<_>>()
        };
        assert_eq!(hosts("postgres://u:p@a:1,b:2/db"), ["a:1", "b:2"]);
        assert_eq!(hosts("postgres://u:p@a,[::1]:7/db?target_session_attrs=read-write"), ["a:5432", "[::1]:7"]);
        assert_eq!(hosts("postgres://u:p@/db?host=a,b&port=3"), ["a:3", "b:3"]);
        assert_eq!(hosts("postgres://u:p@x/db?host=a,b&port=3,4"), ["a:3", "b:4"]);
        assert!(connect_options("postgres://u:p@a,,b/db").is_err());
    }

    #[test]
    fn authorities_of_the_system_verify_the_host() {
        use sqlx::postgres::PgSslMode;
        let mode = |query: &str| format!("{:?}", url(query).unwrap().first().get_ssl_mode());
        assert_eq!(mode("?sslrootcert=system&sslmode=require"), format!("{:?}", PgSslMode::VerifyFull));
    }
}
