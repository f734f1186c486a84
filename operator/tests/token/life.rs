//! How long the operator lives: writes are counted, and after the last one nothing gets through any more.

use std::sync::{Arc, Mutex};

/// When the operator dies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Death {
    Never,
    /// The write of this number, from 0, is not done.
    Before(usize),
    /// It is done, but the operator does not live to hear it.
    After(usize),
}

/// What becomes of a write.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Done,
    DoneUnheard,
    NotDone,
}

/// Of one operator; both servers ask it.
#[derive(Clone)]
pub(crate) struct Life(Arc<Mutex<State>>);

struct State {
    death: Death,
    dead: bool,
    written: Vec<String>,
}

impl Life {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Mutex::new(State { death: Death::Never, dead: false, written: Vec::new() })))
    }

    /// A new operator; what the one before wrote is forgotten.
    pub(crate) fn begin(&self, death: Death) {
        *self.0.lock().unwrap() = State { death, dead: false, written: Vec::new() };
    }

    pub(crate) fn is_over(&self) -> bool {
        self.0.lock().unwrap().dead
    }

    /// What this operator wrote, in order.
    pub(crate) fn written(&self) -> Vec<String> {
        self.0.lock().unwrap().written.clone()
    }

    pub(crate) fn write(&self, what: &str) -> Fate {
        let mut state = self.0.lock().unwrap();
        let number = state.written.len();
        let fate = match state.death {
            _ if state.dead => Fate::NotDone,
            Death::Before(last) if number == last => Fate::NotDone,
            Death::After(last) if number == last => Fate::DoneUnheard,
            _ => Fate::Done,
        };
        state.dead |= fate != Fate::Done;
        if fate != Fate::NotDone {
            state.written.push(what.to_owned());
        }
        fate
    }
}
