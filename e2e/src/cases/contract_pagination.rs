//! Pages of every list add up to the list, however they are cut, and while others write.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog_api::Privilege;
use futures::future::try_join;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use reqwest::Method;
use serde_json::{Value, json};

use super::store::{self, Store, array};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake, grant};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

const NAMESPACES: usize = 47;
const TABLES: usize = 123;
const TOKENS: usize = 34;
/// More than the server reads at once.
const MANY: usize = 1_100;
const MOVES: usize = 40;
/// Branches and tags, half and half.
const REFS: usize = 23;
const MOST_PAGES: usize = 2_000;
const LONG: Duration = Duration::from_secs(3600);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    for store in Store::BOTH {
        let lake = store::lake(lab, "contract_pagination", store).await?;
        fill(&lake).await?;
        iceberg(&lake).await.attempt(format!("Iceberg's lists on {store:?}"))?;
        management(&lake).await.attempt(format!("the operator's lists on {store:?}"))?;
        tree(&lake).await.attempt(format!("the commit tree's lists on {store:?}"))?;
    }
    Ok(format!("{NAMESPACES} namespaces, {TABLES} tables, {TOKENS} tokens, on both stores"))
}

async fn fill(lake: &Lake) -> Outcome {
    for number in 0..NAMESPACES {
        lake.rest.create_namespace(&lake.prefix, &format!("n{number:03}")).await?;
    }
    for number in 0..TABLES {
        lake.rest.create_table(&lake.prefix, "n000", &format!("t{number:03}")).await?;
    }
    for number in 0..TOKENS {
        let reads = vec![grant(&[Privilege::Read])];
        lake.token(&format!("one-of-many-{number:03}"), reads, LONG).await?;
    }
    Ok(())
}

async fn iceberg(lake: &Lake) -> Outcome {
    let namespaces = List { path: format!("{}/namespaces", lake.prefix), key: "namespaces", count: NAMESPACES };
    let tables = List { path: format!("{}/namespaces/n000/tables", lake.prefix), key: "identifiers", count: TABLES };
    for list in [&namespaces, &tables] {
        list.whole(&lake.rest).await?;
        for size in [1, 7, list.count - 1, list.count, list.count + 1, 100_000] {
            list.pages_add_up(&lake.rest, size).await.attempt(format!("pages of {size} of {}", list.path))?;
        }
        list.bad_pages(&lake.rest).await?;
    }
    token_of_another_list(&lake.rest, &namespaces, &tables).await?;
    others_write_meanwhile(lake, &tables).await?;
    a_whole_list_stands_still(lake).await.attempt("whole lists while a table is renamed")
}

async fn token_of_another_list(rest: &Rest, one: &List, other: &List) -> Outcome {
    let page = rest.get(&format!("{}?pageToken=&pageSize=1", one.path)).await?;
    let token = page["next-page-token"].as_str().ok_or_else(|| Failure::new("the first page names no next one"))?;
    let path = format!("{}?pageToken={}", other.path, percent(token));
    let answer = rest.send(Method::GET, &path, &Value::Null).await?;
    check(answer.status == 400, || format!("a token of {} is good for {}: {}", one.path, other.path, answer.says()))
}

/// The server reads a list of so many in pages of its own. A table that goes from the first page to the last and back
/// all the time is in each list once: a list that were read from more than one state would have it twice, or not at all.
async fn a_whole_list_stands_still(lake: &Lake) -> Outcome {
    lake.rest.create_namespace(&lake.prefix, "many").await?;
    let names = ["a-mover".to_owned()].into_iter().chain((0..MANY).map(|number| format!("t{number:04}")));
    let create = async |name: String| lake.rest.create_table(&lake.prefix, "many", &name).await.map(drop);
    stream::iter(names.map(create)).buffer_unordered(16).try_collect::<()>().await?;
    let moves = async {
        for _ in 0..MOVES {
            rename(lake, "a-mover", "z-mover").await?;
            rename(lake, "z-mover", "a-mover").await?;
        }
        Ok(())
    };
    let lists = async {
        for _ in 0..MOVES {
            let body = lake.rest.get(&format!("{}/namespaces/many/tables", lake.prefix)).await?;
            let names = array(&body, "identifiers")?.iter().filter_map(|item| item["name"].as_str());
            let movers = names.clone().filter(|name| name.ends_with("-mover")).count();
            let all = names.count();
            check((all, movers) == (MANY + 1, 1), || {
                format!("a list has {all} tables, the moving one {movers} times")
            })?;
        }
        Ok(())
    };
    try_join(moves, lists).await.map(drop)
}

async fn rename(lake: &Lake, from: &str, to: &str) -> Outcome {
    let table = |name: &str| json!({"namespace": ["many"], "name": name});
    let body = json!({"source": table(from), "destination": table(to)});
    lake.rest.post(&format!("{}/tables/rename", lake.prefix), &body).await.map(drop)
}

