//! `quire model import`, and `quire process` with a model that it installed.
#![allow(clippy::unwrap_used, reason = "test code: what cannot be had should stop the test where it stands")]

use engine::installation::Installation;
use std::fs::{self, File};
use std::io::{Cursor, Read, Write};
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;
use tests::command::{Ending, Trial, files, quire};
use tests::sample;
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

/// A home with the installed libraries and without models.
fn home() -> TempDir {
    let home = tempfile::tempdir().unwrap();
    symlink(Installation::of_user().unwrap().home().join("lib"), home.path().join("lib")).unwrap();
    home
}

fn import(home: &Path, checkpoint: &Path, options: &[&str]) -> Ending {
    let mut command = Command::new(quire());
    Ending::of(command.args(["model", "import"]).arg(checkpoint).args(options).env("QUIRE_HOME", home))
}

/// The published small checkpoint, from the wheel that the set-up downloaded, in a folder.
fn small(folder: &Path) -> PathBuf {
    let wheels = files(&Installation::of_user().unwrap().home().join("wheels"));
    let is_wanted = |path: &&PathBuf| path.file_name().unwrap().to_string_lossy().starts_with("blackletter-");
    let wheel = wheels.iter().find(is_wanted).unwrap_or_else(|| panic!("cargo xtask setup downloads the wheel"));
    let mut wheel = ZipArchive::new(File::open(wheel).unwrap()).unwrap();
    let mut bytes = Vec::new();
    wheel.by_name("blackletter/weights/small.pt").unwrap().read_to_end(&mut bytes).unwrap();
    let path = folder.join("small.pt");
    fs::write(&path, bytes).unwrap();
    path
}

fn checkpoint(folder: &Path, pickle: &[u8]) -> PathBuf {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("best/data.pkl", SimpleFileOptions::default()).unwrap();
    archive.write_all(pickle).unwrap();
    let path = folder.join("best.pt");
    fs::write(&path, archive.finish().unwrap().into_inner()).unwrap();
    path
}

#[test]
fn an_imported_model_is_used_by_its_name() {
    let home = home();
    let ending = import(home.path(), &small(home.path()), &["--name", "mine"]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    assert!(ending.stdout.starts_with("mine: 14 classes, images of 640 pixels, stride 32\n"), "{ending:?}");
    let (published, _) = Trial::shared("fast", sample::bytes, &["--json", "--no-ocr", "--model", "small"]);
    let trial = Trial::of(&sample::bytes());
    let mut command = trial.command(&["--json", "--no-ocr", "--model", "mine"]);
    let ending = Ending::of(command.env("QUIRE_HOME", home.path()));
    assert_eq!(ending.status, Some(0), "{ending:?}");
    for file in ["detections.json", "opinions.json", "redaction_rects.json"] {
        let [mine, small] = [&trial, &published].map(|trial| fs::read(trial.results().join(file)).unwrap());
        assert!(!mine.is_empty() && mine == small, "{file} differs from that of the published model");
    }
}

#[test]
fn a_checkpoint_that_cannot_be_imported_is_refused_and_changes_nothing() {
    let home = home();
    let mine = home.path().join("models/mine.onnx");
    fs::create_dir(home.path().join("models")).unwrap();
    fs::write(&mine, "the older model").unwrap();
    let cases: [(&[u8], &str, &str); 3] = [
        (b"\x80\x02cos\nsystem\nX\x02\0\0\0ls\x85R.", "model.pickle-global", "os.system"),
        (b"\x80\x02cultralytics.nn.modules.block\nC2fCIB\n)\x81.", "model.block", "C2fCIB"),
        (b"\x80\x02}.", "model.network-incomplete", "model"),
    ];
    for (pickle, code, word) in cases {
        let ending = import(home.path(), &checkpoint(home.path(), pickle), &["--name", "mine"]);
        assert_eq!((ending.status, ending.stdout.as_str()), (Some(3), ""), "{ending:?}");
        assert!(ending.stderr.contains(code) && ending.stderr.contains(word), "{ending:?}");
    }
    assert_eq!(fs::read_to_string(&mine).unwrap(), "the older model");
    assert_eq!(files(&home.path().join("models")), [mine]);
}

/// The file of English from which the set-up imported `eng`.
fn english() -> PathBuf {
    let mut command = Command::new("tesseract");
    let languages = command.arg("--list-langs").env_remove("TESSDATA_PREFIX").output().unwrap();
    let languages = String::from_utf8(languages.stdout).unwrap();
    Path::new(languages.split('"').nth(1).unwrap()).join("eng.traineddata")
}

#[test]
fn a_language_is_told_by_its_content_and_installed_beside_the_models() {
    let home = home();
    let disguised = home.path().join("mine.pt");
    fs::copy(english(), &disguised).unwrap();
    let ending = import(home.path(), &disguised, &[]);
    assert_eq!(ending.status, Some(0), "{ending:?}");
    assert!(ending.stdout.starts_with("mine: a language of 110 characters, lines of 36 pixels\n"), "{ending:?}");
    assert!(ending.stdout.ends_with("--language mine\n"), "{ending:?}");
    let imported = fs::read(home.path().join("languages/mine.onnx")).unwrap();
    assert!(imported == fs::read(Installation::of_user().unwrap().languages().join("eng.onnx")).unwrap());
    assert!(!home.path().join("models").exists());
}

#[test]
fn a_language_that_is_damaged_is_refused_and_changes_nothing() {
    let home = home();
    let whole = fs::read(english()).unwrap();
    let cut = home.path().join("cut.traineddata");
    for length in [100, 200_000] {
        fs::write(&cut, &whole[..length]).unwrap();
        let ending = import(home.path(), &cut, &[]);
        assert_eq!((ending.status, ending.stdout.as_str()), (Some(3), ""), "{ending:?}");
        assert!(ending.stderr.contains("model.language-damaged"), "{ending:?}");
    }
    assert!(!home.path().join("languages").exists());
}

#[test]
fn names_that_are_no_file_names_of_their_own_are_refused() {
    let home = home();
    let best = checkpoint(home.path(), b"\x80\x02}.");
    for name in ["../mine", "small", "both", "", "a/b", "-x"] {
        let ending = import(home.path(), &best, &[&format!("--name={name}")]);
        assert_eq!(ending.status, Some(2), "{ending:?}");
    }
    let odd = home.path().join("my best.pt");
    fs::rename(&best, &odd).unwrap();
    let ending = import(home.path(), &odd, &[]);
    assert_eq!(ending.status, Some(2), "{ending:?}");
    assert!(ending.stderr.contains("--name"), "{ending:?}");
    assert_eq!(import(home.path(), &home.path().join("absent.pt"), &[]).status, Some(3));
}
