//! The list of indexes, and what each consists of.

use std::collections::BTreeSet;

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

/// What an index consists of. Texts of whole definitions differ between versions of Postgres, and between what was
/// written and what it shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Structure {
    pub(super) table: String,
    pub(super) method: String,
    /// In their order, each with its default operators, collation and direction.
    pub(super) columns: Vec<String>,
    /// All of them must hold.
    pub(super) conditions: BTreeSet<String>,
}

impl Index {
    /// What the definition consists of; `None` if it has more than columns and conditions, which a test excludes.
    pub(super) fn structure(&self) -> Option<Structure> {
        let rest = self.definition.strip_prefix("ON ")?;
        let (table, rest) = rest.split_once(' ')?;
        let (method, rest) = match rest.strip_prefix("USING ") {
            Some(rest) => rest.split_once(' ')?,
            None => ("btree", rest),
        };
        let (columns, rest) = rest.strip_prefix('(')?.split_once(')')?;
        let condition = match rest.trim() {
            "" => "",
            rest => rest.strip_prefix("WHERE ")?,
        };
        let columns: Vec<_> = columns.split(',').map(|column| column.trim().to_owned()).collect();
        let plain = columns.iter().all(|column| !column.is_empty() && !column.contains([' ', '(']));
        let conditions = conditions(condition);
        plain.then(|| Structure { table: table.to_owned(), method: method.to_owned(), columns, conditions })
    }
}

/// The parts of a condition without parentheses and the types of numbers, which Postgres adds.
pub(super) fn conditions(text: &str) -> BTreeSet<String> {
    let bare = text.to_lowercase().replace(['(', ')', '\'', '"'], " ");
    let mut words: Vec<&str> = Vec::new();
    for word in bare.split_whitespace() {
        match word.split_once("::") {
            Some(("", _)) if words.last().is_some_and(|last| is_number(last)) => {}
            Some((number, _)) if is_number(number) => words.push(number),
            _ => words.push(word),
        }
    }
    words.split(|word| *word == "and").filter(|part| !part.is_empty()).map(|part| part.join(" ")).collect()
}

fn is_number(word: &str) -> bool {
    word.parse::<i64>().is_ok()
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
    fn each_index_has_a_structure() {
        for index in indexes() {
            assert!(index.structure().is_some(), "{index:?}");
        }
        let index = |definition| Index { name: "i", purpose: String::new(), definition }.structure();
        let found = index("ON t USING gin (a, b) WHERE c IS NOT NULL").unwrap();
        assert_eq!((found.table.as_str(), found.method.as_str()), ("t", "gin"));
        assert_eq!((found.columns, found.conditions), (vec!["a".into(), "b".into()], conditions("(c IS NOT NULL)")));
        assert_eq!(index("ON t (a DESC)"), None);
        assert_eq!(index("ON t (lower(a))"), None);
    }

    #[test]
    fn conditions_are_the_same_in_each_spelling() {
        let ours = conditions("kind = 0 AND ns IS NOT NULL");
        for text in [
            "((kind = 0) AND (ns IS NOT NULL))",
            "ns IS NOT NULL and kind = '0'::smallint",
            "(\"kind\" = (0)::smallint) AND ns IS NOT NULL",
        ] {
            assert_eq!(conditions(text), ours, "{text}");
        }
        assert_ne!(conditions("((kind = 1) AND (ns IS NOT NULL))"), ours);
        assert_ne!(conditions("(kind = 0)"), ours);
        assert_ne!(conditions("(((kind)::integer = 0) AND (ns IS NOT NULL))"), ours);
        assert_ne!(conditions("((kind = 0) OR (ns IS NOT NULL))"), ours);
        assert!(conditions("").is_empty());
    }
}
