//! Commits as a graph. Pure: lines for a terminal, with colours that are taken out where nobody sees them.

use std::collections::{HashMap, HashSet};

use catalog_api::management::{CommitInfo, CommitOrigin, MergeOrigin};
use clap::builder::styling::{AnsiColor, Style};
use renderdag::{Ancestor, GraphRowRenderer, Renderer as _};
use uuid::Uuid;

/// Names of branches and tags by commit.
type Names = HashMap<Uuid, Vec<String>>;

/// A row for each commit, newest first, and lines to its parents. `merged` is drawn beside what is shown.
pub(crate) fn draw(shown: Vec<CommitInfo>, merged: Vec<CommitInfo>, names: &Names) -> impl Iterator<Item = String> {
    let mut commits = shown;
    let mut known: HashSet<Uuid> = commits.iter().map(|commit| commit.id).collect();
    commits.extend(merged.into_iter().filter(|commit| known.insert(commit.id)));
    // A child is never older than its parent; of one branch, the higher seq is the child.
    commits.sort_by(|a, b| b.committed_at.cmp(&a.committed_at).then(b.seq.cmp(&a.seq)).then(b.id.cmp(&a.id)));
    let places: HashMap<_, _> =
        commits.iter().map(|commit| ((commit.branch.as_str(), commit.seq), commit.id)).collect();
    let mut renderer = GraphRowRenderer::new().output().with_min_row_height(2).build_box_drawing();
    let rows: Vec<_> = commits
        .iter()
        .map(|commit| {
            let at = names.get(&commit.id).map_or(&[][..], Vec::as_slice);
            renderer.next_row(commit.id, parents(commit, &known, &places), glyph(commit), described(commit, at))
        })
        .collect();
    rows.into_iter()
}

/// The commits without lines, for lists with gaps.
pub(crate) fn list(commits: &[CommitInfo], names: &Names) -> impl Iterator<Item = String> {
    commits.iter().map(|commit| {
        let at = names.get(&commit.id).map_or(&[][..], Vec::as_slice);
        format!("{}  {}", glyph(commit), described(commit, at).replace('\n', "\n   "))
    })
}

fn parents(commit: &CommitInfo, known: &HashSet<Uuid>, places: &HashMap<(&str, i64), Uuid>) -> Vec<Ancestor<Uuid>> {
    let before = commit.parent.map(|id| if known.contains(&id) { Ancestor::Parent(id) } else { Ancestor::Anonymous });
    let merged = match &commit.origin {
        Some(CommitOrigin::Merge(MergeOrigin { branch, seq })) => places.get(&(branch.as_str(), *seq)).copied(),
        Some(CommitOrigin::Commit(_)) | None => None,
    };
    before.into_iter().chain(merged.map(Ancestor::Parent)).collect()
}

fn glyph(commit: &CommitInfo) -> String {
    match commit.origin {
        Some(CommitOrigin::Merge(_)) => "◆".to_owned(),
        Some(CommitOrigin::Commit(_)) | None => "○".to_owned(),
    }
}

/// Two lines: which, when, who, what is there; and what was done.
pub(crate) fn described(commit: &CommitInfo, names: &[String]) -> String {
    let CommitInfo { id, seq: _, branch: _, parent: _, author, message, committed_at, origin } = commit;
    let when = committed_at.strftime("%Y-%m-%d %H:%M:%SZ");
    let id = painted(AnsiColor::Yellow.on_default(), id);
    let at = match names {
        [] => String::new(),
        names => painted(AnsiColor::Green.on_default().bold(), format!("  ({})", names.join(", "))),
    };
    let from = match origin {
        Some(CommitOrigin::Commit(source)) => painted(Style::new().dimmed(), format!("  (from {source})")),
        Some(CommitOrigin::Merge(_)) | None => String::new(),
    };
    let message = message.replace(char::is_control, " ");
    format!("{id}  {when}  {author}{at}\n{message}{from}")
}

fn painted(style: Style, text: impl std::fmt::Display) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn commit(id: u128, branch: &str, seq: i64, parent: Option<u128>, origin: Option<CommitOrigin>) -> CommitInfo {
        CommitInfo {
            id: Uuid::from_u128(id),
            seq,
            branch: branch.to_owned(),
            parent: parent.map(Uuid::from_u128),
            author: "a".to_owned(),
            message: format!("m{id}"),
            committed_at: jiff::Timestamp::from_second(i64::try_from(id).unwrap()).unwrap(),
            origin,
        }
    }

    /// What is drawn before the second line of each commit and between them.
    fn shape(shown: Vec<CommitInfo>, merged: Vec<CommitInfo>) -> Vec<String> {
        let text: String = draw(shown, merged, &Names::new()).collect();
        let plain = anstream::adapter::strip_str(&text).to_string();
        plain.lines().map(|line| line.split("0000").next().unwrap().trim_end().to_owned()).collect()
    }

    #[test]
    fn a_merge_has_lines_to_both_sides() {
        let merge = CommitOrigin::Merge(MergeOrigin { branch: "audit".to_owned(), seq: 1 });
        let shown = vec![commit(4, "main", 2, Some(1), Some(merge)), commit(1, "main", 1, None, None)];
        let audit = vec![commit(3, "audit", 1, Some(1), None)];
        assert_eq!(shape(shown, audit), ["◆", "├─╮  m4", "│ ○", "├─╯  m3", "○", "   m1"]);
    }

    #[test]
    fn a_line_goes_on_below_what_is_shown() {
        let rows = shape(vec![commit(9, "main", 9, Some(8), None)], Vec::new());
        assert_eq!(rows[0], "○");
        assert!(rows.iter().any(|line| line.contains('~')), "{rows:?}");
    }

    #[test]
    fn a_message_cannot_steer_the_terminal() {
        let mut commit = commit(1, "main", 1, None, None);
        commit.message = "\u{1b}[2Jgone\nnext".to_owned();
        assert!(described(&commit, &[]).ends_with(" [2Jgone next"));
    }
}
