//! The management API.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bad, bare, post, put};

const BAD: &str = "BadRequestException";
const INVALID: &str = "ValidationException";

pub(super) fn table(root: &str) -> Vec<Bad> {
    let mut all = warehouses(root);
    all.extend(tokens());
    all
}

fn warehouses(root: &str) -> Vec<Bad> {
    let with = |what, name: &str, owner: &str, location: String, status, kind| {
        let body = json!({"owner_uid": owner, "namespace": "e2e", "revision": "1", "location": location});
        put(what, format!("/api/v1/warehouses/{name}"), &body, status, kind)
    };
    let inside = || format!("file://{root}");
    vec![
        with("a warehouse name with capitals", "Lake", "x", format!("{}-2", inside()), 400, INVALID),
        with("a warehouse outside the allowed folder", "other", "x", "file:///etc".to_owned(), 400, INVALID),
        with("a warehouse in an unknown kind of store", "other", "x", "ftp://x/y".to_owned(), 400, INVALID),
        with("a warehouse inside another", "other", "x", format!("{}/n", inside()), 409, "AlreadyExistsException"),
        with("another owner's warehouse", "lake", "x", inside(), 409, "ConflictException"),
        with("a warehouse that moves", "lake", "e2e-warehouse", format!("{}-2", inside()), 409, "ConflictException"),
        put(
            "a warehouse with a field of no meaning",
            "/api/v1/warehouses/other".to_owned(),
            &json!({"owner_uid": "x", "namespace": "e2e", "revision": "1", "location": inside(), "colour": "blue"}),
            400,
            BAD,
        ),
        bare(
            "a warehouse that is not there",
            Method::GET,
            "/api/v1/warehouses/sea".to_owned(),
            404,
            "NotFoundException",
        ),
        bare(
            "letting another owner's warehouse go",
            Method::DELETE,
            "/api/v1/warehouses/lake?owner_uid=x".to_owned(),
            404,
            "NotFoundException",
        ),
    ]
}

fn tokens() -> Vec<Bad> {
    let token = |key: &str, value: Value| {
        let mut body = json!({"token_id": "0".repeat(16), "hash": "0".repeat(64), "user_id": "x", "grants": [], "expires_at": "2099-01-01T00:00:00Z"});
        body[key] = value;
        body
    };
    let with =
        |what, key: &str, value: Value| put(what, "/api/v1/tokens/stranger/1".to_owned(), &token(key, value), 400, BAD);
    vec![
        with("a hash that is none", "hash", json!("0".repeat(63))),
        with("a time that is none", "expires_at", json!("soon")),
        with("a privilege that is none", "grants", json!([{"warehouse": "lake", "privileges": ["Fly"]}])),
        put(
            "a revision that is no number",
            "/api/v1/tokens/stranger/first".to_owned(),
            &token("user_id", json!("x")),
            400,
            BAD,
        ),
        put(
            "another hash under a revision that is there",
            "/api/v1/tokens/writer/1".to_owned(),
            &token("user_id", json!("x")),
            409,
            "ConflictException",
        ),
        post(
            "a confirmation of a revision that is not there",
            "/api/v1/tokens/stranger/1/confirm".to_owned(),
            &json!({"cap_older_at": "2099-01-01T00:00:00Z"}),
            404,
            "NotFoundException",
        ),
        bare(
            "tokens of an owner who has none",
            Method::GET,
            "/api/v1/tokens/stranger".to_owned(),
            404,
            "NotFoundException",
        ),
    ]
}
