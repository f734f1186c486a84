//! The committed document.

#[test]
fn the_committed_document_is_what_the_types_say() {
    let committed = include_str!("../openapi.json");
    assert!(committed == catalog_api::openapi::text().unwrap(), "openapi.json is stale: run `cargo openapi`");
}
