//! The programs that Quire is compared with, where they are installed.

use super::contestant::{Contestant, Output};
use super::first_line;
use super::volume::Volume;
use crate::error::Error;
use crate::{setup, workspace};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the reference programs are; one that is not given is left out.
#[derive(Debug, clap::Args)]
pub struct Programs {
    /// The command of blackletter 0.4.x, installed with its extra `detect`.
    #[arg(long, env = "QUIRE_BENCH_BLACKLETTER04", value_name = "PATH")]
    blackletter04: Option<PathBuf>,
    /// The command of blackletter 0.0.12.
    #[arg(long, env = "QUIRE_BENCH_BLACKLETTER00", value_name = "PATH")]
    blackletter00: Option<PathBuf>,
    /// The command of ocrmypdf.
    #[arg(long, env = "QUIRE_BENCH_OCRMYPDF", value_name = "PATH")]
    ocrmypdf: Option<PathBuf>,
}

/// Entries of the weights' wheel and their digests.
const WEIGHTS: [(&str, &str); 2] = [
    ("small", "c50fdf080ef1c6791e8ef8945470e4c79b2a82ff03d4809d3ff8adc1219e8ce1"),
    ("medium", "6e1c0535512afe0620fcaba3cf1b8d67917c3b09dcf0958e0c30d316a835263b"),
];

/// Those that are installed.
pub fn contestants(programs: &Programs, volume: &Volume) -> Result<Vec<Contestant>, Error> {
    let mut contestants = Vec::new();
    if programs.blackletter04.is_some() || programs.blackletter00.is_some() {
        let weights = weights()?;
        let with = |program: &Path, label, model| blackletter(program, label, model, &weights, volume);
        if let Some(program) = &programs.blackletter04 {
            contestants.push(with(program, "blackletter 0.4", "small"));
            contestants.push(with(program, "blackletter 0.4", "medium"));
        }
        contestants.extend(programs.blackletter00.iter().map(|program| with(program, "blackletter 0.0.12", "small")));
    }
    if let Some(program) = &programs.ocrmypdf {
        contestants.push(ocrmypdf(program, "-O0", &["-O0", "--output-type", "pdf"], volume));
        contestants.push(ocrmypdf(program, "default", &[], volume));
    }
    for contestant in &contestants {
        println!("bench: beside it {}, {}", contestant.name, version(contestant));
    }
    Ok(contestants)
}

/// blackletter on the processor, with docTR left out. Its medium model comes by `--model` too: `--medium`
/// only chooses the file.
fn blackletter(program: &Path, label: &str, model: &str, weights: &Path, volume: &Volume) -> Contestant {
    let script = workspace::root().join("xtask/bench/blackletter_without_doctr.py");
    let model_file = weights.join(format!("{model}.pt"));
    let mut arguments = vec![script.display().to_string(), "process".into(), volume.argument(), "--cpu".into()];
    arguments.extend(["--model".to_owned(), model_file.display().to_string()]);
    arguments.extend(volume.identity.options());
    Contestant {
        name: format!("{label} {model}"),
        program: program.with_file_name("python"),
        arguments,
        output: Output::Directory(volume.identity.volume_file()),
        prints_result: false,
        rival: None,
    }
}

fn ocrmypdf(program: &Path, label: &str, options: &[&str], volume: &Volume) -> Contestant {
    let arguments = options.iter().map(|option| (*option).to_owned()).chain([volume.argument()]).collect();
    let name = format!("ocrmypdf {label}");
    Contestant { name, program: program.to_owned(), arguments, output: Output::File, prints_result: false, rival: None }
}

/// The weights as blackletter reads them, below `target/`: its later wheels carry none.
fn weights() -> Result<PathBuf, Error> {
    let directory = workspace::target().join("bench-weights");
    let path = |model: &str| directory.join(format!("{model}.pt"));
    if WEIGHTS.iter().all(|(model, _)| path(model).is_file()) {
        return Ok(directory);
    }
    fs::create_dir_all(&directory).map_err(Error::file("making", &directory))?;
    let scratch = tempfile::tempdir_in(&directory).map_err(Error::file("writing in", &directory))?;
    let wheel = setup::fetch(setup::WEIGHTS_WHEEL, scratch.path())?;
    for (model, sha256) in WEIGHTS {
        setup::extract(&wheel, &format!("blackletter/weights/{model}.pt"), sha256, &path(model))?;
    }
    Ok(directory)
}

fn version(contestant: &Contestant) -> String {
    let mut command = Command::new(&contestant.program);
    if matches!(contestant.output, Output::File) {
        command.arg("--version");
    } else {
        command.args(["-c", "import importlib.metadata as m; print(m.version('blackletter'))"]);
    }
    first_line(&mut command).map_or_else(|| "version unknown".to_owned(), |line| format!("version {line}"))
}
