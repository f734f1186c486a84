//! Buckets: a client with explicit credentials, which goes nowhere else than where the settings allow.

use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use catalog_api::management::S3Credentials;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::{HttpClient, HttpConnector};
use object_store::{BackoffConfig, ClientOptions, RetryConfig};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use url::{Host, Url};

use super::S3Profile;

/// Why an S3 profile cannot be used. Quotes no credential.
#[derive(Debug, thiserror::Error)]
pub enum S3Error {
    /// The endpoint is no address that a client could use.
    #[error("the endpoint {0:?} is not an http:// or https:// address without path, query and user")]
    Endpoint(String),
    /// The server's settings do not list the endpoint.
    #[error("the endpoint {0} is not among those that this server allows")]
    NotAllowed(String),
    /// The endpoint is an address by which hosts of clouds hand out their own credentials.
    #[error("the endpoint {0} is a link-local address")]
    LinkLocal(String),
    /// The bucket cannot stand in the host's name.
    #[error("no host {host:?} can be there for the bucket: this endpoint wants path style")]
    HostStyle {
        /// As it would be asked for.
        host: String,
    },
    /// The region would change the meaning of a host name.
    #[error("{0:?} is not the name of a region")]
    Region(String),
    /// The client could not be made.
    #[error("cannot make an S3 client")]
    Client(#[source] object_store::Error),
}

/// The endpoints that warehouses may name, as [`normalize`] writes them.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoints(Vec<String>);

impl Endpoints {
    /// # Errors
    /// For a text that is no endpoint.
    pub(super) fn new(allowed: &[String]) -> Result<Self, S3Error> {
        allowed.iter().map(|e| normalize(e)).collect::<Result<_, _>>().map(Self)
    }

    /// Checks a profile against what is allowed. Amazon's own endpoint always is.
    pub(super) fn admit(&self, profile: &S3Profile) -> Result<(), S3Error> {
        let region = profile.region();
        if region.is_empty() || !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
            return Err(S3Error::Region(region.chars().take(64).collect()));
        }
        let Some(endpoint) = &profile.endpoint else { return Ok(()) };
        let endpoint = normalize(endpoint)?;
        host_style(&endpoint, "bucket", profile.path_style)?;
        if self.0.contains(&endpoint) { Ok(()) } else { Err(S3Error::NotAllowed(endpoint)) }
    }
}

/// `scheme://host:port`, so that two ways to write one endpoint are equal.
fn normalize(endpoint: &str) -> Result<String, S3Error> {
    let refuse = || S3Error::Endpoint(endpoint.chars().take(200).collect());
    let url = Url::parse(endpoint).map_err(|_| refuse())?;
    let bare = matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    let nobody = url.username().is_empty() && url.password().is_none();
    // The parser drops control characters, and what is stored would keep them.
    let clean = !endpoint.chars().any(char::is_control);
    if !matches!(url.scheme(), "http" | "https") || !bare || !nobody || !clean {
        return Err(refuse());
    }
    let address = match url.host() {
        Some(Host::Ipv4(ip)) => Some(IpAddr::V4(ip)),
        Some(Host::Ipv6(ip)) => Some(IpAddr::V6(ip)),
        Some(Host::Domain(_)) => None,
        None => return Err(refuse()),
    };
    let text = url.origin().ascii_serialization();
    if address.is_some_and(is_link_local) { Err(S3Error::LinkLocal(text)) } else { Ok(text) }
}

/// 169.254.0.0/16 and fe80::/10, also as an IPv4 address in IPv6 form.
fn is_link_local(ip: IpAddr) -> bool {
    match ip {
        IpAddr::V4(ip) => ip.is_link_local(),
        IpAddr::V6(ip) => ip.is_unicast_link_local() || ip.to_ipv4_mapped().is_some_and(|ip| ip.is_link_local()),
    }
}

/// Makes a client for one bucket. Without keys requests are not signed: the process's own identity is never used.
pub(super) fn connect(
    profile: &S3Profile,
    keys: Option<S3Credentials>,
    bucket: &str,
    timeout: Duration,
) -> Result<AmazonS3, S3Error> {
    // The builder reads nothing from the environment, unlike `from_env`.
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_region(profile.region())
        .with_virtual_hosted_style_request(!profile.path_style)
        // Not all stores that speak S3 know the bulk request, and we delete one by one.
        .with_disable_bulk_delete(true)
        .with_http_connector(Connector { timeout })
        .with_client_options(ClientOptions::new().with_allow_http(true))
        .with_retry(retries(timeout));
    if let Some(endpoint) = &profile.endpoint {
        builder = builder.with_endpoint(host_style(&normalize(endpoint)?, bucket, profile.path_style)?);
    }
    builder = match keys {
        None => builder.with_skip_signature(true),
        Some(S3Credentials { access_key_id, secret_access_key, session_token }) => {
            let signed = builder.with_access_key_id(access_key_id).with_secret_access_key(secret_access_key);
            match session_token {
                None => signed,
                Some(token) => signed.with_token(token),
            }
        }
    };
    builder.build().map_err(S3Error::Client)
}

