//! Addresses: warehouses, refs, routes, methods.

use reqwest::Method;
use serde_json::json;

use super::{Bad, bare, post};

const BAD: &str = "BadRequestException";
const NO_WAREHOUSE: &str = "NoSuchWarehouseException";
const NOT_BUILT: &str = "UnsupportedOperationException";
const NO_REF: &str = "Ref does not exist: dev in warehouse lake";

pub(super) fn table(prefix: &str) -> Vec<Bad> {
    let get = |what, path: &str, status, kind| bare(what, Method::GET, path.to_owned(), status, kind);
    let unbuilt = |what, path: &str| get(what, &format!("{prefix}/{path}"), 406, NOT_BUILT);
    vec![
        get("the settings of no warehouse", "/v1/config", 400, BAD),
        get("the settings of a warehouse that is not there", "/v1/config?warehouse=sea", 404, NO_WAREHOUSE),
        get("the settings of a warehouse that cannot be", "/v1/config?warehouse=No%20Lake", 404, NO_WAREHOUSE),
        get("the settings of a ref that is not there", "/v1/config?warehouse=lake@dev", 404, NO_WAREHOUSE)
            .saying(NO_REF),
        get("the settings of what is no ref", "/v1/config?warehouse=lake@a%20b", 400, BAD)
            .saying("what follows lake@ must be"),
        get("a prefix that is not there", "/v1/sea/namespaces", 404, NO_WAREHOUSE),
        get("a prefix with a ref that is not there", "/v1/lake~ZGV2/namespaces", 404, NO_WAREHOUSE).saying(NO_REF),
        get("a header with a ref that is not there", &format!("{prefix}/namespaces"), 404, NO_WAREHOUSE)
            .saying(NO_REF)
            .with_header("x-pangolin-ref", "dev"),
        get("a header that is no ref", &format!("{prefix}/namespaces"), 400, BAD).with_header("x-pangolin-ref", "a b"),
        get("a route that never was", "/v1/lake/weather", 404, "NotFoundException"),
        get("an address that never was", "/weather", 404, "NotFoundException"),
        bare(
            "a method that the route does not have",
            Method::PUT,
            format!("{prefix}/namespaces"),
            405,
            "MethodNotAllowedException",
        ),
        unbuilt("functions, which are not built", "namespaces/n/functions"),
        unbuilt("credentials, which are not built", "namespaces/n/tables/t/credentials"),
        post(
            "scan planning, which is not built",
            format!("{prefix}/namespaces/n/tables/t/plan"),
            &json!({}),
            406,
            NOT_BUILT,
        ),
    ]
}
