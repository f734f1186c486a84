//! What something was when, and whether a server may still, or again, answer that it was so. Pure.

use std::time::Duration;

use tokio::time::Instant;

/// Something that is changed through servers and read through them: what it was so far, in order.
#[derive(Clone, Debug)]
pub(super) struct History {
    states: Vec<State>,
    /// For each server the first of the states that it may still answer: it has answered nothing older since, and what is
    /// read from it later must not be older.
    floors: Vec<usize>,
}

/// One state, by a number that says which it is.
#[derive(Clone, Copy, Debug)]
struct State {
    shows: u64,
    /// When its change was acknowledged; not known yet, or never to be known, for `None`.
    acknowledged: Option<Acknowledged>,
}

/// A server said that a change is done.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acknowledged {
    pub(super) at: Instant,
    /// The server that has done it, if it said so to the first who asked: that one never answers from before it.
    pub(super) by: Option<usize>,
}

/// A read that begins.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    pub(super) at: Instant,
    pub(super) server: usize,
    floor: usize,
}

/// Why an answer is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wrong {
    /// It was replaced so long before it was asked for.
    Old(Duration),
    /// Through the very server that answers.
    OwnChange(Duration),
    /// The server had answered what came after it already.
    WentBack,
    /// It was never so.
    Never,
}

impl History {
    /// It begins like this.
    pub(super) fn new(shows: u64, servers: usize) -> Self {
        Self { states: vec![State { shows, acknowledged: None }], floors: vec![0; servers] }
    }

    /// A change is on its way; the number is for [`Self::acknowledge`].
    pub(super) fn begin(&mut self, shows: u64) -> usize {
        self.states.push(State { shows, acknowledged: None });
        self.states.len() - 1
    }

    /// That change is done.
    pub(super) fn acknowledge(&mut self, change: usize, acknowledged: Acknowledged) {
        self.states[change].acknowledged = Some(acknowledged);
    }

    /// What it is, or is about to be.
    pub(super) fn newest(&self) -> u64 {
        self.states.last().map_or(0, |state| state.shows)
    }

    /// A read begins now.
    pub(super) fn ask(&self, server: usize, at: Instant) -> Asked {
        Asked { at, server, floor: self.floors[server] }
    }

    /// Judges what a read has answered: how long before it was asked for that had been replaced, at least.
    pub(super) fn answered(&mut self, asked: Asked, shows: u64, bound: Duration) -> Result<Duration, Wrong> {
        let states = (0..self.states.len()).filter(|index| self.states[*index].shows == shows);
        let (mut wrong, mut oldest, mut age) = (Wrong::Never, None, Duration::ZERO);
        for index in states {
            match self.judge(index, asked, bound) {
                Ok(old) => {
                    // Of those that it may have been: the oldest binds later reads, the newest says how old it is.
                    oldest = oldest.or(Some(index));
                    age = old;
                }
                Err(why) => wrong = why,
            }
        }
        let floor = &mut self.floors[asked.server];
        *floor = (*floor).max(oldest.ok_or(wrong)?);
        Ok(age)
    }

    fn judge(&self, index: usize, asked: Asked, bound: Duration) -> Result<Duration, Wrong> {
        let later = || self.states[index + 1..].iter().filter_map(|state| state.acknowledged);
        let age = |done: Acknowledged| asked.at.saturating_duration_since(done.at);
        let oldest = later().map(age).max().unwrap_or_default();
        let own = later().filter(|done| done.by == Some(asked.server)).map(age).max().unwrap_or_default();
        if oldest > bound {
            Err(Wrong::Old(oldest))
        } else if own > Duration::ZERO {
            Err(Wrong::OwnChange(own))
        } else if index < asked.floor {
            Err(Wrong::WentBack)
        } else {
            Ok(oldest)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUND: Duration = Duration::from_secs(2);

    /// 7 at first, 8 since the start through server 0.
    fn history(start: Instant) -> History {
        let mut history = History::new(7, 2);
        let change = history.begin(8);
        history.acknowledge(change, Acknowledged { at: start, by: Some(0) });
        history
    }

    #[test]
    fn what_was_replaced_may_be_answered_until_the_bound_and_by_others() {
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        let answered = |server, seconds, shows| {
            let mut history = history(start);
            let asked = history.ask(server, after(seconds));
            history.answered(asked, shows, BOUND)
        };
        assert_eq!(answered(1, 1, 7), Ok(Duration::from_secs(1)));
        assert_eq!(answered(1, 3, 7), Err(Wrong::Old(Duration::from_secs(3))));
        assert_eq!(answered(0, 1, 7), Err(Wrong::OwnChange(Duration::from_secs(1))));
        assert_eq!(answered(0, 1, 8), Ok(Duration::ZERO));
        assert_eq!(answered(0, 1, 9), Err(Wrong::Never));
    }

    #[test]
    fn a_server_never_goes_back_and_what_overlaps_has_no_order() {
        let start = Instant::now();
        let mut history = history(start);
        let (first, overlapping) = (history.ask(1, start), history.ask(1, start));
        assert_eq!(history.answered(first, 8, BOUND), Ok(Duration::ZERO));
        assert_eq!(history.answered(overlapping, 7, BOUND), Ok(Duration::ZERO));
        let later = history.ask(1, start);
        assert_eq!(history.answered(later, 7, BOUND), Err(Wrong::WentBack));
    }

    #[test]
    fn what_comes_again_is_taken_for_what_it_may_be() {
        let start = Instant::now();
        let mut history = history(start);
        let back = history.begin(7);
        let asked = history.ask(1, start + Duration::from_secs(9));
        assert_eq!(history.answered(asked, 7, BOUND), Ok(Duration::ZERO), "on its way");
        history.acknowledge(back, Acknowledged { at: start + Duration::from_secs(10), by: None });
        let asked = history.ask(1, start + Duration::from_secs(20));
        assert_eq!(history.answered(asked, 7, BOUND), Ok(Duration::ZERO));
        assert_eq!(history.newest(), 7);
    }
}
