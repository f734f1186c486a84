//! Walks the one list of routes with every kind of credential that must not work there.

use std::time::Duration;

use catalog_api::{Auth, ENDPOINTS, Endpoint, Privilege};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::sleep;

use super::store::{self, Store};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake, grant};
use crate::iceberg::rest::{Answer, Rest};
use crate::lab::Lab;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut asked = 0;
    for store in Store::BOTH {
        let lake = store::lake(lab, "contract_no_route_forgets_auth", store).await?;
        lake.rest.create_namespace(&lake.prefix, "n").await?;
        lake.rest.create_table(&lake.prefix, "n", "t").await?;
        lake.rest.post(&format!("{}/namespaces/n/views", lake.prefix), &view("v")).await?;
        let before = store::fingerprint(&lake).await?;
        asked += walk(&lake).await.attempt(format!("on {store:?}"))?;
        check(store::fingerprint(&lake).await? == before, || "a refused request changed something".to_owned())?;
    }
    Ok(format!("{} routes, {asked} requests", ENDPOINTS.len()))
}

async fn walk(lake: &Lake) -> Outcome<usize> {
    let credentials = invalid_credentials(lake).await?;
    let ungranted = Rest::new(lake.server.uri(), Some(&lake.token("ungranted", vec![], HOUR).await?))?;
    let reader =
        Rest::new(lake.server.uri(), Some(&lake.token("reader", vec![grant(&[Privilege::Read])], HOUR).await?))?;
    let head = lake.rest.get(&format!("/api/v1/warehouses/{LAKE}/refs/main")).await?;
    let commit = head["commit"].as_str().ok_or_else(|| Failure::new("main has no commit"))?;
    let ask = async |rest: &Rest, endpoint: &Endpoint| ask(rest, endpoint, commit).await;
    let mut asked = 0;
    for endpoint in ENDPOINTS {
        match endpoint.auth {
            Auth::Public => {
                expect(endpoint, "nobody", &ask(&Rest::new(lake.server.uri(), None)?, endpoint).await?, 200, "")?;
            }
            Auth::Platform => platform(lake, endpoint, commit).await?,
            Auth::Token | Auth::Admin => {
                for (name, rest) in &credentials {
                    expect(endpoint, name, &ask(rest, endpoint).await?, 401, "NotAuthorizedException")?;
                }
                without_a_grant(endpoint, &ask(&ungranted, endpoint).await?)?;
                with_read_only(endpoint, &ask(&reader, endpoint).await?)?;
                asked += credentials.len() + 1;
            }
        }
        asked += 1;
    }
    Ok(asked)
}

const HOUR: Duration = Duration::from_secs(3600);

/// Nothing, nonsense, strangers, and tokens that were good once.
async fn invalid_credentials(lake: &Lake) -> Outcome<Vec<(&'static str, Rest)>> {
    let uri = lake.server.uri();
    let everything = || vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
    let expired = lake.token("expired", everything(), Duration::from_secs(1)).await?;
    let revoked = lake.token("revoked", everything(), HOUR).await?;
    let good = lake.token("damaged", everything(), HOUR).await?;
    let damaged = format!("{}{}", &good[..good.len() - 1], if good.ends_with('0') { '1' } else { '0' });
    let stranger = catalog_api::BearerToken::generate().attempt("generate a token")?;
    lake.manage.revoke_tokens("revoked").await.attempt("revoke a token")?;
    sleep(Duration::from_millis(1100)).await;
    Ok(vec![
        ("nobody", Rest::new(uri, None)?),
        ("an empty token", Rest::new(uri, Some(""))?),
        ("nonsense", Rest::new(uri, Some("x"))?),
        ("a stranger's token", Rest::new(uri, Some(stranger.expose()))?),
        ("a damaged token", Rest::new(uri, Some(&damaged))?),
        ("an expired token", Rest::new(uri, Some(&expired))?),
        ("a revoked token", Rest::new(uri, Some(&revoked))?),
    ])
}

/// A warehouse without a grant is not there; the management API is there, and not for everybody.
fn without_a_grant(endpoint: &Endpoint, answer: &Answer) -> Outcome {
    let who = "a token without a grant";
    match endpoint.auth {
        Auth::Admin => expect(endpoint, who, answer, 403, "ForbiddenException"),
        Auth::Token | Auth::Public | Auth::Platform => expect(endpoint, who, answer, 404, "NoSuchWarehouseException"),
    }
}

/// Reading works, and telling of it; writing is forbidden.
fn with_read_only(endpoint: &Endpoint, answer: &Answer) -> Outcome {
    let reads = matches!(endpoint.method, "GET" | "HEAD") || endpoint.path.ends_with("/metrics");
    match endpoint.auth {
        Auth::Token if reads => check(answer.status.is_success(), || complain(endpoint, "a reader", answer)),
        _ => expect(endpoint, "a reader", answer, 403, "ForbiddenException"),
    }
}

/// The platform's routes answer anybody on their own port, and are not on the clients'.
async fn platform(lake: &Lake, endpoint: &Endpoint, commit: &str) -> Outcome {
    let own = ask(&Rest::new(lake.server.platform_uri(), None)?, endpoint, commit).await?;
    expect(endpoint, "the platform", &own, 200, "")?;
    let clients = ask(&Rest::new(lake.server.uri(), None)?, endpoint, commit).await?;
    check(!clients.status.is_success(), || complain(endpoint, "a client on the clients' port", &clients))
}

