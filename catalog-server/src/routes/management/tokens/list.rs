//! `GET /api/v1/tokens`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::PageOf;
use catalog_api::management::{ListTokensQuery, TokenInfo};
use catalog_store::TokenFilter;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::management::{check_id, page};
use crate::session::AdminSession;

/// The active tokens by (user, expiry, id), in pages.
///
/// # Errors
/// 400 for a page or a user that is none.
pub async fn list(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Query(query): Query<ListTokensQuery>,
) -> Result<Json<PageOf<TokenInfo>>, ApiError> {
    if let Some(user_id) = &query.user_id {
        check_id("user_id", user_id)?;
    }
    let filter = TokenFilter { user_id: query.user_id.clone() };
    let list = format!("tokens {:?}", filter.user_id);
    let params = page::read(&list, &query.page_query())?;
    let now = app.clock.now();
    let rows = app.store.list_active_tokens(&filter, now, &params).await?;
    let total = match query.total {
        Some(true) => Some(app.store.count_active_tokens(&filter, now).await?),
        _ => None,
    };
    page::answer(&list, rows, total, super::info).map(Json)
}
