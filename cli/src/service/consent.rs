//! Asking a person before something is changed.

use super::error::ServiceError;
use std::io::{BufRead, IsTerminal, Write};

/// Only a person at a terminal can be asked. `declined` says that nothing was done.
pub fn ask(declined: &str) -> Result<(), ServiceError> {
    let reason = |reason: &str| ServiceError::Arguments { reason: reason.to_owned() };
    if !std::io::stdin().is_terminal() {
        return Err(reason("Nobody can be asked, because standard input is not a terminal. Use --yes."));
    }
    eprint!("Continue? [y/N] ");
    let mut answer = String::new();
    // Errors here are ignored: no answer is no consent.
    let _ = std::io::stderr().flush().and_then(|()| std::io::stdin().lock().read_line(&mut answer));
    let is_yes = matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes");
    if is_yes { Ok(()) } else { Err(reason(declined)) }
}
