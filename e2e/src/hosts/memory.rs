//! What a process holds in memory, as Linux counts it: pages that are there, those of its program included.

use std::fs;

use crate::failure::{Attempt, Failure, Outcome};

/// Linux' word for "forget the highest level so far" (`proc_pid_clear_refs(5)`).
const FORGET_PEAK: &str = "5";

/// Bytes that a process holds now.
pub(crate) fn resident(process: u32) -> Outcome<u64> {
    of(process, "VmRSS:")
}

/// How far a process grows from now on, be it for a moment.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Growth {
    process: u32,
    before: u64,
}

impl Growth {
    /// From what the process holds now.
    pub(crate) fn watch(process: u32) -> Outcome<Self> {
        fs::write(format!("/proc/{process}/clear_refs"), FORGET_PEAK).attempt("forget a process's peak of memory")?;
        Ok(Self { process, before: resident(process)? })
    }

    /// Bytes that it has held more since then, at its highest level.
    pub(crate) fn so_far(self) -> Outcome<u64> {
        Ok(of(self.process, "VmHWM:")?.saturating_sub(self.before))
    }
}

fn of(process: u32, field: &str) -> Outcome<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).attempt("read what a process holds")?;
    read(&status, field).ok_or_else(|| Failure::new(format!("the kernel tells no {field} of process {process}")))
}

/// A field in kB, in bytes.
fn read(status: &str, field: &str) -> Option<u64> {
    let value = status.lines().find_map(|line| line.strip_prefix(field))?;
    let kilobytes: u64 = value.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_is_read_in_bytes() {
        let status = "Name:\tx\nVmHWM:\t   1024 kB\nVmRSS:\t     512 kB\n";
        assert_eq!((read(status, "VmHWM:"), read(status, "VmRSS:")), (Some(1 << 20), Some(512 << 10)));
        assert_eq!(read(status, "VmSwap:"), None);
    }

    #[test]
    fn a_peak_is_seen_after_it_is_over_and_not_after_it_was_forgotten() {
        let own = std::process::id();
        let growth = Growth::watch(own).expect("watched");
        drop(std::hint::black_box(vec![1_u8; 64 << 20]));
        assert!(growth.so_far().expect("told") >= 48 << 20);
        let growth = Growth::watch(own).expect("watched");
        assert!(growth.so_far().expect("told") < 32 << 20);
    }
}
