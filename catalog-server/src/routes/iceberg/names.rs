//! Namespaces and tables as requests name them: in the path, in a query, in a body.

use std::sync::Arc;

use axum::extract::{FromRequestParts, MatchedPath};
use catalog_api::Privilege;
use catalog_api::iceberg::TableIdentifier;
use catalog_store::{Key, NamespacePath};
use http::request::Parts;
use percent_encoding::percent_decode_str;

use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// What divides the levels of a namespace in paths and queries. `/v1/config` advertises it, percent-encoded.
pub(crate) use catalog_api::names::NAMESPACE_SEPARATOR as SEPARATOR;

// Clients encode a space in a path as `%20` (PyIceberg) or as `+` (Java), and a plus as `%2B` or not at all (iceberg-go).
// So a path with `+` is read twice: the literal name is taken if it exists, else the one with spaces. A path without `+`
// costs no statement here.

/// The parameter `{namespace}` of a path.
#[derive(Clone, Debug)]
pub(crate) struct InPath(pub(crate) NamespacePath);

/// The parameters `{namespace}` and `{table}`, or `{view}`, of a path.
#[derive(Clone, Debug)]
pub(crate) struct RelationInPath(pub(crate) Key);

impl FromRequestParts<Arc<App>> for InPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        find_namespace(app, parts).await.map(Self)
    }
}

impl FromRequestParts<Arc<App>> for RelationInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, ApiError> {
        let ns = find_namespace(app, parts).await?;
        let name = parameter(parts, &["{table}", "{view}"])?;
        let literal = Key::relation(ns, decoded(name)?)?;
        if !name.contains('+') || exists(app, parts, &literal.ns, &literal).await? {
            return Ok(Self(literal));
        }
        // Also if neither exists: the first commit of a staged table comes with `+` from Java only.
        Ok(Self(Key::relation(literal.ns, form_decoded(name)?)?))
    }
}

async fn find_namespace(app: &App, parts: &Parts) -> Result<NamespacePath, ApiError> {
    let parameter = parameter(parts, &["{namespace}"])?;
    let literal = split(&decoded(parameter)?)?;
    if !parameter.contains('+') {
        return Ok(literal);
    }
    let spaced = split(&form_decoded(parameter)?)?;
    for candidate in [&literal, &spaced] {
        if let Some(key) = candidate.key()
            && exists(app, parts, candidate, &key).await?
        {
            return Ok(candidate.clone());
        }
    }
    Ok(literal)
}

/// What the caller has no rights in, namely in `ns`, does not exist for it: the answer would tell whether it does.
async fn exists(app: &App, parts: &Parts, ns: &NamespacePath, key: &Key) -> Result<bool, ApiError> {
    let session = Session::of(parts)?;
    if !session.sees(ns) && session.allow(Privilege::Write, ns).is_err() {
        return Ok(false);
    }
    Ok(app.store.look(session.view(), key).await?.is_some())
}

/// The parameter that has one of these names in the route, as it stands in the path.
fn parameter<'p>(parts: &'p Parts, names: &[&str]) -> Result<&'p str, ApiError> {
    let route = parts.extensions.get::<MatchedPath>().map(MatchedPath::as_str).unwrap_or_default();
    let found = route.split('/').zip(parts.uri.path().split('/')).find(|(name, _)| names.contains(name));
    let missing = || ApiError::internal(format!("the route has no parameter {names:?}"));
    found.map(|(_, value)| value).ok_or_else(missing)
}

fn decoded(text: &str) -> Result<String, ApiError> {
    let decoded = percent_decode_str(text).decode_utf8();
    let decoded = decoded.map_err(|_| ApiError::bad_request("the path is not UTF-8 after percent-decoding"))?;
    Ok(decoded.into_owned())
}

/// As HTML forms encode: `+` is a space.
fn form_decoded(text: &str) -> Result<String, ApiError> {
    decoded(&text.replace('+', "%20"))
}

/// The namespace in a path or query, percent-decoded already.
pub(crate) fn split(text: &str) -> Result<NamespacePath, ApiError> {
    Ok(NamespacePath::new(text.split(SEPARATOR))?)
}

/// The namespace in a body.
pub(crate) fn namespace(levels: &[String]) -> Result<NamespacePath, ApiError> {
    if levels.is_empty() {
        return Err(ApiError::bad_request("a namespace must have at least one level"));
    }
    Ok(NamespacePath::new(levels)?)
}

/// The table or view in a body.
pub(crate) fn relation(identifier: TableIdentifier) -> Result<Key, ApiError> {
    let TableIdentifier { namespace: levels, name } = identifier;
    Ok(Key::relation(namespace(&levels)?, name)?)
}

/// The levels, as bodies have them.
pub(crate) fn levels(ns: &NamespacePath) -> Vec<String> {
    ns.levels().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_divided_by_the_unit_separator_and_by_nothing_else() {
        assert_eq!(levels(&split("a\u{1f}b.c\u{1f}d e").unwrap()), ["a", "b.c", "d e"]);
    }

    #[test]
    fn an_empty_or_half_empty_namespace_is_a_bad_request() {
        for bad in ["", "a\u{1f}", "\u{1f}a", "a\u{1f}\u{1f}b", "a\nb"] {
            assert_eq!(split(bad).unwrap_err().r#type.code(), 400, "{bad:?}");
        }
        assert_eq!(namespace(&[]).unwrap_err().r#type.code(), 400);
    }
}
