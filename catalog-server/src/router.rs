//! The only table of routes.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{MethodFilter, MethodRouter, on};
use catalog_api::ErrorType;

use crate::app::App;
use crate::error::ApiError;

/// One row of the table: method, path, handler.
pub(crate) struct Route {
    method: Method,
    path: &'static str,
    handler: MethodRouter<Arc<App>>,
}

/// All routes of the clients' port.
fn table() -> Vec<Route> {
    vec![]
}

fn route<T: 'static>(method: &Method, path: &'static str, handler: impl Handler<T, Arc<App>>) -> Route {
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Route { method: method.clone(), path, handler: on(filter, handler) }
}

/// The routes, and answers in the Iceberg form for whatever is none.
pub fn routes() -> Router<Arc<App>> {
    let table = table().into_iter().fold(Router::new(), |router, route| router.route(route.path, route.handler));
    table.fallback(unknown_route).method_not_allowed_fallback(unknown_method)
}

async fn unknown_route(request: Request) -> ApiError {
    ApiError::not_found(format!("there is no route {}", request.uri().path()))
}

async fn unknown_method(request: Request) -> ApiError {
    let message = format!("the route {} does not know the method {}", request.uri().path(), request.method());
    ApiError::new(ErrorType::MethodNotAllowedException, message)
}
