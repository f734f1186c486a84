//! The commit tree's part of the management API, asked by a principal who may do everything there.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bad, bare, post};
use crate::hosts::lake::LAKE;

const BAD: &str = "BadRequestException";
const INVALID: &str = "ValidationException";
const NOT_FOUND: &str = "NotFoundException";
const CONFLICT: &str = "ConflictException";
const EXISTS: &str = "AlreadyExistsException";
const NO_WAREHOUSE: &str = "NoSuchWarehouseException";
const NO_REF: &str = "Ref does not exist: ";
/// The id of no commit.
const NOBODY: &str = "0191d2c4-7b1c-7000-8000-000000000000";

pub(super) fn table() -> Vec<Bad> {
    [refs(), reads(), merges(), undrops()].concat()
}

fn at(path: &str) -> String {
    format!("/api/v1/warehouses/{LAKE}/{path}")
}

fn refs() -> Vec<Bad> {
    let create = |what, body: Value, status, kind| post(what, at("refs"), &body, status, kind);
    let change = |what, name: &str, body: Value, status, kind| Bad {
        method: Method::PATCH,
        ..post(what, at(&format!("refs/{name}")), &body, status, kind)
    };
    let delete = |what, name: &str, status, kind| bare(what, Method::DELETE, at(&format!("refs/{name}")), status, kind);
    vec![
        create("a branch whose name is a uuid", json!({"name": NOBODY, "type": "branch"}), 400, INVALID),
        create("a branch whose name has a space", json!({"name": "a b", "type": "branch"}), 400, INVALID),
        create("a branch of a name that is there", json!({"name": "main", "type": "branch"}), 409, EXISTS),
        create("a tag of a branch's name", json!({"name": "main", "type": "tag"}), 409, EXISTS),
        create("a ref of no kind", json!({"name": "x", "type": "bough"}), 400, BAD),
        create("a branch from what is not there", json!({"name": "x", "type": "branch", "from": "y"}), 404, NOT_FOUND)
            .saying(NO_REF),
        create("a branch from no expression", json!({"name": "x", "type": "branch", "from": "a b"}), 400, BAD),
        create("a branch with a field of no meaning", json!({"name": "x", "type": "branch", "hue": 1}), 400, BAD),
        change("another name for main", "main", json!({"name": "x"}), 409, CONFLICT),
        change("a change of what is not there", "x", json!({"protected": true}), 404, NOT_FOUND),
        delete("the end of main", "main", 409, CONFLICT),
        delete("the end of what is not there", "x", 404, NOT_FOUND),
        bare("a ref that is not there", Method::GET, at("refs/x"), 404, NOT_FOUND),
        bare("refs of no kind", Method::GET, at("refs?type=bough"), 400, BAD),
    ]
}

fn reads() -> Vec<Bad> {
    let get = |what, path: &str, status, kind| bare(what, Method::GET, at(path), status, kind);
    let elsewhere = "/api/v1/warehouses/sea/refs".to_owned();
    vec![
        bare("refs of a warehouse that is not there", Method::GET, elsewhere, 404, NO_WAREHOUSE),
        get("a commit that is none", "commits/x", 400, BAD),
        get("a commit that is not there", &format!("commits/{NOBODY}"), 404, NOT_FOUND),
        get("the changes of a commit that is not there", &format!("commits/{NOBODY}/changes"), 404, NOT_FOUND),
        get("the history of what is not there", "commits?ref=x", 404, NOT_FOUND).saying(NO_REF),
        get("a history since what is no time", "commits?since=yesterday", 400, BAD),
        get("a history of a table in no namespace", "commits?table=t", 400, BAD),
        get("a page of another list", "commits?page_token=x", 400, BAD),
        get("a diff with nothing", "diff?from=main", 400, BAD),
        get("a diff with what is not there", "diff?from=main&to=x", 404, NOT_FOUND).saying(NO_REF),
        get("what a time dropped", "dropped?ref=main@%7B2999-01-01T00:00:00Z%7D", 400, BAD),
    ]
}

fn merges() -> Vec<Bad> {
    let merge = |what, body: Value, status, kind| post(what, at("merge"), &body, status, kind);
    let pick = |what, route: &str, commit: &str, into: &str, status, kind| {
        post(what, at(route), &json!({"commit": commit, "into": into}), status, kind)
    };
    let long = "x".repeat(4_097);
    vec![
        merge("a merge of what is not there", json!({"from": "x", "into": "main"}), 404, NOT_FOUND).saying(NO_REF),
        merge("a merge into what is not there", json!({"from": "main", "into": "x"}), 404, NOT_FOUND).saying(NO_REF),
        merge("a merge into a commit", json!({"from": "main", "into": "main@{2999-01-01T00:00:00Z}"}), 400, BAD),
        merge("a merge in no mode", json!({"from": "main", "into": "main", "mode": "mine"}), 400, BAD),
        merge("a merge with a long message", json!({"from": "main", "into": "main", "message": long}), 400, INVALID),
        merge("a merge of nothing", json!({"into": "main"}), 400, BAD),
        pick("a cherry that is not there", "cherry-pick", NOBODY, "main", 404, NOT_FOUND),
        pick("a cherry that is no commit", "cherry-pick", "main", "main", 400, BAD),
        pick("a revert of what is not there", "revert", NOBODY, "main", 404, NOT_FOUND),
        pick("a revert on what is not there", "revert", NOBODY, "x", 404, NOT_FOUND),
    ]
}

fn undrops() -> Vec<Bad> {
    let undrop = |what, name: &str, more: Value, status, kind| {
        let mut body = json!({"kind": "table", "namespace": ["n"], "name": name});
        if let (Some(body), Value::Object(more)) = (body.as_object_mut(), more) {
            body.extend(more);
        }
        post(what, at("undrop"), &body, status, kind)
    };
    vec![
        undrop("an undrop of what is there", "t", json!({}), 409, EXISTS),
        undrop("an undrop of what never was", "never", json!({}), 404, NOT_FOUND),
        undrop("an undrop of no kind", "t", json!({"kind": "index"}), 400, BAD),
        undrop("an undrop of no name", "", json!({}), 400, BAD),
        undrop("an undrop on what is not there", "t", json!({"ref": "x"}), 404, NOT_FOUND).saying(NO_REF),
    ]
}
