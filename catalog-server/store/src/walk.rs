//! Walking a history: where a page begins, and which of the commits that were read are wanted.

use crate::{Commit, Cursor, LogFilter, Page, PaginationParams, Result, Start, StoreError, View};

/// Collects a page of the wanted commits of a view, newest first, window by window, so that a page never reads more than
/// a bounded part of the history, however few are wanted.
#[derive(Debug)]
pub struct Walk<'a> {
    view: &'a View,
    filter: &'a LogFilter,
    limit: usize,
    skip: u64,
    windows: usize,
    rest: Option<View>,
    page: Page<Commit>,
}

impl<'a> Walk<'a> {
    /// Commits that are read at once.
    pub const WINDOW: usize = 1_000;
    /// Windows that are read for a page, unless an offset has to be counted off.
    const WINDOWS: usize = 10;

    /// Begins where the page does.
    ///
    /// # Errors
    /// `BadCursor` if the cursor names no commit of the view.
    pub fn new(view: &'a View, filter: &'a LogFilter, page: &PaginationParams) -> Result<Self> {
        let (rest, skip) = match &page.start {
            Start::Beginning => (view.clone(), 0),
            Start::Offset(offset) => (view.clone(), *offset),
            Start::After(cursor) => (view.before(cursor)?, 0),
        };
        let limit = page.limit.clamp(1, PaginationParams::MAX) as usize;
        let page = Page { items: Vec::new(), next: None };
        Ok(Self { view, filter, limit, skip, windows: 0, rest: Some(rest), page })
    }

    /// Of what the next [`Self::WINDOW`] commits are to be read; `None` if the page is done.
    #[must_use]
    pub fn rest(&self) -> Option<&View> {
        self.rest.as_ref()
    }

    /// Takes the next commits, with whether each is wanted.
    ///
    /// # Errors
    /// None, if they are of the view.
    pub fn take(&mut self, commits: Vec<(Commit, bool)>) -> Result<()> {
        let more = commits.len() >= Self::WINDOW;
        self.windows += 1;
        self.rest = None;
        for (commit, wanted) in commits {
            if self.filter.since.is_some_and(|since| commit.committed_at < since) {
                // What is older still is older than that.
                self.page.next = None;
                return Ok(());
            }
            self.page.next = Some(commit.cursor());
            if wanted && self.skip > 0 {
                self.skip -= 1;
            } else if wanted {
                self.page.items.push(commit);
                if self.page.items.len() == self.limit {
                    return Ok(());
                }
            }
        }
        match (&self.page.next, more) {
            (Some(last), true) if self.skip > 0 || self.windows < Self::WINDOWS => {
                self.rest = Some(self.view.before(last)?);
            }
            (_, true) => {}
            (_, false) => self.page.next = None,
        }
        Ok(())
    }

    /// The page.
    #[must_use]
    pub fn page(self) -> Page<Commit> {
        self.page
    }
}

impl Commit {
    /// Names the commit as the place in a history after which a page begins.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor(format!("{}/{}", self.branch_id, self.seq))
    }
}

impl View {
    /// What the history of this view holds before the commit that a cursor names.
    ///
    /// # Errors
    /// `BadCursor` if it names none of this history.
    pub fn before(&self, cursor: &Cursor) -> Result<Self> {
        self.older(&cursor.0).ok_or(StoreError::BadCursor)
    }

    fn older(&self, cursor: &str) -> Option<Self> {
        let (branch, seq) = cursor.split_once('/')?;
        let (branch, seq): (i64, i64) = (branch.parse().ok()?, seq.parse().ok()?);
        let level = self.lineage.iter().position(|id| *id == branch)?;
        let (lineage, mut upto) = (self.lineage.get(level..)?.to_vec(), self.upto.get(level..)?.to_vec());
        let own = upto.first_mut()?;
        if seq < 1 || seq > *own {
            return None;
        }
        *own = seq - 1;
        Some(Self { lineage, upto })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn history_goes_on_before_the_commit_that_the_cursor_names() {
        let view = View { lineage: vec![3, 2, 1], upto: vec![i64::MAX, 20, 10] };
        let rest = |lineage: &[i64], upto: &[i64]| Some(View { lineage: lineage.to_vec(), upto: upto.to_vec() });
        assert_eq!(view.older("3/7"), rest(&[3, 2, 1], &[6, 20, 10]));
        assert_eq!(view.older("2/20"), rest(&[2, 1], &[19, 10]));
        assert_eq!(view.older("1/1"), rest(&[1], &[0]));
    }

    #[test]
    fn a_commit_that_is_not_in_the_history_is_no_cursor() {
        let view = View { lineage: vec![3, 2], upto: vec![i64::MAX, 20] };
        for cursor in ["", "x", "3", "3/x", "4/1", "2/21", "3/0", "3/-1"] {
            assert_eq!(view.older(cursor), None, "{cursor}");
        }
    }
}
