//! `migrate`: brings the schema of the database up to date.

use pipeline::function::Function;
use pipeline::serve;
use std::process::ExitCode;

fn main() -> ExitCode {
    serve(Function::Migrate)
}
