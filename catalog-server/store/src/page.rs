//! Pagination: every list method takes [`PaginationParams`].

/// Where a page begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Start {
    /// At the first item.
    #[default]
    Beginning,
    /// After so many items: page numbers of the management API. Costs what the skipped items cost.
    Offset(u64),
    /// After the item that this cursor names: costs the same at any depth.
    After(Cursor),
}

/// Names the last item that was seen. Backends read and write it; the HTTP layer wraps it into an opaque, versioned
/// token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(pub String);

/// One page of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaginationParams {
    /// Items at most; 1 to [`PaginationParams::MAX`].
    pub limit: u32,
    /// Where to begin.
    pub start: Start,
}

impl PaginationParams {
    /// The number of items where the client names none.
    pub const DEFAULT: u32 = 100;
    /// The number of items that no page exceeds.
    pub const MAX: u32 = 1_000;

    /// A page that begins at the first item; the limit is clamped to what is allowed.
    #[must_use]
    pub fn first(limit: u32) -> Self {
        Self { limit: limit.clamp(1, Self::MAX), start: Start::Beginning }
    }

    /// The page of the same size after `cursor`.
    #[must_use]
    pub fn after(&self, cursor: Cursor) -> Self {
        Self { limit: self.limit, start: Start::After(cursor) }
    }
}

impl Default for PaginationParams {
    fn default() -> Self {
        Self::first(Self::DEFAULT)
    }
}

/// Items and where the next page begins. A page may be short, even empty, and still have a next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// The items in order.
    pub items: Vec<T>,
    /// `None` after the last page.
    pub next: Option<Cursor>,
}

impl<T> Page<T> {
    /// The page of `limit` items out of one item more, which says whether there is a next page. `cursor` names an item.
    pub fn cut(mut items: Vec<T>, limit: usize, cursor: impl FnOnce(&T) -> Cursor) -> Self {
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(cursor);
        Self { items, next }
    }
}
