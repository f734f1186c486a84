//! The reports that Maven's test runner writes: one XML file a class, an element a line.

use std::fs;
use std::path::Path;

use crate::failure::{Attempt, Outcome, check};

/// How one test ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Passed,
    Skipped,
    Failed,
}

/// All tests of a run.
#[derive(Debug, Default)]
pub(super) struct Report(Vec<(String, End)>);

impl Report {
    pub(super) fn read(folder: &Path) -> Outcome<Self> {
        let mut all = Self::default();
        for entry in fs::read_dir(folder).attempt(format!("list {}", folder.display()))? {
            let path = entry.attempt(format!("list {}", folder.display()))?.path();
            if path.extension().is_some_and(|extension| extension == "xml") {
                all.add(&fs::read_to_string(&path).attempt(format!("read {}", path.display()))?);
            }
        }
        Ok(all)
    }

    fn add(&mut self, xml: &str) {
        for line in xml.lines().map(str::trim_start) {
            if let Some(attributes) = line.strip_prefix("<testcase").filter(|rest| rest.starts_with(' ')) {
                let name = attributes.split(" name=\"").nth(1).and_then(|rest| rest.split('"').next());
                self.0.push((name.unwrap_or_default().to_owned(), End::Passed));
            } else if let Some((_, end)) = self.0.last_mut() {
                match line.split([' ', '>', '/']).next() {
                    Some("<skipped") => *end = End::Skipped,
                    Some("<failure" | "<error") => *end = End::Failed,
                    _ => {}
                }
            }
        }
    }

    /// As many tests as there are, none failed, exactly these skipped.
    pub(super) fn must_have(&self, tests: usize, skipped: &[&str]) -> Outcome {
        let failed = self.names(End::Failed);
        check(failed.is_empty(), || format!("{} tests failed: {}", failed.len(), failed.join(", ")))?;
        check(self.0.len() == tests, || format!("there are {} tests, not {tests}", self.0.len()))?;
        let found = self.names(End::Skipped);
        check(found == skipped, || format!("skipped are {}, not {}", found.join(", "), skipped.join(", ")))
    }

    pub(super) fn passed(&self) -> usize {
        self.names(End::Passed).len()
    }

    /// Sorted.
    fn names(&self, wanted: End) -> Vec<&str> {
        let mut names: Vec<_> =
            self.0.iter().filter(|(_, end)| *end == wanted).map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tests_are_counted_by_how_they_ended() {
        let mut report = Report::default();
        report.add(
            r#"<testsuite tests="4">
  <testcase name="good" classname="x" time="0.1"/>
  <testcase name="bad" classname="x">
    <failure message="no">at
      <testcase-like text
    </failure>
  </testcase>
  <testcase name="off" classname="x">
    <skipped/>
  </testcase>
  <testcase classname="x" name="broken"><![CDATA[]]>
    <error type="T"/>
  </testcase>
</testsuite>"#,
        );
        assert_eq!((report.passed(), report.names(End::Skipped)), (1, vec!["off"]));
        assert_eq!(report.names(End::Failed), ["bad", "broken"]);
        let why = report.must_have(4, &["off"]).unwrap_err().chain();
        assert!(why.contains("2 tests failed: bad, broken"), "{why}");
    }
}
