//! Every route of the server, in one list with three uses: the `endpoints` of `/v1/config`, the client's check of what
//! a server can do, and the test that no route forgets to ask for a credential.

use Auth::{Admin, Platform, Public, Token};

/// Who may call a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Auth {
    /// Anybody.
    Public,
    /// Whoever has a valid token; what it may do there is a matter of its grants.
    Token,
    /// The operator's own token.
    Admin,
    /// Anybody who reaches the platform's port.
    Platform,
}

/// One route. The path is a template in the form of the Iceberg specification, which is axum's as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with its parameters in braces.
    pub path: &'static str,
    /// Who may call it.
    pub auth: Auth,
}

impl Endpoint {
    const fn new(auth: Auth, method: &'static str, path: &'static str) -> Self {
        Self { method, path, auth }
    }

    /// `GET /v1/{prefix}/namespaces`: how `/v1/config` names a route.
    #[must_use]
    pub fn advertised(&self) -> String {
        format!("{} {}", self.method, self.path)
    }

    /// True for the routes of the Iceberg REST protocol behind a prefix: those that `/v1/config` lists.
    #[must_use]
    pub fn is_iceberg(&self) -> bool {
        self.path.starts_with("/v1/{prefix}/")
    }
}

/// All routes.
pub const ENDPOINTS: &[Endpoint] = &[
    Endpoint::new(Public, "GET", "/"),
    Endpoint::new(Platform, "GET", "/livez"),
    Endpoint::new(Platform, "GET", "/readyz"),
    Endpoint::new(Platform, "GET", "/metrics"),
    Endpoint::new(Token, "GET", "/v1/config"),
    Endpoint::new(Token, "GET", "/v1/{prefix}/namespaces"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces"),
    Endpoint::new(Token, "GET", "/v1/{prefix}/namespaces/{namespace}"),
    Endpoint::new(Token, "HEAD", "/v1/{prefix}/namespaces/{namespace}"),
    Endpoint::new(Token, "DELETE", "/v1/{prefix}/namespaces/{namespace}"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/properties"),
    Endpoint::new(Token, "GET", "/v1/{prefix}/namespaces/{namespace}/tables"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/tables"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/register"),
    Endpoint::new(Token, "GET", "/v1/{prefix}/namespaces/{namespace}/tables/{table}"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}"),
    Endpoint::new(Token, "HEAD", "/v1/{prefix}/namespaces/{namespace}/tables/{table}"),
    Endpoint::new(Token, "DELETE", "/v1/{prefix}/namespaces/{namespace}/tables/{table}"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/unregister"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/tables/rename"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/transactions/commit"),
    Endpoint::new(Token, "GET", "/v1/{prefix}/namespaces/{namespace}/views"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/views"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/register-view"),
    Endpoint::new(Token, "GET", "/v1/{prefix}/namespaces/{namespace}/views/{view}"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/namespaces/{namespace}/views/{view}"),
    Endpoint::new(Token, "HEAD", "/v1/{prefix}/namespaces/{namespace}/views/{view}"),
    Endpoint::new(Token, "DELETE", "/v1/{prefix}/namespaces/{namespace}/views/{view}"),
    Endpoint::new(Token, "POST", "/v1/{prefix}/views/rename"),
    Endpoint::new(Public, "GET", "/api/v1/openapi.json"),
    Endpoint::new(Admin, "GET", "/api/v1/warehouses"),
    Endpoint::new(Admin, "GET", "/api/v1/warehouses/{warehouse}"),
    Endpoint::new(Admin, "PUT", "/api/v1/warehouses/{warehouse}"),
    Endpoint::new(Admin, "DELETE", "/api/v1/warehouses/{warehouse}"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/refs"),
    Endpoint::new(Token, "POST", "/api/v1/warehouses/{warehouse}/refs"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/refs/{ref}"),
    Endpoint::new(Token, "PATCH", "/api/v1/warehouses/{warehouse}/refs/{ref}"),
    Endpoint::new(Token, "DELETE", "/api/v1/warehouses/{warehouse}/refs/{ref}"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/commits"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/commits/{commit}"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/commits/{commit}/changes"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/diff"),
    Endpoint::new(Token, "POST", "/api/v1/warehouses/{warehouse}/merge"),
    Endpoint::new(Token, "POST", "/api/v1/warehouses/{warehouse}/cherry-pick"),
    Endpoint::new(Token, "POST", "/api/v1/warehouses/{warehouse}/revert"),
    Endpoint::new(Token, "GET", "/api/v1/warehouses/{warehouse}/dropped"),
    Endpoint::new(Token, "POST", "/api/v1/warehouses/{warehouse}/undrop"),
    Endpoint::new(Admin, "GET", "/api/v1/tokens"),
    Endpoint::new(Admin, "GET", "/api/v1/tokens/{owner}"),
    Endpoint::new(Admin, "DELETE", "/api/v1/tokens/{owner}"),
    Endpoint::new(Admin, "PUT", "/api/v1/tokens/{owner}/{revision}"),
    Endpoint::new(Admin, "POST", "/api/v1/tokens/{owner}/{revision}/confirm"),
];

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_route_stands_twice() {
        let all: HashSet<_> = ENDPOINTS.iter().map(Endpoint::advertised).collect();
        assert_eq!(all.len(), ENDPOINTS.len());
    }

    #[test]
    fn only_what_tells_nothing_about_data_is_public() {
        let public: Vec<_> = ENDPOINTS.iter().filter(|e| e.auth == Public).map(Endpoint::advertised).collect();
        assert_eq!(public, ["GET /", "GET /api/v1/openapi.json"]);
    }
}