/// Calls a route with parameters that exist and a body that would be a good one.
async fn ask(rest: &Rest, endpoint: &Endpoint, commit: &str) -> Outcome<Answer> {
    let method = Method::from_bytes(endpoint.method.as_bytes()).attempt("read a method of ENDPOINTS")?;
    let path = [
        ("{prefix}", LAKE),
        ("{warehouse}", LAKE),
        ("{namespace}", "n"),
        ("{table}", "t"),
        ("{view}", "v"),
        ("{owner}", "writer"),
        ("{revision}", "1"),
        ("{ref}", "main"),
        ("{commit}", commit),
    ]
    .iter()
    .fold(endpoint.path.to_owned(), |path, (name, value)| path.replace(name, value));
    check(!path.contains('{'), || format!("this case has no value for a parameter of {path}"))?;
    let query = match endpoint.path {
        "/v1/config" => "?warehouse=lake",
        "/api/v1/warehouses/{warehouse}/diff" => "?from=main&to=main",
        "/api/v1/warehouses/{warehouse}" if endpoint.method == "DELETE" => "?owner_uid=e2e-warehouse",
        _ => "",
    };
    let body =
        if matches!(endpoint.method, "POST" | "PUT" | "PATCH") { good_body(endpoint.path)? } else { Value::Null };
    rest.send(method, &format!("{path}{query}"), &body).await
}

fn good_body(path: &str) -> Outcome<Value> {
    let schema = crate::iceberg::rest::schema();
    let identifier = |name: &str| json!({"namespace": ["n"], "name": name});
    let set = json!([{"action": "set-properties", "updates": {"a": "b"}}]);
    Ok(match path {
        "/v1/{prefix}/namespaces" => json!({"namespace": ["other"]}),
        "/v1/{prefix}/namespaces/{namespace}/properties" => json!({"updates": {"a": "b"}}),
        "/v1/{prefix}/namespaces/{namespace}/tables" => json!({"name": "other", "schema": schema}),
        "/v1/{prefix}/namespaces/{namespace}/views" => view("other"),
        "/v1/{prefix}/namespaces/{namespace}/register" | "/v1/{prefix}/namespaces/{namespace}/register-view" => {
            json!({"name": "other", "metadata-location": "file:///nowhere.metadata.json"})
        }
        "/v1/{prefix}/namespaces/{namespace}/tables/{table}" | "/v1/{prefix}/namespaces/{namespace}/views/{view}" => {
            json!({"requirements": [], "updates": set})
        }
        "/v1/{prefix}/namespaces/{namespace}/tables/{table}/unregister" => json!({}),
        "/v1/{prefix}/namespaces/{namespace}/tables/{table}/metrics" => json!({"report-type": "scan-report"}),
        "/v1/{prefix}/transactions/commit" => {
            json!({"table-changes": [{"identifier": identifier("t"), "requirements": [], "updates": set}]})
        }
        "/v1/{prefix}/tables/rename" => json!({"source": identifier("t"), "destination": identifier("u")}),
        "/v1/{prefix}/views/rename" => json!({"source": identifier("v"), "destination": identifier("w")}),
        "/api/v1/warehouses/{warehouse}" => {
            json!({"owner_uid": "x", "namespace": "e2e", "revision": "1", "location": "file:///nowhere"})
        }
        "/api/v1/warehouses/{warehouse}/refs" => json!({"name": "other", "type": "branch"}),
        "/api/v1/warehouses/{warehouse}/refs/{ref}" => json!({"protected": true}),
        "/api/v1/warehouses/{warehouse}/merge" => json!({"from": "main", "into": "main"}),
        "/api/v1/warehouses/{warehouse}/cherry-pick" | "/api/v1/warehouses/{warehouse}/revert" => {
            json!({"commit": "0191d2c4-7b1c-7000-8000-000000000000", "into": "main"})
        }
        "/api/v1/warehouses/{warehouse}/undrop" => json!({"kind": "table", "namespace": ["n"], "name": "t"}),
        "/api/v1/tokens/{owner}/{revision}" => {
            json!({"token_id": "0".repeat(16), "hash": "0".repeat(64), "user_id": "x", "grants": [], "expires_at": "2030-01-01T00:00:00Z"})
        }
        "/api/v1/tokens/{owner}/{revision}/confirm" => json!({"cap_older_at": "2030-01-01T00:00:00Z"}),
        _ => return Err(Failure::new(format!("this case has no body for {path}: add one"))),
    })
}

/// A request for a view.
fn view(name: &str) -> Value {
    json!({
        "name": name,
        "schema": crate::iceberg::rest::schema(),
        "view-version": {
            "version-id": 1, "timestamp-ms": 0, "schema-id": 0, "summary": {}, "default-namespace": ["n"],
            "representations": [{"type": "sql", "sql": "SELECT 1", "dialect": "spark"}],
        },
        "properties": {},
    })
}

/// The status, and the type in the error body; an answer to HEAD has no body.
fn expect(endpoint: &Endpoint, who: &str, answer: &Answer, status: u16, kind: &str) -> Outcome {
    let has_body = endpoint.method != "HEAD" && !kind.is_empty();
    let right = answer.status.as_u16() == status && (!has_body || answer.error_type() == kind);
    check(right, || format!("{}, expected {status} {kind}", complain(endpoint, who, answer)))
}

fn complain(endpoint: &Endpoint, who: &str, answer: &Answer) -> String {
    format!("{} as {who}: answered {}", endpoint.advertised(), answer.says())
}
