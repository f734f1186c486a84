//! Namespaces and tables as requests name them: in the path, in a query, in a body.

use axum::extract::{FromRequestParts, RawPathParams};
use catalog_api::iceberg::TableIdentifier;
use catalog_store::{Key, NamespacePath};
use http::request::Parts;

use crate::error::ApiError;

/// What divides the levels of a namespace in paths and queries. `/v1/config` advertises it, percent-encoded.
pub(crate) use catalog_api::names::NAMESPACE_SEPARATOR as SEPARATOR;

/// The parameter `{namespace}` of a path.
#[derive(Clone, Debug)]
pub(crate) struct InPath(pub(crate) NamespacePath);

/// The parameters `{namespace}` and `{table}`, or `{view}`, of a path.
#[derive(Clone, Debug)]
pub(crate) struct RelationInPath(pub(crate) Key);

impl<S: Send + Sync> FromRequestParts<S> for InPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        Ok(Self(split(&parameter(parts, state, &["namespace"]).await?)?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RelationInPath {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let InPath(ns) = InPath::from_request_parts(parts, state).await?;
        let name = parameter(parts, state, &["table", "view"]).await?;
        Ok(Self(Key::relation(ns, name)?))
    }
}

/// The parameter that has one of these names.
async fn parameter<S: Send + Sync>(parts: &mut Parts, state: &S, names: &[&str]) -> Result<String, ApiError> {
    let all = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| ApiError::bad_request("the path is not UTF-8 after percent-decoding"))?;
    let found = all.iter().find(|(key, _)| names.contains(key)).map(|(_, value)| value.to_owned());
    found.ok_or_else(|| ApiError::internal(format!("the route has no parameter {names:?}")))
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
