//! A free port on the loopback address.

use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;
use std::process;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::failure::{Failure, Outcome};

/// Below the ports that Linux gives to outgoing connections (32768 and up): one of those could be taken between our
/// look and the server's start, or while a server that a case killed is down.
const PORTS: Range<u32> = 20_000..32_000;

/// How many ports this process has looked at.
static LOOKED: AtomicU32 = AtomicU32::new(0);

/// A port that was free a moment ago, and that this process gives to nobody else for a long time.
pub(crate) fn free() -> Outcome<u16> {
    let count = PORTS.end - PORTS.start;
    // Two runs at once begin at different places.
    let begin = process::id().wrapping_mul(101);
    for _ in 0..count {
        let looked = LOOKED.fetch_add(1, Ordering::Relaxed);
        let port = PORTS.start + begin.wrapping_add(looked) % count;
        let Ok(port) = u16::try_from(port) else { continue };
        if TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return Ok(port);
        }
    }
    Err(Failure::new(format!("no port of {PORTS:?} is free")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_port_is_given_twice_nor_while_it_is_used() {
        let used = TcpListener::bind((Ipv4Addr::LOCALHOST, free().expect("a port"))).expect("it is free");
        let used = u32::from(used.local_addr().expect("an address").port());
        let ports: std::collections::HashSet<u16> = (0..50).map(|_| free().expect("a port")).collect();
        assert_eq!(ports.len(), 50);
        assert!(ports.iter().all(|port| PORTS.contains(&u32::from(*port)) && u32::from(*port) != used));
    }
}
