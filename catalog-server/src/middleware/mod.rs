//! What every request goes through, from the outside in: [`leaving`], [`access`] (id, log, metrics), [`panics`], [`limit`],
//! [`encoding`], [`crate::auth::authenticate`], [`deadline`], [`repeats`]; then the routes.

mod access;
mod deadline;
mod encoding;
mod leaving;
mod limit;
mod panics;
mod repeats;

use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};

use crate::app::App;
use crate::auth::authenticate;
use limit::Places;

/// Puts the layers around the routes.
pub fn wrap(routes: Router<Arc<App>>, app: &Arc<App>) -> Router<Arc<App>> {
    let places = Places::new(app.settings.limits.concurrency);
    // The layer that is added last is the outermost.
    routes
        .layer(from_fn_with_state(Arc::clone(app), repeats::answer_once))
        .layer(from_fn_with_state(Arc::clone(app), deadline::bound))
        .layer(from_fn_with_state(Arc::clone(app), authenticate))
        .layer(from_fn_with_state(Arc::clone(app), encoding::encode))
        .layer(from_fn_with_state(places, limit::admit))
        .layer(from_fn(panics::catch))
        .layer(from_fn_with_state(Arc::clone(app), access::record))
        .layer(from_fn_with_state(Arc::clone(app), leaving::say_goodbye))
}
