//! Routes of the specification that this server does not serve yet: they are known, so they are not 404.

use http::Method;

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

/// Where a route lies that the specification has and the server does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unbuilt {
    /// Behind a prefix.
    InWarehouse,
    /// Beside all warehouses.
    Outside,
}

/// The route, if the specification has it and the server does not.
#[must_use]
pub(crate) fn find(method: &Method, path: &str) -> Option<Unbuilt> {
    if path == "/v1/oauth/tokens" {
        return (method == Method::POST).then_some(Unbuilt::Outside);
    }
    let (_prefix, rest) = path.strip_prefix("/v1/")?.split_once('/')?;
    let segments: Vec<_> = rest.split('/').collect();
    let fits = |template: &[&str]| {
        template.len() == segments.len()
            && template.iter().zip(&segments).all(|(t, s)| if *t == "*" { !s.is_empty() } else { t == s })
    };
    let found = UNBUILT.iter().any(|(methods, template)| methods.contains(method) && fits(template));
    found.then_some(Unbuilt::InWarehouse)
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
            assert_eq!(find(&method, &path), None, "{}", endpoint.advertised());
        }
    }

    #[test]
    fn the_specifications_other_routes_are_known_and_foreign_ones_are_not() {
        assert!(find(&Method::GET, "/v1/lake/namespaces/a%1Fb/functions").is_some());
        assert!(find(&Method::POST, "/v1/lake/namespaces/a/tables/t/plan").is_some());
        assert!(find(&Method::DELETE, "/v1/lake/namespaces/a/tables/t/plan/p").is_some());
        for (method, path) in [
            (Method::DELETE, "/v1/lake/namespaces/a/functions"),
            (Method::GET, "/v1/lake/namespaces/a/sausages"),
            (Method::GET, "/v1/lake/namespaces//functions"),
            (Method::GET, "/api/v1/views"),
        ] {
            assert_eq!(find(&method, path), None, "{method} {path}");
        }
    }
}
