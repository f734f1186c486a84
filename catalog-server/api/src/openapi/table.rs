//! Which types belong to which route of the management API. That there is a row for each is a test.

use super::operation::{Operation, Refusal};
use crate::ErrorType::{AlreadyExistsException, ConflictException, NotFoundException};
use crate::management::{
    ConfirmToken, DetachQuery, ListTokensQuery, PutToken, PutTokenResponse, PutWarehouse, PutWarehouseResponse,
    TokenInfo, WarehouseInfo,
};
use crate::{PageOf, PageQuery};

/// All of them.
pub const OPERATIONS: &[Operation] = &[
    get("/api/v1/openapi.json", "get_openapi", "This document.")
        .answers::<serde_json::Map<String, serde_json::Value>>(),
    get("/api/v1/warehouses", "list_warehouses", "Lists all warehouses by name.")
        .query::<PageQuery>()
        .answers::<PageOf<WarehouseInfo>>(),
    get("/api/v1/warehouses/{warehouse}", "get_warehouse", "Shows a warehouse, without credentials.")
        .answers::<WarehouseInfo>()
        .refuses(&[Refusal(NotFoundException, "there is no such warehouse")]),
    put(
        "/api/v1/warehouses/{warehouse}",
        "put_warehouse",
        "Makes or changes a warehouse; idempotent by owner and revision.",
    )
    .body::<PutWarehouse>()
    .answers::<PutWarehouseResponse>()
    .refuses(&[
        Refusal(ConflictException, "a live other owner, or another location"),
        Refusal(AlreadyExistsException, "the location overlaps another warehouse's"),
    ]),
    delete("/api/v1/warehouses/{warehouse}", "detach_warehouse", "Lets a warehouse go and keeps what it holds.")
        .query::<DetachQuery>()
        .refuses(&[Refusal(NotFoundException, "there is no such warehouse of that owner")]),
    get("/api/v1/tokens", "list_tokens", "Lists the active tokens by user, expiry and id.")
        .query::<ListTokensQuery>()
        .answers::<PageOf<TokenInfo>>(),
    get("/api/v1/tokens/{owner}", "get_newest_token", "Shows the newest revision of an owner's tokens, active or not.")
        .answers::<TokenInfo>()
        .refuses(&[Refusal(NotFoundException, "the owner has none")]),
    delete("/api/v1/tokens/{owner}", "revoke_tokens", "Revokes all tokens of an owner at once."),
    put("/api/v1/tokens/{owner}/{revision}", "put_token", "Makes a token known; its hash is write-once.")
        .body::<PutToken>()
        .answers::<PutTokenResponse>()
        .refuses(&[Refusal(ConflictException, "that revision has another hash: take the next one")]),
    post(
        "/api/v1/tokens/{owner}/{revision}/confirm",
        "confirm_token",
        "Says that the reader's Secret holds this revision.",
    )
    .body::<ConfirmToken>()
    .answers::<TokenInfo>()
    .refuses(&[Refusal(NotFoundException, "there is no such revision")]),
];

const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("GET", path, id, summary)
}

const fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("PUT", path, id, summary)
}

const fn post(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("POST", path, id, summary)
}

const fn delete(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("DELETE", path, id, summary)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::ENDPOINTS;

    #[test]
    fn every_route_of_the_management_api_has_one_row_and_nothing_else_has() {
        let routes = ENDPOINTS.iter().filter(|e| e.path.starts_with("/api/")).map(crate::Endpoint::advertised);
        let rows: Vec<_> = OPERATIONS.iter().map(|o| format!("{} {}", o.method, o.path)).collect();
        assert_eq!(rows.iter().cloned().collect::<BTreeSet<_>>(), routes.collect());
        assert_eq!(rows.iter().collect::<BTreeSet<_>>().len(), rows.len());
    }

    #[test]
    fn no_name_of_a_call_stands_twice() {
        let ids: BTreeSet<_> = OPERATIONS.iter().map(|o| o.id).collect();
        assert_eq!(ids.len(), OPERATIONS.len());
    }
}
