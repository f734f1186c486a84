//! Paths as clients build them: a base address that ends with a slash gives `//v1/config`, and some end every path with one.

use http::Uri;
use http::uri::PathAndQuery;

/// Returns the address with one slash at the beginning of its path and none at the end; `None` if it is so already. Empty
/// segments inside are names that are missing, and stay.
pub(super) fn canonical(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let trimmed = path.trim_matches('/');
    if path.len() <= trimmed.len() + 1 && path.starts_with('/') {
        return None;
    }
    let text = match uri.query() {
        Some(query) => format!("/{trimmed}?{query}"),
        None => format!("/{trimmed}"),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(text).ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slashes_at_the_ends_of_a_path_do_not_count() {
        for (path, expected) in [
            ("//v1/config?warehouse=lake", Some("/v1/config?warehouse=lake")),
            ("///v1/config/", Some("/v1/config")),
            ("/v1/lake/namespaces/", Some("/v1/lake/namespaces")),
            ("/v1/lake/namespaces//tables", None),
            ("/v1/config", None),
            ("//", Some("/")),
            ("/", None),
        ] {
            let uri = format!("http://host{path}").parse().unwrap();
            let expected = expected.map(|path| format!("http://host{path}"));
            assert_eq!(canonical(&uri).map(|uri| uri.to_string()), expected, "{path}");
            let origin_form = canonical(&path.parse().unwrap_or_else(|_| Uri::from_static("/")));
            assert!(expected.is_some() || origin_form.is_none());
        }
    }
}
