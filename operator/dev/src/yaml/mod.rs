//! YAML files, read so that every field knows its line.

mod node;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::problem::{Place, Problem};
use node::Node;

/// One document of a file.
#[derive(Clone, Debug)]
pub(crate) struct Document {
    pub(crate) value: Value,
    start: Place,
    /// The places of fields by their paths, such as `spec.grants[0].warehouse`.
    fields: BTreeMap<String, (u64, u64)>,
}

impl Document {
    /// Where a field stands. For one that is missing: where the innermost field around it stands.
    pub(crate) fn place(&self, field: &str) -> Place {
        let mut path = field;
        loop {
            if let Some((line, column)) = self.fields.get(path) {
                return Place { file: self.start.file.clone(), line: *line, column: *column };
            }
            match path.rfind(['.', '[']) {
                Some(at) => path = &path[..at],
                None => return self.start.clone(),
            }
        }
    }
}

/// The documents of a file's text. Empty ones are left out.
///
/// # Errors
/// If the text is no YAML, a key occurs twice, or a tag or number is none that JSON can say.
pub(crate) fn read(file: &Path, text: &str) -> Result<Vec<Document>, Problem> {
    let nodes: Vec<Node> = serde_saphyr::from_multiple(text).map_err(|error| problem(file, &error))?;
    Ok(nodes.into_iter().map(|node| document(file, node)).collect())
}

fn document(file: &Path, node: Node) -> Document {
    let start = Place { file: file.into(), line: node.line, column: node.column };
    let mut fields = BTreeMap::new();
    let value = node.into_value("", &mut fields);
    Document { value, start, fields }
}

fn problem(file: &Path, error: &serde_saphyr::Error) -> Problem {
    let (line, column) = error.location().map_or((0, 0), |at| (at.line(), at.column()));
    let text = error.without_snippet().to_string();
    // The place stands in front already, and the advice is for the parser's caller.
    let ends = [" at line ", ", set DuplicateKeyPolicy", "\n"].iter().filter_map(|end| text.find(end));
    let text = &text[..ends.min().unwrap_or(text.len())];
    Problem { place: Place { file: file.into(), line, column }, message: format!("not readable as YAML: {text}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# a comment\nkind: A\nspec:\n  list:\n  - name: x\n    values: [1, 2]\n---\n\n---\nkind: B\n";

    fn line(document: &Document, field: &str) -> u64 {
        document.place(field).line
    }

    #[test]
    fn every_field_knows_its_line() {
        let documents = read(Path::new("a.yaml"), TEXT).unwrap();
        let [first, second] = &documents[..] else { panic!("{documents:?}") };
        assert_eq!(first.value, serde_json::json!({"kind": "A", "spec": {"list": [{"name": "x", "values": [1, 2]}]}}));
        let fields = ["kind", "spec", "spec.list", "spec.list[0]", "spec.list[0].name", "spec.list[0].values[1]"];
        assert_eq!(fields.map(|field| line(first, field)), [2, 3, 4, 5, 5, 6]);
        assert_eq!(line(second, "kind"), 10);
    }

    #[test]
    fn a_missing_field_is_where_its_parent_is() {
        let documents = read(Path::new("a.yaml"), TEXT).unwrap();
        assert_eq!(line(&documents[0], "spec.list[0].other.deep"), 5);
        assert_eq!(line(&documents[0], "metadata.name"), 2);
    }

    #[test]
    fn what_is_no_yaml_is_told_with_its_line() {
        for (text, at) in
            [("a: b\nc: [1,\n", 2..=3), ("a: 1\nb: x: y\n", 2..=2), ("a: 1\na: 2\n", 2..=2), ("a:\n\tb: 1\n", 2..=2)]
        {
            let problem = read(Path::new("a.yaml"), text).unwrap_err();
            assert!(at.contains(&problem.place.line), "{text:?} {problem}");
        }
    }
}
