//! Routes of the specification that this server does not serve yet: they are known, so they are not 404.

use http::Method;

/// Methods and paths below `/v1/{prefix}`; `*` stands for one segment.
const UNBUILT: &[(&[Method], &[&str])] = &[
    (&[Method::POST], &["transactions", "commit"]),
    (&[Method::GET, Method::POST], &["namespaces", "*", "views"]),
    (&[Method::GET, Method::POST, Method::DELETE, Method::HEAD], &["namespaces", "*", "views", "*"]),
    (&[Method::POST], &["namespaces", "*", "register-view"]),
    (&[Method::POST], &["views", "rename"]),
    (&[Method::GET], &["namespaces", "*", "functions"]),
    (&[Method::GET], &["namespaces", "*", "functions", "*"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "plan"]),
    (&[Method::GET, Method::DELETE], &["namespaces", "*", "tables", "*", "plan", "*"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "tasks"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "unregister"]),
    (&[Method::GET], &["namespaces", "*", "tables", "*", "credentials"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "sign"]),
    (&[Method::POST], &["namespaces", "*", "tables", "*", "metrics"]),
];

/// True if the specification has this route and the server does not.
#[must_use]
pub(crate) fn is_unbuilt(method: &Method, path: &str) -> bool {
    if path == "/v1/oauth/tokens" {
        return method == Method::POST;
    }
    let Some((_prefix, rest)) = path.strip_prefix("/v1/").and_then(|rest| rest.split_once('/')) else { return false };
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
            assert!(!is_unbuilt(&method, &path), "{}", endpoint.advertised());
        }
    }

    #[test]
    fn the_specifications_other_routes_are_known_and_foreign_ones_are_not() {
        assert!(is_unbuilt(&Method::POST, "/v1/lake/transactions/commit"));
        assert!(is_unbuilt(&Method::GET, "/v1/lake/namespaces/a%1Fb/views"));
        assert!(is_unbuilt(&Method::POST, "/v1/lake/namespaces/a/tables/t/metrics"));
        for (method, path) in [
            (Method::DELETE, "/v1/lake/transactions/commit"),
            (Method::GET, "/v1/lake/namespaces/a/sausages"),
            (Method::GET, "/v1/lake/namespaces//views"),
            (Method::GET, "/api/v1/views"),
        ] {
            assert!(!is_unbuilt(&method, path), "{method} {path}");
        }
    }
}
