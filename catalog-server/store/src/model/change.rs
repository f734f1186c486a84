//! The change feed.

/// What a row of the change feed is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(i16)]
pub enum Topic {
    /// Key: the warehouse's name.
    Warehouse = 1,
    /// A branch or tag. Key: the warehouse's uid, a `/`, the name.
    Reference = 2,
    /// Key: the token's id.
    Token = 3,
}

impl Topic {
    /// The column `topic`.
    #[must_use]
    pub fn as_i16(self) -> i16 {
        self as i16
    }

    /// Reads the column `topic`; `None` for numbers that are not in use.
    #[must_use]
    pub fn from_i16(topic: i16) -> Option<Self> {
        match topic {
            1 => Some(Self::Warehouse),
            2 => Some(Self::Reference),
            3 => Some(Self::Token),
            _ => None,
        }
    }
}

/// A row of the change feed: what caches must forget. Ids have no gaps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// From 1, without gaps, in commit order.
    pub id: i64,
    /// What kind of thing changed.
    pub topic: Topic,
    /// Which one.
    pub key: String,
}

/// What the feed says to a follower. Both parts are of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feed {
    /// The id of the newest change that was ever told; 0 before the first. A follower that read up to there misses
    /// nothing; one that cannot get there, since what lies between was deleted, does.
    pub newest: i64,
    /// The next ones, in order.
    pub changes: Vec<Change>,
}
