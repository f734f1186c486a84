//! Postgres takes no text with U+0000 in it.

/// True if Postgres can hold the text. Names and ids that come from a client as they are get asked this: nothing can
/// have a name that cannot be held, so that such a look-up finds nothing instead of failing.
pub(crate) fn storable(text: &str) -> bool {
    !text.contains('\0')
}
