//! `compress`: checks a volume, cuts it into page ranges and makes the smaller PDF.

use pipeline::function::serve;
use pipeline::writes::Function;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Compress)
}
