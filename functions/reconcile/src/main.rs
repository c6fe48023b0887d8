//! The function that puts right what nobody is working on.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::function::serve(pipeline::writes::Function::Reconcile)
}
