//! `split`: writes the volume and its opinions.

use pipeline::function::Function;
use pipeline::serve;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Split)
}
