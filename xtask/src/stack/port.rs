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
    fn the_wanted_port_is_taken_when_it_is_free_and_the_next_when_it_is_not() {
        let stranger = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let taken = stranger.local_addr().unwrap().port();
        let found = free(taken, "the test", "port").unwrap();
        assert!(found > taken && is_free(found), "{found} for {taken}");
        assert_eq!(free(found, "the test", "port").unwrap(), found);
    }
}
