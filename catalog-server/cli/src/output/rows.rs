//! What each list shows of an item in a table; JSON and YAML show all of it.

use catalog_api::Grant;
use catalog_api::iceberg::TableIdentifier;
use catalog_api::management::{
    Change, CommitInfo, ContentKind, DroppedInfo, MergeConflict, RefType, Reference, TokenInfo,
};
use comfy_table::{Cell, Color};
use serde::Serialize;

use crate::name::typed;

/// An item of a list.
pub(crate) trait Row: Serialize {
    const HEADER: &'static [&'static str];

    fn cells(&self) -> Vec<Cell>;
}

impl Row for Reference {
    const HEADER: &'static [&'static str] = &["NAME", "COMMIT", "NOTE"];

    fn cells(&self) -> Vec<Cell> {
        let Self { name, r#type, commit, protected, created_at } = self;
        let note = match (r#type, protected, created_at) {
            (RefType::Branch, true, _) => "protected".to_owned(),
            (RefType::Branch, false, _) | (RefType::Tag, _, None) => String::new(),
            (RefType::Tag, _, Some(at)) => format!("made {}", at.strftime("%Y-%m-%d %H:%M:%SZ")),
        };
        vec![Cell::new(name).fg(Color::Green), Cell::new(optional(commit.as_ref())), Cell::new(note)]
    }
}

impl Row for Change {
    const HEADER: &'static [&'static str] = &["CHANGE", "KIND", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let Self { kind, namespace, name, before, after } = self;
        let (what, color) = match (before, after) {
            (None, _) => ("created", Color::Green),
            (Some(_), None) => ("dropped", Color::Red),
            (Some(_), Some(_)) => ("changed", Color::Yellow),
        };
        vec![Cell::new(what).fg(color), Cell::new(word(*kind)), Cell::new(typed(namespace, name))]
    }
}

impl Row for CommitInfo {
    const HEADER: &'static [&'static str] = &["COMMIT", "WHEN", "AUTHOR", "BRANCH", "MESSAGE"];

    fn cells(&self) -> Vec<Cell> {
        let Self { id, seq: _, branch, parent: _, author, message, committed_at, origin: _ } = self;
        let when = committed_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let [id, branch] = [Cell::new(id).fg(Color::Yellow), Cell::new(branch).fg(Color::Green)];
        vec![id, Cell::new(when), Cell::new(author), branch, Cell::new(message)]
    }
}

impl Row for DroppedInfo {
    const HEADER: &'static [&'static str] = &["KIND", "NAME", "DROPPED", "BY", "COMMIT"];

    fn cells(&self) -> Vec<Cell> {
        let Self { kind, namespace, name, content: _, dropped_by } = self;
        let when = dropped_by.committed_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let by = Cell::new(&dropped_by.author);
        vec![Cell::new(word(*kind)), Cell::new(typed(namespace, name)), Cell::new(when), by, Cell::new(dropped_by.id)]
    }
}

impl Row for MergeConflict {
    const HEADER: &'static [&'static str] = &["CONFLICT", "KIND", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        let Self { kind, namespace, name, reason, base: _, theirs: _, ours: _ } = self;
        let reason = serde_json::to_value(reason).unwrap_or_default();
        let reason = reason.as_str().unwrap_or_default().replace('_', " ");
        vec![Cell::new(reason).fg(Color::Red), Cell::new(word(*kind)), Cell::new(typed(namespace, name))]
    }
}

impl Row for TableIdentifier {
    const HEADER: &'static [&'static str] = &["NAMESPACE", "NAME"];

    fn cells(&self) -> Vec<Cell> {
        vec![Cell::new(typed(&self.namespace, "")), Cell::new(typed(&[], &self.name))]
    }
}

impl Row for TokenInfo {
    const HEADER: &'static [&'static str] = &["ID", "USER", "EXPIRES", "GRANTS"];

    fn cells(&self) -> Vec<Cell> {
        let grants: Vec<_> = self.grants.iter().map(grant).collect();
        let expires = self.expires_at.strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        vec![Cell::new(&self.token_id), Cell::new(&self.user_id), Cell::new(expires), Cell::new(grants.join("; "))]
    }
}

/// `lake/sales: Read, Write`
fn grant(grant: &Grant) -> String {
    let Grant { warehouse, namespaces, privileges } = grant;
    let places = if namespaces.is_empty() { String::new() } else { format!("/{}", namespaces.join(",")) };
    let privileges: Vec<_> = privileges.iter().map(|privilege| format!("{privilege:?}")).collect();
    format!("{warehouse}{places}: {}", privileges.join(", "))
}

pub(crate) fn word(kind: ContentKind) -> &'static str {
    match kind {
        ContentKind::Namespace => "namespace",
        ContentKind::Table => "table",
        ContentKind::View => "view",
    }
}

fn optional(value: Option<&impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), ToString::to_string)
}
