//! Tables: create, load, register, rename, drop.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Bad, bare, bytes, post};
use crate::iceberg::rest::schema;

const BAD: &str = "BadRequestException";
const INVALID: &str = "ValidationException";

pub(super) fn table(prefix: &str, root: &str, loaded: &Value) -> Vec<Bad> {
    let mut all = create(prefix, root);
    all.extend(schemas(prefix));
    all.extend(register(prefix, root, loaded["metadata-location"].as_str().unwrap_or_default()));
    all.extend(rename(prefix));
    all.extend(others(prefix));
    all
}

/// A create request with some fields of its own.
fn creating(fields: &Value) -> Value {
    let mut body = json!({"name": "x", "schema": schema()});
    for (key, value) in fields.as_object().into_iter().flatten() {
        body[key] = value.clone();
    }
    body
}

fn create(prefix: &str, root: &str) -> Vec<Bad> {
    let path = || format!("{prefix}/namespaces/n/tables");
    let bad = |what, fields: Value| post(what, path(), &creating(&fields), 400, BAD);
    let invalid = |what, fields: Value| post(what, path(), &creating(&fields), 400, INVALID);
    let at = |what, location: String| invalid(what, json!({"location": location}));
    vec![
        bytes("a table from a body that breaks off", path(), r#"{"name": "x", "schema": {"#, 400, BAD),
        post("a table without a schema", path(), &json!({"name": "x"}), 400, BAD),
        bad("a table without a name", json!({"name": null})),
        bad("an empty name", json!({"name": ""})),
        bad("a name of 256 bytes", json!({"name": "x".repeat(256)})),
        bad("a name with a line break", json!({"name": "a\nb"})),
        bad("a property that is a list", json!({"properties": {"a": []}})),
        invalid("a property that looks like a secret", json!({"properties": {"s3.secret-access-key": "a"}})),
        invalid("format version 9", json!({"properties": {"format-version": "9"}})),
        invalid("format version 4, which is not adopted yet", json!({"properties": {"format-version": "4"}})),
        invalid("a format version that is no number", json!({"properties": {"format-version": "new"}})),
        at("a location outside the warehouse", "file:///etc/pangolin".to_owned()),
        at("a location in another store", "s3://bucket/x".to_owned()),
        at("a location that climbs out", format!("file://{root}/../outside")),
        at("a location that climbs out in disguise", format!("file://{root}/%2e%2e/outside")),
        at("a location beside the root", format!("file://{root}-beside/x")),
        at("a location that is no URL", "somewhere".to_owned()),
        invalid("metadata outside the warehouse", json!({"properties": {"write.metadata.path": "file:///etc"}})),
        invalid(
            "data outside the warehouse",
            json!({"properties": {"write.data.path": format!("file://{root}/../outside")}}),
        ),
        post("a table that is there", path(), &creating(&json!({"name": "t"})), 409, "AlreadyExistsException")
            .saying("Table already exists: n.t"),
        post(
            "a table in a namespace that is not there",
            format!("{prefix}/namespaces/missing/tables"),
            &creating(&json!({})),
            404,
            "NoSuchNamespaceException",
        )
        .saying("Namespace does not exist: missing"),
    ]
}

fn schemas(prefix: &str) -> Vec<Bad> {
    let with = |what, kind, fields: Value| {
        let body = creating(&json!({"schema": {"type": "struct", "fields": fields}}));
        post(what, format!("{prefix}/namespaces/n/tables"), &body, 400, kind)
    };
    let column = |id: i64, name: &str, kind: Value| json!({"id": id, "name": name, "type": kind, "required": false});
    let partitioned =
        |what, spec: Value| post(what, format!("{prefix}/namespaces/n/tables"), &creating(&spec), 400, INVALID);
    vec![
        with("a column of an unknown type", BAD, json!([column(1, "a", json!("strange"))])),
        with("two columns of one name", INVALID, json!([column(1, "a", json!("int")), column(2, "a", json!("int"))])),
        with("two columns of one id", INVALID, json!([column(1, "a", json!("int")), column(1, "b", json!("int"))])),
        with("a decimal of 99 digits", BAD, json!([column(1, "a", json!("decimal(99, 2)"))])),
        with("a type nested 200 deep", BAD, json!([column(1, "a", nested(200))])),
        partitioned(
            "a partition of an unknown column",
            json!({"partition-spec": {"fields": [{"source-id": 99, "transform": "identity", "name": "p"}]}}),
        ),
        partitioned(
            "an order by an unknown column",
            json!({"write-order": {"order-id": 1, "fields": [{"source-id": 99, "transform": "identity", "direction": "asc", "null-order": "nulls-first"}]}}),
        ),
    ]
}

fn nested(depth: i64) -> Value {
    (0..depth).fold(
        json!("int"),
        |inner, level| json!({"type": "list", "element-id": level + 10, "element": inner, "element-required": false}),
    )
}

fn register(prefix: &str, root: &str, current: &str) -> Vec<Bad> {
    let with = |what, name: &str, location: String, status, kind| {
        post(
            what,
            format!("{prefix}/namespaces/n/register"),
            &json!({"name": name, "metadata-location": location}),
            status,
            kind,
        )
    };
    vec![
        with("a registration of a file outside", "x", "file:///etc/passwd".to_owned(), 400, INVALID),
        with("a registration of a file that climbs out", "x", format!("file://{root}/../catalog.db"), 400, INVALID),
        with(
            "a registration of a file that is not there",
            "x",
            format!("file://{root}/n/x/metadata/0.metadata.json"),
            404,
            "NotFoundException",
        ),
        with("a registration under a name that is there", "t", current.to_owned(), 409, "AlreadyExistsException"),
        post(
            "a registration without a file",
            format!("{prefix}/namespaces/n/register"),
            &json!({"name": "x"}),
            400,
            BAD,
        ),
    ]
}

fn rename(prefix: &str) -> Vec<Bad> {
    let with = |what, from: [&str; 2], to: [&str; 2], status, kind| {
        let name = |[namespace, name]: [&str; 2]| json!({"namespace": [namespace], "name": name});
        post(
            what,
            format!("{prefix}/tables/rename"),
            &json!({"source": name(from), "destination": name(to)}),
            status,
            kind,
        )
    };
    vec![
        with("a rename of a table that is not there", ["n", "missing"], ["n", "x"], 404, "NoSuchTableException")
            .saying("Table does not exist: n.missing"),
        with("a rename onto a table that is there", ["n", "t"], ["n", "u"], 409, "AlreadyExistsException")
            .saying("Cannot rename n.t to n.u. Table already exists"),
        with(
            "a rename into a namespace that is not there",
            ["n", "t"],
            ["missing", "x"],
            404,
            "NoSuchNamespaceException",
        )
        .saying("Namespace does not exist: missing"),
        with("a rename to an empty name", ["n", "t"], ["n", ""], 400, BAD),
        post("a rename of nothing", format!("{prefix}/tables/rename"), &json!({}), 400, BAD),
    ]
}

fn others(prefix: &str) -> Vec<Bad> {
    let tables = format!("{prefix}/namespaces/n/tables");
    vec![
        bare(
            "a load of a table that is not there",
            Method::GET,
            format!("{tables}/missing"),
            404,
            "NoSuchTableException",
        )
        .saying("Table does not exist: n.missing"),
        bare("a load of some snapshots", Method::GET, format!("{tables}/t?snapshots=some"), 400, BAD),
        bare(
            "a drop of a table that is not there",
            Method::DELETE,
            format!("{tables}/missing"),
            404,
            "NoSuchTableException",
        )
        .saying("Table does not exist: n.missing"),
        bare(
            "a drop that is not sure whether to purge",
            Method::DELETE,
            format!("{tables}/t?purgeRequested=maybe"),
            400,
            BAD,
        ),
        bare(
            "the tables of a namespace that is not there",
            Method::GET,
            format!("{prefix}/namespaces/missing/tables"),
            404,
            "NoSuchNamespaceException",
        )
        .saying("Namespace does not exist: missing"),
    ]
}
