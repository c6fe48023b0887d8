//! `console`: the pages for people.

use std::process::ExitCode;

fn main() -> ExitCode {
    console::serve()
}
