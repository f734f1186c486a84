//! What every request goes through: [`layers`] has them in their order, and each is a function in a file.

mod access;
mod deadline;
mod encoding;
mod inner;
mod leaving;
mod limit;
mod panics;
mod repeats;
mod share;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;

pub use self::inner::Inner;
use self::limit::Places;
use self::share::Shares;
use crate::app::App;
use crate::auth::authenticate;

/// What the layers share.
#[derive(Clone)]
struct Around {
    app: Arc<App>,
    places: Places,
    shares: Shares,
}

/// Puts the layers around the routes.
///
/// Why one layer of axum for all of them: each of those copies all that lie further in, for each request.
pub fn wrap(routes: Router<Arc<App>>, app: &Arc<App>) -> Router<Arc<App>> {
    let (places, shares) = (Places::new(app.settings.limits.concurrency), Shares::new(app.settings.limits.concurrency));
    routes.layer(from_fn_with_state(Around { app: Arc::clone(app), places, shares }, layers))
}

/// From the inside out.
async fn layers(State(Around { app, places, shares }): State<Around>, request: Request, next: Next) -> Response {
    let share = || Arc::clone(&app);
    let routes = move |request| next.run(request);
    let once = with(share(), |app, request| repeats::answer_once(app, request, routes));
    let bounded = with(share(), |app, request| deadline::bound(app, request, once));
    let fair = move |request| share::admit(shares, request, bounded);
    let known = with(share(), |app, request| authenticate(app, request, fair));
    let encoded = with(share(), |app, request| encoding::encode(app, request, known));
    let admitted = with(share(), |app, request| limit::admit(app, places, request, encoded));
    let caught = move |request| panics::catch(request, admitted);
    let recorded = with(share(), |app, request| access::record(app, request, caught));
    leaving::say_goodbye(app, request, recorded).await
}

/// A layer that needs what all handlers share.
fn with<Answer>(
    app: Arc<App>,
    layer: impl FnOnce(Arc<App>, Request) -> Answer + Send + 'static,
) -> impl FnOnce(Request) -> Answer + Send + 'static {
    move |request| layer(app, request)
}
