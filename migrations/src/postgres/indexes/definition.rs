//! The list of indexes, and whether one that Postgres has is one of the list.

const LIST: &str = include_str!("../../../postgres/indexes.sql");
const CREATE: &str = "CREATE INDEX ";

/// An index of `indexes.sql`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Index {
    /// Its name, without a schema.
    pub name: &'static str,
    /// The query that it is for: the comment above the statement.
    pub purpose: String,
    /// What stands behind the name: `ON table (columns) …`.
    pub(super) definition: &'static str,
}

/// The list, in the file's order.
#[must_use]
pub fn indexes() -> Vec<Index> {
    // A paragraph is a comment and a statement; the head of the file has no statement.
    LIST.split("\n\n").filter_map(parse).collect()
}

fn parse(paragraph: &'static str) -> Option<Index> {
    let start = paragraph.find(CREATE)?;
    let (comment, statement) = paragraph.split_at(start);
    let statement = statement.strip_prefix(CREATE)?.trim_end().strip_suffix(';')?;
    let (name, definition) = statement.split_once(' ')?;
    let purpose = comment.lines().map(|line| line.trim_start_matches("--").trim()).collect::<Vec<_>>().join(" ");
    Some(Index { name, purpose: purpose.trim().to_owned(), definition })
}

impl Index {
    /// True if `built`, a statement as `pg_get_indexdef` writes it, makes this index.
    ///
    /// Postgres writes the same thing in more words: the schema, the default method, and parentheses around conditions.
    pub(super) fn is(&self, built: &str) -> bool {
        let unique = built.starts_with("CREATE UNIQUE ");
        let behind_name = built.split_once(" ON ").map(|(_, definition)| format!("ON {definition}"));
        !unique && behind_name.is_some_and(|definition| bare(&definition) == bare(self.definition))
    }
}

/// A definition without what two spellings of one index may differ in.
fn bare(definition: &str) -> String {
    let mut words = definition.split_whitespace();
    let table = words.by_ref().nth(1).map(|table| table.rsplit_once('.').map_or(table, |(_, table)| table));
    let rest = words.collect::<Vec<_>>().join(" ");
    let rest = rest.strip_prefix("USING btree ").unwrap_or(&rest).replace(['(', ')'], " ");
    let rest = rest.split_whitespace().collect::<Vec<_>>().join(" ").replace(" ,", ",");
    format!("{} {rest}", table.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn each_index_of_the_file_is_parsed_and_says_what_it_is_for() {
        let indexes = indexes();
        assert_eq!(indexes.len(), LIST.matches(CREATE).count());
        assert_eq!(indexes.iter().map(|i| i.name).collect::<HashSet<_>>().len(), indexes.len());
        for index in &indexes {
            assert!(index.purpose.len() > 20, "{index:?}");
            assert!(index.definition.starts_with("ON "), "{index:?}");
        }
    }

    #[test]
    fn tokens_of_a_user_have_their_index() {
        let index = indexes().into_iter().find(|i| i.name == "active_tokens_user").unwrap();
        assert_eq!(index.definition, "ON active_tokens (user_id, expires_at)");
        assert!(index.purpose.contains("list_active_tokens"));
    }

    #[test]
    fn an_index_is_known_by_its_definition_whatever_it_is_called() {
        let index = |definition| Index { name: "i", purpose: String::new(), definition };
        let plain = index("ON t (a, b) WHERE c IS NOT NULL");
        assert!(plain.is("CREATE INDEX i ON s.t USING btree (a, b) WHERE (c IS NOT NULL)"));
        assert!(plain.is("CREATE INDEX other ON \"odd-schema\".t USING btree (a, b) WHERE (c IS NOT NULL)"));
        assert!(!plain.is("CREATE INDEX i ON s.t USING btree (b, a) WHERE (c IS NOT NULL)"));
        assert!(!plain.is("CREATE INDEX i ON s.t USING btree (a, b)"));
        assert!(!plain.is("CREATE INDEX i ON s.u USING btree (a, b) WHERE (c IS NOT NULL)"));
        assert!(!plain.is("CREATE UNIQUE INDEX i ON s.t USING btree (a, b) WHERE (c IS NOT NULL)"));
        assert!(!plain.is("CREATE INDEX i ON s.t USING hash (a, b) WHERE (c IS NOT NULL)"));
        assert!(index("ON t USING gin (a)").is("CREATE INDEX i ON s.t USING gin (a)"));
    }
}