/// A list of the Iceberg API.
struct List {
    path: String,
    key: &'static str,
    count: usize,
}

impl List {
    /// Without `pageToken` everything comes at once, whatever `pageSize` says.
    async fn whole(&self, rest: &Rest) -> Outcome {
        for query in ["", "?pageSize=5"] {
            let body = rest.get(&format!("{}{query}", self.path)).await?;
            let items = array(&body, self.key)?;
            check(items.len() == self.count, || {
                format!("{}{query} lists {} of {}", self.path, items.len(), self.count)
            })?;
            check(body["next-page-token"].is_null(), || format!("{}{query} names a next page", self.path))?;
        }
        Ok(())
    }

    async fn pages_add_up(&self, rest: &Rest, size: usize) -> Outcome {
        let expected = array(&rest.get(&self.path).await?, self.key)?.to_vec();
        let mut seen = Vec::new();
        let mut token = String::new();
        for _page in 0..=self.count + 1 {
            let body = rest.get(&format!("{}?pageToken={token}&pageSize={size}", self.path)).await?;
            let items = array(&body, self.key)?;
            check(items.len() <= size, || format!("a page holds {} items", items.len()))?;
            seen.extend_from_slice(items);
            match body["next-page-token"].as_str() {
                None => return check(seen == expected, || "the pages differ from the list".to_owned()),
                Some(next) => token = percent(next),
            }
        }
        Err(Failure::new("the pages have no end"))
    }

    async fn bad_pages(&self, rest: &Rest) -> Outcome {
        for query in [
            "pageToken=nonsense",
            "pageToken=%F0%9F%A6%94",
            "pageToken=&pageSize=0",
            "pageToken=&pageSize=-1",
            "pageToken=&pageSize=many",
        ] {
            let answer = rest.send(Method::GET, &format!("{}?{query}", self.path), &Value::Null).await?;
            let right = answer.status == 400 && answer.error_type() == "BadRequestException";
            check(right, || format!("{}?{query} is answered by {}", self.path, answer.says()))?;
        }
        Ok(())
    }
}

/// A walk sees each table once that was there all the time, whatever comes and goes meanwhile.
async fn others_write_meanwhile(lake: &Lake, list: &List) -> Outcome {
    let always: BTreeSet<String> = (0..list.count).map(|number| format!("t{number:03}")).collect();
    let mut seen = Vec::new();
    let mut token = String::new();
    for page in 0..=list.count {
        let body = lake.rest.get(&format!("{}?pageToken={token}&pageSize=10", list.path)).await?;
        seen.extend(array(&body, list.key)?.iter().filter_map(|item| item["name"].as_str().map(str::to_owned)));
        let Some(next) = body["next-page-token"].as_str() else { break };
        token = percent(next);
        for comer in [format!("a{page:03}"), format!("t{page:03}x"), format!("z{page:03}")] {
            lake.rest.create_table(&lake.prefix, "n000", &comer).await?;
            let path = format!("{}/{comer}", list.path);
            if page % 2 == 0 {
                lake.rest.send(Method::DELETE, &path, &Value::Null).await?.success("drop a table")?;
            }
        }
    }
    let steady: Vec<&String> = seen.iter().filter(|name| always.contains(*name)).collect();
    check(steady.iter().copied().eq(always.iter()), || {
        format!("the walk saw {} of {} steady tables", steady.len(), always.len())
    })?;
    let distinct: BTreeSet<&String> = seen.iter().collect();
    check(distinct.len() == seen.len(), || "the walk saw a table twice".to_owned())
}

async fn management(lake: &Lake) -> Outcome {
    let list = "/api/v1/tokens";
    let all = lake.admin.get(&format!("{list}?page_size=1000&total=true")).await?;
    let expected = array(&all, "items")?;
    // The lake's own writer, too.
    check(expected.len() == TOKENS + 1, || format!("{} tokens are listed", expected.len()))?;
    check(all["total"] == json!(TOKENS + 1), || format!("the total is {}", all["total"]))?;
    let streamed: Vec<_> = lake.manage.tokens().page_size(7).try_collect().await.attempt("stream the tokens")?;
    let streamed = serde_json::to_value(streamed).attempt("write the tokens")?;
    check(array(&json!({"items": streamed}), "items")? == expected, || {
        "the SDK's stream differs from the list".to_owned()
    })?;
    for size in [1, 10, TOKENS, TOKENS + 1] {
        by_number(&lake.admin, list, size, expected).await.attempt(format!("page numbers, {size} a page"))?;
        by_token(&lake.admin, &format!("{list}?"), size, expected)
            .await
            .attempt(format!("page tokens, {size} a page"))?;
    }
    clamped(&lake.admin, list, expected.len()).await?;
    for query in ["page_token=nonsense", "page=1&page_token=x", "page_size=many", "page=-1"] {
        let answer = lake.admin.send(Method::GET, &format!("{list}?{query}"), &Value::Null).await?;
        check(answer.status == 400, || format!("{list}?{query} is answered by {}", answer.says()))?;
    }
    let one = lake.admin.get(&format!("{list}?user_id=token:e2e/one-of-many-007")).await?;
    check(array(&one, "items")?.len() == 1, || "the filter by user does not filter".to_owned())
}

