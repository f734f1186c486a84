//! Which state of a warehouse a request means (CONTRACT §1): the ref in its prefix or in the header `X-Pangolin-Ref`, or
//! `main`.

use axum::http::HeaderMap;
use catalog_api::names::MAIN;
use catalog_api::{Prefix, RefExpr};
use catalog_store::{Access, Asked, Branch, CatalogStore, Revision, View, Warehouse};

use crate::error::ApiError;

/// Names a ref for a prefix that names none.
pub const REF_HEADER: &str = "x-pangolin-ref";

/// The ref that a request names; `main` if it names none.
///
/// # Errors
/// 400 for a header that is not a ref expression, for several headers, and for a prefix and a header that differ.
pub fn asked(in_prefix: Option<&RefExpr>, headers: &HeaderMap) -> Result<RefExpr, ApiError> {
    let mut values = headers.get_all(REF_HEADER).iter();
    let in_header = match (values.next(), values.next()) {
        (None, _) => None,
        (Some(_), Some(_)) => return Err(ApiError::bad_request("send one header X-Pangolin-Ref, not several")),
        (Some(value), None) => {
            let parsed = value.to_str().ok().and_then(RefExpr::parse);
            Some(parsed.ok_or_else(|| ApiError::bad_request(format!("X-Pangolin-Ref must be {}", RefExpr::GRAMMAR)))?)
        }
    };
    match (in_prefix, in_header) {
        (Some(a), Some(b)) if *a != b => {
            Err(ApiError::bad_request("the prefix and the header X-Pangolin-Ref name different refs"))
        }
        (_, Some(one)) => Ok(one),
        (Some(one), None) => Ok(one.clone()),
        (None, None) => Ok(RefExpr::Name(MAIN.to_owned())),
    }
}

/// What a request has to know before anything else, and what its ref means: one statement if that is a branch, two if
/// it is a tag, a time or a commit. A ref that cannot be read is judged by [`asked`], once it is known who may ask.
///
/// # Errors
/// The store's.
pub async fn access(
    store: &dyn CatalogStore,
    token_id: Option<&str>,
    prefix: Option<&Prefix>,
    headers: &HeaderMap,
) -> Result<(Access, Option<Revision>), ApiError> {
    let expression = prefix.and_then(|prefix| asked(prefix.reference.as_ref(), headers).ok());
    let name = match &expression {
        Some(RefExpr::Name(name)) => name.as_str(),
        Some(RefExpr::At(..) | RefExpr::Commit(_)) | None => MAIN,
    };
    let mut access = store.access(token_id, prefix.map(|prefix| prefix.warehouse.as_str()), name).await?;
    let revision = match (&access.warehouse, expression) {
        (Some(warehouse), Some(expression)) => resolve(store, warehouse.id, expression, access.branch.take()).await?,
        _ => None,
    };
    Ok((access, revision))
}

/// What a text means as a ref expression.
///
/// # Errors
/// 400 for what is none, 404 if there is no such ref.
pub async fn revision(store: &dyn CatalogStore, warehouse: &Warehouse, text: &str) -> Result<Revision, ApiError> {
    let expression = RefExpr::parse(text).ok_or_else(|| {
        let shown: String = text.chars().take(200).collect();
        let known = "a branch, a tag, BRANCH@{2026-11-01T12:00:00Z} or the uuid of a commit";
        ApiError::bad_request(format!("{shown:?} is not a ref expression: {known}"))
    })?;
    let found = resolve(store, warehouse.id, expression.clone(), None).await?;
    found
        .ok_or_else(|| ApiError::not_found(format!("Ref does not exist: {expression} in warehouse {}", warehouse.name)))
}

/// `named` is the branch that the expression names, if it is but a name.
async fn resolve(
    store: &dyn CatalogStore,
    warehouse_id: i64,
    expression: RefExpr,
    named: Option<Branch>,
) -> Result<Option<Revision>, ApiError> {
    let asked = match (expression, named) {
        (RefExpr::Name(_), Some(branch)) => {
            let view = View::head(&branch);
            return Ok(Some(Revision { branch: Some(branch), view }));
        }
        (RefExpr::Name(name), None) => Asked::Name(name),
        (RefExpr::At(name, time), _) => Asked::Time(name, time),
        (RefExpr::Commit(id), _) => Asked::Commit(id),
    };
    Ok(store.resolve(warehouse_id, &asked).await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(value: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(REF_HEADER.parse().unwrap(), value.parse().unwrap())])
    }

    #[test]
    fn a_request_means_main_or_what_its_prefix_or_its_header_names() {
        let name = |name: &str| RefExpr::Name(name.to_owned());
        assert_eq!(asked(None, &HeaderMap::new()).unwrap(), name("main"));
        assert_eq!(asked(Some(&name("dev")), &HeaderMap::new()).unwrap(), name("dev"));
        assert_eq!(asked(None, &headers("dev")).unwrap(), name("dev"));
        assert_eq!(asked(Some(&name("dev")), &headers("dev")).unwrap(), name("dev"));
        for (prefix, header) in [(Some(&name("main")), "other"), (Some(&name("other")), "main"), (None, "a b")] {
            assert_eq!(asked(prefix, &headers(header)).unwrap_err().r#type.code(), 400, "{prefix:?} {header}");
        }
    }
}
