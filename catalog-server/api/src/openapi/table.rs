//! Which types belong to which route of the management API. That there is a row for each is a test.

use super::operation::{Operation, Refusal};
use crate::ErrorType::{
    AlreadyExistsException, ConflictException, NoSuchNamespaceException, NoSuchWarehouseException, NotFoundException,
};
use crate::management::{
    Change, CommitInfo, ConfirmToken, CreateRef, DetachQuery, DiffQuery, DroppedInfo, ListChangesQuery,
    ListCommitsQuery, ListDroppedQuery, ListRefsQuery, ListTokensQuery, MergeRefused, MergeReport, MergeRequest,
    PickRequest, PutToken, PutTokenResponse, PutWarehouse, PutWarehouseResponse, Reference, TokenInfo, UndropRequest,
    Undropped, UpdateRef, WarehouseInfo,
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
    get("/api/v1/warehouses/{warehouse}/refs", "list_refs", "Lists branches and tags by name.")
        .query::<ListRefsQuery>()
        .answers::<PageOf<Reference>>()
        .refuses(&[NO_WAREHOUSE]),
    post("/api/v1/warehouses/{warehouse}/refs", "create_ref", "Makes a branch or a tag, in constant time.")
        .body::<CreateRef>()
        .creates::<Reference>()
        .refuses(&[
            NO_WAREHOUSE,
            Refusal(NotFoundException, "there is no such state"),
            Refusal(AlreadyExistsException, "a branch or tag has the name"),
        ]),
    get("/api/v1/warehouses/{warehouse}/refs/{ref}", "get_ref", "Shows a branch or tag.")
        .answers::<Reference>()
        .refuses(&[NO_WAREHOUSE, NO_REF]),
    patch("/api/v1/warehouses/{warehouse}/refs/{ref}", "update_ref", "Renames a branch, or protects it, or no longer.")
        .body::<UpdateRef>()
        .answers::<Reference>()
        .refuses(&[
            NO_WAREHOUSE,
            NO_REF,
            Refusal(AlreadyExistsException, "a branch or tag has the name"),
            Refusal(ConflictException, "`main` keeps its name"),
        ]),
    delete("/api/v1/warehouses/{warehouse}/refs/{ref}", "delete_ref", "Takes a branch or tag away.").refuses(&[
        NO_WAREHOUSE,
        NO_REF,
        Refusal(ConflictException, "`main` and protected branches stay"),
    ]),
    get(
        "/api/v1/warehouses/{warehouse}/commits",
        "list_commits",
        "Lists the commits that led to a state, newest first.",
    )
    .query::<ListCommitsQuery>()
    .answers::<PageOf<CommitInfo>>()
    .refuses(&[NO_WAREHOUSE, NO_REF]),
    get("/api/v1/warehouses/{warehouse}/commits/{commit}", "get_commit", "Shows a commit.")
        .answers::<CommitInfo>()
        .refuses(&[NO_WAREHOUSE, NO_COMMIT]),
    get("/api/v1/warehouses/{warehouse}/commits/{commit}/changes", "list_changes", "Lists what a commit did, by name.")
        .query::<ListChangesQuery>()
        .answers::<PageOf<Change>>()
        .refuses(&[NO_WAREHOUSE, NO_COMMIT]),
    get("/api/v1/warehouses/{warehouse}/diff", "diff", "Lists what makes one state into another, by name.")
        .query::<DiffQuery>()
        .answers::<PageOf<Change>>()
        .refuses(&[NO_WAREHOUSE, NO_REF]),
    post(
        "/api/v1/warehouses/{warehouse}/merge",
        "merge",
        "Brings what a state has, and a branch has not got yet, into the branch.",
    )
    .body::<MergeRequest>()
    .answers::<MergeReport>()
    .conflicts::<MergeRefused>()
    .refuses(&[NO_WAREHOUSE, NO_REF, CONFLICTS]),
    post("/api/v1/warehouses/{warehouse}/cherry-pick", "cherry_pick", "Brings what one commit did into a branch.")
        .body::<PickRequest>()
        .answers::<MergeReport>()
        .conflicts::<MergeRefused>()
        .refuses(&[NO_WAREHOUSE, NO_REF, NO_COMMIT, CONFLICTS]),
    post("/api/v1/warehouses/{warehouse}/revert", "revert", "Takes back in a branch what one commit did.")
        .body::<PickRequest>()
        .answers::<MergeReport>()
        .conflicts::<MergeRefused>()
        .refuses(&[NO_WAREHOUSE, NO_REF, NO_COMMIT, CONFLICTS]),
    get(
        "/api/v1/warehouses/{warehouse}/dropped",
        "list_dropped",
        "Lists what was dropped on a branch and is still gone, by name.",
    )
    .query::<ListDroppedQuery>()
    .answers::<PageOf<DroppedInfo>>()
    .refuses(&[NO_WAREHOUSE, NO_REF]),
    post("/api/v1/warehouses/{warehouse}/undrop", "undrop", "Puts back what was dropped, with its files.")
        .body::<UndropRequest>()
        .answers::<Undropped>()
        .refuses(&[
            NO_WAREHOUSE,
            Refusal(NotFoundException, "it was not dropped there, or there is no such branch or commit"),
            Refusal(NoSuchNamespaceException, "the namespace is not there"),
            Refusal(AlreadyExistsException, "the name is taken, or the table is there under another one"),
            Refusal(ConflictException, "its files are gone, or another table has its location"),
        ]),
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

const NO_WAREHOUSE: Refusal =
    Refusal(NoSuchWarehouseException, "there is no such warehouse, or the token has no grant on it");
const NO_REF: Refusal = Refusal(NotFoundException, "there is no such branch, tag or state");
const NO_COMMIT: Refusal = Refusal(NotFoundException, "there is no such commit, or not any more");
const CONFLICTS: Refusal = Refusal(
    ConflictException,
    "there are conflicts, and nothing was changed; or what would come back has lost its files",
);

const fn get(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("GET", path, id, summary)
}

const fn put(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("PUT", path, id, summary)
}

const fn patch(path: &'static str, id: &'static str, summary: &'static str) -> Operation {
    Operation::new("PATCH", path, id, summary)
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
