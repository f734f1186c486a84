//! What processes have computed, as Linux counts it: in hundredths of a second, so that only seconds of work say anything.

use std::fs;
use std::ops::{Add, Div, Sub};

use crate::failure::{Attempt, Failure, Outcome};

/// Linux' `USER_HZ`, the same on all machines that we know.
const TICKS_PER_SECOND: f64 = 100.0;

/// Seconds on the processor.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Cpu {
    /// In the program.
    pub(super) user: f64,
    /// In the kernel, for the program.
    pub(super) system: f64,
}

impl Add for Cpu {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { user: self.user + other.user, system: self.system + other.system }
    }
}

impl Sub for Cpu {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self { user: self.user - before.user, system: self.system - before.system }
    }
}

impl Div<f64> for Cpu {
    type Output = Self;

    fn div(self, requests: f64) -> Self {
        Self { user: self.user / requests, system: self.system / requests }
    }
}

impl Cpu {
    /// In the program and in the kernel for it.
    pub(super) fn seconds(self) -> f64 {
        self.user + self.system
    }

    /// Of one process so far.
    pub(super) fn of(process: u32) -> Outcome<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).attempt("read a process's times")?;
        parse(&stat).map(|(own, _)| own)
    }

    /// Of a process and its children so far, those that have ended included.
    pub(super) fn of_family(process: u32) -> Outcome<Self> {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).attempt("read a process's times")?;
        let (own, ended) = parse(&stat)?;
        let children = fs::read_to_string(format!("/proc/{process}/task/{process}/children"));
        let children = children.attempt("read a process's children")?;
        // One that ends at this moment is not there to be read, and is counted the next time.
        let living = children.split_whitespace().filter_map(|child| Self::of(child.parse().ok()?).ok());
        Ok(living.fold(own + ended, Self::add))
    }
}

/// A process's own times, and those of its children that have ended (`proc_pid_stat(5)`: fields 14 to 17).
fn parse(stat: &str) -> Outcome<(Cpu, Cpu)> {
    // The second field is a name that may hold anything but ends with the last bracket.
    let fields = stat.rsplit_once(')').map(|(_, rest)| rest.split_whitespace()).into_iter().flatten();
    let ticks: Vec<f64> = fields.skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    let [user, system, ended_user, ended_system] = ticks[..] else {
        return Err(Failure::new("the kernel tells a process's times in an unknown form"));
    };
    let seconds = |user: f64, system: f64| Cpu { user: user / TICKS_PER_SECOND, system: system / TICKS_PER_SECOND };
    Ok((seconds(user, system), seconds(ended_user, ended_system)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_times_stand_behind_a_name_with_brackets() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194304 1 2 3 4 150 25 300 50 20 0 1 0 5 6 7";
        let (own, ended) = parse(stat).expect("times");
        assert_eq!((own, ended), (Cpu { user: 1.5, system: 0.25 }, Cpu { user: 3.0, system: 0.5 }));
        assert!(parse("7 (a) S 1").is_err());
        assert!(Cpu::of_family(std::process::id()).is_ok());
    }
}
