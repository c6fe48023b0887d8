//! `reconcile`: repairs what nobody is working on.

use pipeline::function::serve;
use pipeline::writes::Function;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Reconcile)
}
