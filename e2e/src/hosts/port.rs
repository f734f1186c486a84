//! A free port on the loopback address.

use std::net::{Ipv4Addr, TcpListener};

use crate::failure::{Attempt, Outcome};

/// A port that was free a moment ago. Whoever takes it in between makes its user's start fail with a clear error.
pub(crate) fn free() -> Outcome<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).attempt("find a free port")?;
    Ok(listener.local_addr().attempt("find a free port")?.port())
}
