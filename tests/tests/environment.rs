//! What the machine lacks is named, with what to install; a full disk and wrong arguments are told apart from it.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use engine::installation::Installation;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tests::command::{Ending, Trial, files};
use tests::{page_kinds, quire, sample};

/// Every program on the `PATH` but one, as links in one folder.
fn programs_without(missing: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let path = std::env::var_os("PATH").unwrap();
    let directories = std::env::split_paths(&path).filter_map(|directory| std::fs::read_dir(directory).ok());
    for entry in directories.flatten() {
        let program = entry.unwrap();
        let link = folder.path().join(program.file_name());
        if program.file_name() != missing && !link.is_symlink() {
            symlink(program.path(), link).unwrap();
        }
    }
    folder
}

fn assert_missing(trial: &Trial, command: &mut Command, code: &str, names: &[&str]) {
    let ending = Ending::of(command);
    let (told, _) = ending.failure();
    assert_eq!((ending.status, told.as_str()), (Some(4), code), "{ending:?}");
    // The report on standard error: what happened, and what to do about it.
    for name in names {
        assert!(ending.stderr.contains(name), "{ending:?}");
    }
    trial.assert_nothing_left();
}

#[test]
fn a_missing_program_is_named_with_its_package() {
    let programs = [
        ("tesseract", "tesseract-ocr", "--reader=tesseract"),
        ("gs", "ghostscript", "--no-ocr"),
        ("qpdf", "qpdf", "--no-ocr"),
    ];
    for (program, package, option) in programs {
        let path = programs_without(program);
        let trial = Trial::of(&sample::bytes());
        let mut command = trial.command(&["--json", "--model", "small", option]);
        command.env("PATH", path.path());
        assert_missing(
            &trial,
            &mut command,
            "external.not_installed",
            &[program, &format!("apt-get install {package}")],
        );
    }
}

/// The installation without one of its files.
fn installation_without(missing: &str) -> TempDir {
    let (installation, folder) = (Installation::of_user().unwrap(), tempfile::tempdir().unwrap());
    for name in ["models/small.onnx", "models/medium.onnx", "lib/libonnxruntime.so", "lib/libpdfium.so"] {
        let (original, link) = (installation.home().join(name), folder.path().join(name));
        assert!(original.exists(), "{original:?} is not installed; run cargo xtask setup");
        std::fs::create_dir_all(link.parent().unwrap()).unwrap();
        if name != missing {
            symlink(original, link).unwrap();
        }
    }
    folder
}

#[test]
fn a_missing_model_or_library_is_named_with_the_command_that_installs_it() {
    let vector = page_kinds::vector();
    let cases = [
        ("models/small.onnx", "small", "detect.model_missing", sample::bytes()),
        ("models/medium.onnx", "both", "detect.model_missing", sample::bytes()),
        ("lib/libonnxruntime.so", "small", "detect.library_missing", sample::bytes()),
        ("lib/libpdfium.so", "small", "pixels.library_missing", vector),
    ];
    for (file, model, code, volume) in cases {
        let home = installation_without(file);
        let trial = Trial::of(&volume);
        let mut command = trial.command(&["--json", "--no-ocr", "--model", model]);
        command.env("QUIRE_HOME", home.path());
        assert_missing(&trial, &mut command, code, &[file, "cargo xtask setup"]);
    }
}

/// A volume of plain scans needs no PDFium.
#[test]
fn pdfium_is_not_missed_where_no_page_needs_it() {
    let home = installation_without("lib/libpdfium.so");
    let trial = Trial::of(&sample::bytes());
    let mut command = trial.command(&["--json", "--no-ocr", "--model", "small"]);
    let ending = Ending::of(command.env("QUIRE_HOME", home.path()));
    assert_eq!(ending.status, Some(0), "{ending:?}");
}

#[test]
fn a_missing_language_is_named_with_its_package() {
    let trial = Trial::of(&sample::bytes());
    let mut command = trial.command(&["--json", "--model", "small", "--language", "tlh"]);
    assert_missing(&trial, &mut command, "tesseract.language_missing", &["tlh", "tesseract-ocr-tlh"]);
}

/// Runs the command with a small file system of its own, in a namespace of its own, for the results; then lists what is
/// left there.
fn on_a_small_disk(trial: &Trial, size: &str, options: &[&str]) -> (Ending, String) {
    std::fs::create_dir(trial.out()).unwrap();
    let command = trial.command(options);
    let script = r#"disk=$1 size=$2; shift 2
        mount -t tmpfs -o size="$size" none "$disk" || exit 99
        "$@"; status=$?
        find "$disk" -mindepth 1 >&3; exit $status"#;
    let left = trial.folder().join("left");
    let script = format!("exec 3>'{}'\n{script}", left.display());
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", &script, "sh"]).arg(trial.out()).arg(size);
    shell.arg(command.get_program()).args(command.get_args());
    trial.at_home(&mut shell);
    let ending = Ending::of(&mut shell);
    (ending, std::fs::read_to_string(left).unwrap())
}

#[test]
fn a_full_disk_is_told_and_left_empty() {
    for size in ["64k", "400k", "1m", "2m", "3m"] {
        let trial = Trial::of(&sample::bytes());
        let (ending, left) = on_a_small_disk(&trial, size, &["--json", "--no-ocr", "--model", "small"]);
        let (code, message) = ending.failure();
        assert_eq!(ending.status, Some(5), "{size}: {ending:?}");
        assert!(["output.disk_full", "external.out_of_space"].contains(&code.as_str()), "{size}: {ending:?}");
        assert!(message.contains("space"), "{message}");
        assert_eq!(left, "", "{size}");
        trial.assert_nothing_left();
    }
}

#[test]
fn wrong_arguments_are_refused_before_anything_is_read() {
    let trial = Trial::of(&sample::bytes());
    let wrong: [&[&str]; 5] =
        [&["--model", "../small"], &["--jobs", "0"], &["--resolution", "5"], &["--first-page", "x"], &["--colour"]];
    for options in wrong {
        let ending = trial.process(options);
        assert_eq!(ending.status, Some(2), "{ending:?}");
        assert!(ending.stdout.is_empty() && ending.stderr.contains("Usage") || ending.stderr.contains("--help"));
    }
    for arguments in [&[] as &[&str], &["process"], &["pair"], &["inspect"], &["shred"]] {
        assert_eq!(Ending::of(Command::new(quire()).args(arguments)).status, Some(2), "{arguments:?}");
    }
    assert_eq!(files(&trial.out()), Vec::<PathBuf>::new());
}

#[test]
fn a_name_that_says_too_little_is_helped_by_arguments() {
    let trial = Trial::of(&sample::bytes());
    let nameless = trial.folder().join("scan.pdf");
    std::fs::rename(trial.input(), &nameless).unwrap();
    let run = |more: &[&str]| {
        let mut command = Command::new(quire());
        command
            .arg("process")
            .arg(&nameless)
            .arg("-o")
            .arg(trial.out())
            .args(["--json", "--no-ocr", "--model", "small"]);
        trial.at_home(command.args(more));
        Ending::of(&mut command)
    };
    let ending = run(&[]);
    assert_eq!((ending.status, ending.failure().0.as_str()), (Some(3), "naming.unrecognised"));
    trial.assert_nothing_left();
    let ending = run(&["--reporter", "arc", "--volume", "12", "--first-page", "201"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    assert!(Path::new(&trial.results()).join("arc.12.201.207.pdf").is_file());
}