/// object_store takes a custom endpoint as it is: with virtual hosts the bucket must stand in it. Nothing can stand
/// before an IP address, and object_store panics over an endpoint that is none.
fn host_style(endpoint: &str, bucket: &str, path_style: bool) -> Result<String, S3Error> {
    match endpoint.split_once("://") {
        Some((scheme, host)) if !path_style => {
            let endpoint = format!("{scheme}://{bucket}.{host}");
            let is_name = Url::parse(&endpoint).is_ok_and(|url| matches!(url.host(), Some(Host::Domain(_))));
            if is_name { Ok(endpoint) } else { Err(S3Error::HostStyle { host: format!("{bucket}.{host}") }) }
        }
        _ => Ok(endpoint.to_owned()),
    }
}

fn retries(timeout: Duration) -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(50), ..BackoffConfig::default() };
    RetryConfig { backoff, max_retries: 3, retry_timeout: timeout }
}

/// Makes HTTP clients that follow no redirect, use no proxy, and go to no link-local address.
#[derive(Debug)]
struct Connector {
    timeout: Duration,
}

impl HttpConnector for Connector {
    fn connect(&self, _: &ClientOptions) -> object_store::Result<HttpClient> {
        let client = reqwest::Client::builder()
            .redirect(Policy::none())
            .no_proxy()
            .connect_timeout(self.timeout.min(Duration::from_secs(5)))
            .timeout(self.timeout)
            .dns_resolver(Arc::new(Resolver))
            .build();
        let failed = |e| object_store::Error::Generic { store: "S3", source: Box::new(e) };
        client.map(HttpClient::new).map_err(failed)
    }
}

/// The system's resolver, without the answers that nobody must be led to.
struct Resolver;

impl Resolve for Resolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let good: Vec<SocketAddr> = found.filter(|a| !is_link_local(a.ip())).collect();
            if good.is_empty() {
                let error: Box<dyn Error + Send + Sync> = "the name leads to link-local addresses only".into();
                return Err(error);
            }
            Ok(Box::new(good.into_iter()) as Addrs)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(endpoint: Option<&str>, region: Option<&str>) -> S3Profile {
        S3Profile { endpoint: endpoint.map(Into::into), region: region.map(Into::into), path_style: true }
    }

    #[test]
    fn only_listed_endpoints_are_admitted_however_they_are_written() {
        let endpoints = Endpoints::new(&["https://S3.example.com/".into(), "http://10.0.0.1:9000".into()]).unwrap();
        for good in ["https://s3.example.com:443", "http://10.0.0.1:9000/"] {
            assert!(endpoints.admit(&profile(Some(good), None)).is_ok(), "{good}");
        }
        for bad in [
            "http://s3.example.com",
            "https://s3.example.com:8443",
            "http://10.0.0.1:9000/\0",
            "https://x@s3.example.com",
        ] {
            assert!(endpoints.admit(&profile(Some(bad), None)).is_err(), "{bad}");
        }
        assert!(endpoints.admit(&profile(None, None)).is_ok());
    }

    #[test]
    fn link_local_addresses_are_refused_in_every_notation() {
        for bad in ["http://169.254.169.254", "http://[fe80::1]", "http://[::ffff:169.254.1.1]", "http://0xa9fea9fe"] {
            assert!(matches!(Endpoints::new(&[bad.into()]), Err(S3Error::LinkLocal(_))), "{bad}");
        }
    }

    #[test]
    fn a_bucket_stands_before_names_only() {
        assert_eq!(host_style("https://s3.example.com", "b", false).unwrap(), "https://b.s3.example.com");
        for address in ["http://10.0.0.1:9000", "http://[fd00::1]:9000"] {
            assert_eq!(host_style(address, "b", true).unwrap(), address);
            assert!(matches!(host_style(address, "b", false), Err(S3Error::HostStyle { .. })), "{address}");
        }
    }

    #[test]
    fn a_region_cannot_become_a_host() {
        let endpoints = Endpoints::default();
        assert!(endpoints.admit(&profile(None, Some("eu-central-1"))).is_ok());
        for bad in ["", "evil.example/", "a@b", "eu central"] {
            assert!(matches!(endpoints.admit(&profile(None, Some(bad))), Err(S3Error::Region(_))), "{bad}");
        }
    }
}
