//! The only table of routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::http::request::Parts;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use catalog_api::ErrorType;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::unbuilt;
use crate::routes::iceberg::{config, namespaces, relations, tables, views};
use crate::routes::management::{commits, diff, dropped, merges, openapi, refs, tokens, warehouses};
use crate::routes::root;
use crate::session::Session;

/// One row of the table: method, path, handler.
struct Route {
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "the handler has it; the test compares the table with the contract")
    )]
    method: Method,
    path: &'static str,
    handler: MethodRouter<Arc<App>>,
}

/// All routes of the clients' port.
fn table() -> Vec<Route> {
    vec![
        route(Method::GET, "/", root::show),
        route(Method::GET, "/v1/config", config::config),
        route(Method::GET, "/v1/{prefix}/namespaces", namespaces::list::list),
        route(Method::POST, "/v1/{prefix}/namespaces", namespaces::create::create),
        route(Method::GET, "/v1/{prefix}/namespaces/{namespace}", namespaces::load::load),
        route(Method::HEAD, "/v1/{prefix}/namespaces/{namespace}", namespaces::exists::exists),
        route(Method::DELETE, "/v1/{prefix}/namespaces/{namespace}", namespaces::drop::drop),
        route(
            Method::POST,
            "/v1/{prefix}/namespaces/{namespace}/properties",
            namespaces::update_properties::update_properties,
        ),
        route(Method::GET, "/v1/{prefix}/namespaces/{namespace}/tables", relations::list::tables),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/tables", tables::create::create),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/register", relations::register::table),
        route(Method::GET, "/v1/{prefix}/namespaces/{namespace}/tables/{table}", tables::load::load),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/tables/{table}", tables::commit::commit),
        route(Method::HEAD, "/v1/{prefix}/namespaces/{namespace}/tables/{table}", relations::exists::table),
        route(Method::DELETE, "/v1/{prefix}/namespaces/{namespace}/tables/{table}", relations::drop::table),
        route(
            Method::POST,
            "/v1/{prefix}/namespaces/{namespace}/tables/{table}/unregister",
            tables::unregister::unregister,
        ),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics", tables::report::report),
        route(Method::POST, "/v1/{prefix}/tables/rename", relations::rename::table),
        route(Method::POST, "/v1/{prefix}/transactions/commit", tables::transaction::commit),
        route(Method::GET, "/v1/{prefix}/namespaces/{namespace}/views", relations::list::views),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/views", views::create::create),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/register-view", relations::register::view),
        route(Method::GET, "/v1/{prefix}/namespaces/{namespace}/views/{view}", views::load::load),
        route(Method::POST, "/v1/{prefix}/namespaces/{namespace}/views/{view}", views::replace::replace),
        route(Method::HEAD, "/v1/{prefix}/namespaces/{namespace}/views/{view}", relations::exists::view),
        route(Method::DELETE, "/v1/{prefix}/namespaces/{namespace}/views/{view}", relations::drop::view),
        route(Method::POST, "/v1/{prefix}/views/rename", relations::rename::view),
        route(Method::GET, "/api/v1/openapi.json", openapi::show),
        route(Method::GET, "/api/v1/warehouses", warehouses::list),
        route(Method::GET, "/api/v1/warehouses/{warehouse}", warehouses::get),
        route(Method::PUT, "/api/v1/warehouses/{warehouse}", warehouses::put),
        route(Method::DELETE, "/api/v1/warehouses/{warehouse}", warehouses::detach),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/refs", refs::list),
        route(Method::POST, "/api/v1/warehouses/{warehouse}/refs", refs::create),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/refs/{ref}", refs::get),
        route(Method::PATCH, "/api/v1/warehouses/{warehouse}/refs/{ref}", refs::update),
        route(Method::DELETE, "/api/v1/warehouses/{warehouse}/refs/{ref}", refs::delete),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/commits", commits::list),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/commits/{commit}", commits::get),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/commits/{commit}/changes", commits::changes),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/diff", diff),
        route(Method::POST, "/api/v1/warehouses/{warehouse}/merge", merges::merge),
        route(Method::POST, "/api/v1/warehouses/{warehouse}/cherry-pick", merges::cherry_pick),
        route(Method::POST, "/api/v1/warehouses/{warehouse}/revert", merges::revert),
        route(Method::GET, "/api/v1/warehouses/{warehouse}/dropped", dropped::list),
        route(Method::POST, "/api/v1/warehouses/{warehouse}/undrop", dropped::undrop),
        route(Method::GET, "/api/v1/tokens", tokens::list),
        route(Method::GET, "/api/v1/tokens/{owner}", tokens::newest),
        route(Method::DELETE, "/api/v1/tokens/{owner}", tokens::revoke),
        route(Method::PUT, "/api/v1/tokens/{owner}/{revision}", tokens::put),
        route(Method::POST, "/api/v1/tokens/{owner}/{revision}/confirm", tokens::confirm),
    ]
}

fn route<T: 'static>(method: Method, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Route {
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Route { method, path, handler: on(filter, handler) }
}

/// The routes, and answers in the Iceberg form for whatever is none.
pub fn routes() -> Router<Arc<App>> {
    let table = table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    table.fallback(unknown_route).method_not_allowed_fallback(unknown_method)
}

async fn unknown_route(request: Request) -> Response {
    if request.method() == Method::POST && request.uri().path() == unbuilt::OAUTH {
        return unbuilt::oauth();
    }
    let unknown = |parts: &Parts| ApiError::not_found(format!("there is no route {}", parts.uri.path()));
    unbuilt_or(request, unknown).into_response()
}

async fn unknown_method(request: Request) -> ApiError {
    unbuilt_or(request, |parts| {
        let message = format!("the route {} does not know the method {}", parts.uri.path(), parts.method);
        ApiError::new(ErrorType::MethodNotAllowedException, message)
    })
}

/// Routes of the specification that are not built yet are 406 instead, to those who may know the warehouse.
fn unbuilt_or(request: Request, otherwise: impl FnOnce(&Parts) -> ApiError) -> ApiError {
    let (parts, _body) = request.into_parts();
    let (method, path) = (&parts.method, parts.uri.path());
    if !unbuilt::is_unbuilt(method, path) {
        return otherwise(&parts);
    }
    let message = || format!("this server does not support {method} {path} yet");
    let refused = Session::of(&parts).err();
    refused.unwrap_or_else(|| ApiError::new(ErrorType::UnsupportedOperationException, message()))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use catalog_api::{Auth, ENDPOINTS};

    use super::*;

    #[test]
    fn every_endpoint_of_the_contract_is_routed_and_nothing_else() {
        let contract = ENDPOINTS.iter().filter(|e| e.auth != Auth::Platform).map(|e| e.advertised());
        let routed = table().into_iter().map(|route| format!("{} {}", route.method, route.path));
        assert_eq!(routed.collect::<BTreeSet<_>>(), contract.collect());
        let _ = routes();
    }
}
