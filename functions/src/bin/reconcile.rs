//! `reconcile`: repairs what nobody is working on.

use pipeline::function::Function;
use pipeline::serve;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Reconcile)
}
