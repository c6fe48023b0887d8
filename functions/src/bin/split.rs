//! `split`: writes the volume and its opinions.

use pipeline::function::serve;
use pipeline::writes::Function;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Split)
}
