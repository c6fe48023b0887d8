//! `compress`: checks a volume, cuts it into page ranges and makes the smaller PDF.

use pipeline::function::Function;
use pipeline::serve;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Compress)
}
