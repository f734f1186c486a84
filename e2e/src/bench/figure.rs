//! One figure: what we need, what the limit is, and what was wanted. Pure.

use std::fmt;

use serde::Serialize;

/// What a figure ought to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Goal {
    /// Ours, in the figure's unit.
    AtMost(f64),
    /// Ours, in the figure's unit.
    AtLeast(f64),
    /// Ours by the limit.
    RatioAtMost(f64),
    /// Ours by the limit.
    RatioAtLeast(f64),
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AtMost(bound) => write!(f, "≤ {bound}"),
            Self::AtLeast(bound) => write!(f, "≥ {bound}"),
            Self::RatioAtMost(bound) => write!(f, "ratio ≤ {bound}"),
            Self::RatioAtLeast(bound) => write!(f, "ratio ≥ {bound}"),
        }
    }
}

/// One figure.
#[derive(Clone, Debug)]
pub(super) struct Figure {
    /// What was measured.
    pub(super) figure: String,
    /// Of both numbers.
    pub(super) unit: &'static str,
    /// What was found.
    pub(super) ours: f64,
    /// What it stands beside, measured in the same run, and what that is.
    pub(super) limit: Option<(&'static str, f64)>,
    /// What was wanted; nothing, if the figure is there to explain others.
    pub(super) goal: Option<Goal>,
}

impl Figure {
    /// A figure that stands alone.
    pub(super) fn new(figure: impl Into<String>, unit: &'static str, ours: f64) -> Self {
        Self { figure: figure.into(), unit, ours, limit: None, goal: None }
    }

    /// Puts it beside a limit of the same run and unit.
    pub(super) fn beside(mut self, what: &'static str, limit: f64) -> Self {
        self.limit = Some((what, limit));
        self
    }

    /// Says what was wanted.
    pub(super) fn goal(mut self, goal: Goal) -> Self {
        self.goal = Some(goal);
        self
    }

    /// Ours by the limit.
    pub(super) fn ratio(&self) -> Option<f64> {
        self.limit.map(|(_, limit)| self.ours / limit)
    }

    /// Whether the goal is met, if there is one. What has no ratio meets no goal about it.
    pub(super) fn met(&self) -> Option<bool> {
        let ratio = self.ratio().unwrap_or(f64::NAN);
        self.goal.map(|goal| match goal {
            Goal::AtMost(bound) => self.ours <= bound,
            Goal::AtLeast(bound) => self.ours >= bound,
            Goal::RatioAtMost(bound) => ratio <= bound,
            Goal::RatioAtLeast(bound) => ratio >= bound,
        })
    }

    /// The line of JSON.
    pub(super) fn line(&self, bench: &str) -> String {
        let line = Line {
            bench,
            figure: &self.figure,
            unit: self.unit,
            ours: rounded(self.ours),
            limit: self.limit.map(|(_, limit)| rounded(limit)),
            beside: self.limit.map(|(what, _)| what),
            ratio: self.ratio().map(rounded),
            goal: self.goal.map(|goal| goal.to_string()),
            met: self.met(),
        };
        // Strings, numbers and nulls: nothing in it cannot be written.
        serde_json::to_string(&line).unwrap_or_default()
    }
}

/// What machines read: a figure with its bench.
#[derive(Serialize)]
struct Line<'a> {
    bench: &'a str,
    figure: &'a str,
    unit: &'a str,
    ours: f64,
    limit: Option<f64>,
    beside: Option<&'a str>,
    ratio: Option<f64>,
    goal: Option<String>,
    met: Option<bool>,
}

/// To four digits: the rest is noise.
fn rounded(number: f64) -> f64 {
    if number == 0.0 || !number.is_finite() {
        return number;
    }
    let scale = 10_f64.powf(3.0 - number.abs().log10().floor());
    (number * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_is_about_ours_or_about_the_ratio() {
        let figure = || Figure::new("f", "ms", 3.0).beside("the limit", 2.0);
        assert_eq!(figure().ratio(), Some(1.5));
        assert_eq!(figure().met(), None);
        for (goal, met) in [
            (Goal::AtMost(3.0), true),
            (Goal::AtMost(2.9), false),
            (Goal::AtLeast(3.0), true),
            (Goal::AtLeast(3.1), false),
            (Goal::RatioAtMost(1.5), true),
            (Goal::RatioAtMost(1.4), false),
            (Goal::RatioAtLeast(1.5), true),
            (Goal::RatioAtLeast(1.6), false),
        ] {
            assert_eq!(figure().goal(goal).met(), Some(met), "{goal}");
        }
        assert_eq!(Figure::new("f", "ms", 3.0).goal(Goal::RatioAtMost(9.0)).met(), Some(false), "without a limit");
    }

    #[test]
    fn a_line_of_json_says_all_that_the_table_says() {
        let figure = Figure::new("look", "µs", 123.456).beside("SELECT", 100.0).goal(Goal::RatioAtMost(1.3));
        let expected = r#"{"bench":"b","figure":"look","unit":"µs","ours":123.5,"limit":100.0,"beside":"SELECT","ratio":1.235,"goal":"ratio ≤ 1.3","met":true}"#;
        assert_eq!(figure.line("b"), expected);
        let alone = r#"{"bench":"b","figure":"x","unit":"s","ours":0.0,"limit":null,"beside":null,"ratio":null,"goal":null,"met":null}"#;
        assert_eq!(Figure::new("x", "s", 0.0).line("b"), alone);
    }
}
