//! The function that looks at a range of pages.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::function::serve(pipeline::writes::Function::Scan)
}
