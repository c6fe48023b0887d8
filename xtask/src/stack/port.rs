//! Finding a free port on loopback.

use super::error::StackError;
use super::say;
use std::net::{Ipv4Addr, TcpListener};

/// How many ports are tried.
const TRIES: u16 = 100;

/// The wanted port, or the next one that is free; says so when it is another.
pub fn free(wanted: u16, what: &str, option: &'static str) -> Result<u16, StackError> {
    let last = wanted.saturating_add(TRIES - 1);
    let found = (wanted..=last).find(|port| is_free(*port));
    let found = found.ok_or(StackError::Ports { first: wanted, last, option })?;
    if found != wanted {
        say("port", &format!("{wanted} is taken: {what} gets {found}"));
    }
    Ok(found)
}

/// The listener is closed at once; what listens next does so within a second, and says so if it cannot.
fn is_free(port: u16) -> bool {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stranger_s_port_is_left_to_it() {
        let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = stranger.local_addr().unwrap().port();
        assert!(free(taken, "the test", "port").unwrap() > taken);
        drop(stranger);
        assert!(is_free(taken));
    }
}
