//! Namespaces.

use reqwest::Method;
use serde_json::json;

use super::{Bad, bare, bytes, post};

const BAD: &str = "BadRequestException";
const INVALID: &str = "ValidationException";

pub(super) fn table(prefix: &str) -> Vec<Bad> {
    let all = || format!("{prefix}/namespaces");
    let one = |name: &str| format!("{prefix}/namespaces/{name}");
    let named = |what, levels| post(what, all(), &json!({"namespace": levels}), 400, BAD);
    vec![
        bytes("a body that breaks off", all(), r#"{"namespace": ["#, 400, BAD),
        bytes("no body where one is due", all(), "", 400, BAD),
        bytes("a body that is not UTF-8", all(), b"{\"namespace\": [\"\xff\xfe\"]}".to_vec(), 400, BAD),
        bytes("text after the body", all(), r#"{"namespace": ["x"]} {}"#, 400, BAD),
        bytes("a body nested without end", all(), "[".repeat(100_000), 400, BAD),
        bytes("a body of another kind", all(), "namespace=x", 415, "UnsupportedMediaTypeException")
            .with_header("content-type", "application/x-www-form-urlencoded"),
        bytes("a body that is compressed", all(), b"\x1f\x8b".to_vec(), 415, "UnsupportedMediaTypeException")
            .saying("without Content-Encoding")
            .with_header("content-encoding", "gzip"),
        bytes(
            "a body above the limit",
            all(),
            format!(r#"{{"namespace": ["{}"]}}"#, "x".repeat(70 << 20)),
            413,
            "PayloadTooLargeException",
        ),
        post("a list instead of an object", all(), &json!([]), 400, BAD),
        post("a namespace that is not named", all(), &json!({"properties": {}}), 400, BAD),
        post("a namespace that is a string", all(), &json!({"namespace": "x"}), 400, BAD),
        named("levels that are numbers", json!([1, 2])),
        named("a namespace without levels", json!([])),
        named("an empty level", json!(["a", ""])),
        named("a level with a control character", json!(["a\u{1f}b"])),
        named("a level with a NUL", json!(["a\u{0}b"])),
        named("a level of 256 bytes", json!(["x".repeat(256)])),
        named("a level of 86 times three bytes", json!(["€".repeat(86)])),
        named("a path above 1,024 bytes", json!(vec!["x".repeat(250); 5])),
        post("a property that is a number", all(), &json!({"namespace": ["x"], "properties": {"a": 1}}), 400, BAD),
        post(
            "a property that looks like a secret",
            all(),
            &json!({"namespace": ["x"], "properties": {"s3.secret-access-key": "a"}}),
            400,
            INVALID,
        ),
        post("a namespace that is there", all(), &json!({"namespace": ["n"]}), 409, "AlreadyExistsException")
            .saying("Namespace already exists"),
        post(
            "a namespace below one that is not",
            all(),
            &json!({"namespace": ["missing", "x"]}),
            404,
            "NoSuchNamespaceException",
        ),
        bare(
            "a list below a namespace that is not there",
            Method::GET,
            format!("{}?parent=missing", all()),
            404,
            "NoSuchNamespaceException",
        )
        .saying("Namespace does not exist: missing"),
        bare("a load of a namespace that is not there", Method::GET, one("missing"), 404, "NoSuchNamespaceException")
            .saying("Namespace does not exist: missing"),
        bare(
            "a drop of a namespace that is not there",
            Method::DELETE,
            one("missing"),
            404,
            "NoSuchNamespaceException",
        )
        .saying("Namespace does not exist: missing"),
        bare("a drop of a namespace that holds tables", Method::DELETE, one("n"), 409, "NamespaceNotEmptyException")
            .saying("is not empty"),
        bare("a name in a path that is not UTF-8", Method::GET, one("%FF"), 400, BAD),
        post(
            "a key to set and to remove",
            one("n/properties"),
            &json!({"removals": ["a"], "updates": {"a": "b"}}),
            422,
            "UnprocessableEntityException",
        ),
        post(
            "properties of a namespace that is not there",
            one("missing/properties"),
            &json!({"updates": {"a": "b"}}),
            404,
            "NoSuchNamespaceException",
        ),
        post("updates that are a list", one("n/properties"), &json!({"updates": ["a"]}), 400, BAD),
        post(
            "a secret among the updates",
            one("n/properties"),
            &json!({"updates": {"s3.secret-access-key": "b"}}),
            400,
            INVALID,
        ),
    ]
}
