//! Routes of the specification that this server does not serve yet: they are known, so they are not 404.

use axum::Json;
use axum::response::{IntoResponse as _, Response};
use http::{Method, StatusCode, header};
use serde_json::json;

/// The token endpoint of the specification.
pub(crate) const OAUTH: &str = "/v1/oauth/tokens";

/// Answers a client that wants to exchange a credential, in the form that OAuth clients read (RFC 6749, 5.2).
pub(crate) fn oauth() -> Response {
    let description = "this catalog issues no OAuth tokens: set `token` (in PyIceberg and Spark) or `TOKEN` (in DuckDB) to \
                       the key `token` of the Token's Secret, and set no `credential`";
    let body = json!({"error": "unsupported_grant_type", "error_description": description});
    (StatusCode::BAD_REQUEST, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Methods and paths below `/v1/{prefix}`; `*` stands for one segment.
const UNBUILT: &[(&[Method], &[&str])] = &[
    (&[Method::GET], &["namespaces", "*", "functions"]),
    (&[Method::GET], &["namespaces", "*", "functions", "*"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "plan"]),
    (&[Method::GET, Method::DELETE], &["namespaces", "*", "tables", "*", "plan", "*"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "tasks"]),
    (&[Method::GET], &["namespaces", "*", "tables", "*", "credentials"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "sign"]),
];

/// Whether the specification has a route behind a prefix that the server does not.
#[must_use]
pub(crate) fn is_unbuilt(method: &Method, path: &str) -> bool {
    let Some((_prefix, rest)) = path.strip_prefix("/v1/").and_then(|path| path.split_once('/')) else { return false };
    let segments: Vec<_> = rest.split('/').collect();
    let fits = |template: &[&str]| {
        template.len() == segments.len()
            && template.iter().zip(&segments).all(|(t, s)| if *t == "*" { !s.is_empty() } else { t == s })
    };
    UNBUILT.iter().any(|(methods, template)| methods.contains(method) && fits(template))
}

#[cfg(test)]
mod tests {
    use catalog_api::ENDPOINTS;

    use super::*;

    #[test]
    fn what_is_built_is_not_listed_here() {
        for endpoint in ENDPOINTS {
            let method = Method::try_from(endpoint.method).unwrap();
            let path = endpoint.path.replace("{prefix}", "lake").replace("{namespace}", "a").replace("{table}", "t");
            let path = path.replace("{view}", "v");
            assert!(!is_unbuilt(&method, &path), "{}", endpoint.advertised());
        }
    }

    #[test]
    fn the_specifications_other_routes_are_known_and_foreign_ones_are_not() {
        assert!(is_unbuilt(&Method::GET, "/v1/lake/namespaces/a%1Fb/functions"));
        assert!(is_unbuilt(&Method::POST, "/v1/lake/namespaces/a/tables/t/plan"));
        assert!(is_unbuilt(&Method::DELETE, "/v1/lake/namespaces/a/tables/t/plan/p"));
        for (method, path) in [
            (Method::DELETE, "/v1/lake/namespaces/a/functions"),
            (Method::GET, "/v1/lake/namespaces/a/sausages"),
            (Method::GET, "/v1/lake/namespaces//functions"),
            (Method::GET, "/api/v1/views"),
        ] {
            assert!(!is_unbuilt(&method, path), "{method} {path}");
        }
    }
}
