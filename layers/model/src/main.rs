//! `import-model WHEEL OUTPUT_DIRECTORY` writes the ONNX models of the blackletter wheel.

use model::ImportedModel;
use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

const USAGE: &str = "usage: import-model WHEEL OUTPUT_DIRECTORY\n\
    Writes small.onnx and medium.onnx from the wheel of blackletter 0.0.12\n\
    (pip download --no-deps --only-binary=:all: --python-version 3.12 blackletter==0.0.12).";

/// The usual exit status for a wrong command line.
const USAGE_STATUS: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let [wheel, output_directory] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(USAGE_STATUS);
    };
    match model::import_wheel(Path::new(wheel), Path::new(output_directory)) {
        Ok(models) => {
            models.iter().for_each(report);
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error [{}]: {error}", error.code());
            ExitCode::FAILURE
        }
    }
}

fn report(model: &ImportedModel) {
    println!("{}: {} classes, {} px, {}", model.name, model.classes.len(), model.image_size, model.path.display());
}
