//! The function that checks, cuts and compresses a volume.

use std::process::ExitCode;

fn main() -> ExitCode {
    pipeline::function::serve::<pipeline::stages::compress::Compress>()
}