/// Pages of these may be short, even empty, and have a next one.
async fn tree(lake: &Lake) -> Outcome {
    let grants = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
    let manager = Rest::new(lake.server.uri(), Some(&lake.token("manager", grants, LONG).await?))?;
    let at = |below: &str| format!("/api/v1/warehouses/{LAKE}/{below}");
    manager.post(&at("refs"), &json!({"name": "before", "type": "tag"})).await?;
    for number in 0..REFS {
        let (name, kind) = (format!("r{number:02}"), ["branch", "tag"][number % 2]);
        manager.post(&at("refs"), &json!({"name": name, "type": kind})).await?;
        lake.rest.create_table(&lake.prefix, "n001", &format!("d{number:02}")).await?;
    }
    for number in 0..REFS / 2 {
        let path = format!("{}/namespaces/n001/tables/d{number:02}", lake.prefix);
        lake.rest.send(Method::DELETE, &path, &Value::Null).await?.success("drop a table")?;
    }
    let newest = manager.get(&at("commits?page_size=1")).await?["items"][0]["id"].clone();
    let changes = format!("commits/{}/changes?", newest.as_str().unwrap_or_default());
    let left = REFS - REFS / 2;
    for (list, count) in [
        ("refs?", REFS + 2),
        ("refs?type=branch&", REFS.div_ceil(2) + 1),
        ("commits?ref=main&namespace=n001&", 1 + REFS + REFS / 2),
        ("diff?from=before&to=main&", left),
        ("dropped?namespace=n001&", REFS / 2),
        (changes.as_str(), 1),
    ] {
        let path = at(list);
        let expected = manager.get(&format!("{path}page_size=1000")).await?;
        let expected = array(&expected, "items")?;
        check(expected.len() == count, || format!("{list} lists {} of {count}", expected.len()))?;
        for size in [1, 7, count, count + 1] {
            by_token(&manager, &path, size, expected).await.attempt(format!("{list}, {size} a page"))?;
        }
        let bad = manager.send(Method::GET, &format!("{path}page_token=nonsense"), &Value::Null).await?;
        check(bad.status == 400, || format!("{list} takes nonsense as a page token: {}", bad.says()))?;
    }
    Ok(())
}

async fn by_number(admin: &Rest, list: &str, size: usize, expected: &[Value]) -> Outcome {
    let mut seen = Vec::new();
    for page in 1..=expected.len().div_ceil(size) {
        let body = admin.get(&format!("{list}?page={page}&page_size={size}")).await?;
        seen.extend_from_slice(array(&body, "items")?);
    }
    check(seen == expected, || "the pages differ from the list".to_owned())?;
    let beyond = admin.get(&format!("{list}?page=9999&page_size={size}")).await?;
    check(array(&beyond, "items")?.is_empty(), || "a page beyond the end is not empty".to_owned())
}

/// `list` ends where its query goes on.
async fn by_token(rest: &Rest, list: &str, size: usize, expected: &[Value]) -> Outcome {
    let (mut seen, mut query) = (Vec::new(), String::new());
    for _page in 0..MOST_PAGES {
        let body = rest.get(&format!("{list}page_size={size}{query}")).await?;
        let items = array(&body, "items")?;
        check(items.len() <= size, || format!("a page holds {} items", items.len()))?;
        seen.extend_from_slice(items);
        match body["next_page_token"].as_str() {
            None => return check(seen == expected, || "the pages differ from the list".to_owned()),
            Some(next) => query = format!("&page_token={}", percent(next)),
        }
    }
    Err(Failure::new("the pages have no end"))
}

/// Sizes out of range are clamped, not refused.
async fn clamped(admin: &Rest, list: &str, count: usize) -> Outcome {
    for (size, items) in [("0", 1), ("100000", count)] {
        let body = admin.get(&format!("{list}?page_size={size}")).await?;
        let got = array(&body, "items")?.len();
        check(got == items, || format!("page_size={size} gives {got} items"))?;
    }
    Ok(())
}

/// A token as it stands in a query.
fn percent(token: &str) -> String {
    url::form_urlencoded::byte_serialize(token.as_bytes()).collect()
}
