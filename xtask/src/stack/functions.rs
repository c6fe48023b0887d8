//! The functions: built, and laid where LocalStack finds them.

use super::localstack::IMAGES;
use super::record::State;
use super::say;
use super::virtual_environment::digest;
use crate::demo::cargo;
use crate::error::Error;
use crate::home::QuireHome;
use crate::{program, workspace};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Deployed as zip archives.
const ZIPPED: [&str; 2] = ["intake", "reconcile"];
/// Deployed in one container image.
pub const IN_IMAGE: [&str; 3] = ["compress", "scan", "split"];

/// Directory of the staged functions, below the state directory.
const DIRECTORY: &str = "functions";

/// The built programs, by name.
pub type Built = BTreeMap<&'static str, PathBuf>;

/// The functions as they are deployed.
#[derive(Debug)]
pub struct Staged {
    /// Directory with NAME/bootstrap for each zip function.
    pub code: PathBuf,
    /// Name and tag of the image; the tag is a digest of its programs.
    pub image: String,
    /// Directory that stands for the image.
    programs: PathBuf,
    /// Digest of everything.
    pub digest: String,
}

/// Builds all of them in the release profile. The whole workspace, as the tests build it: some packages alone would
/// have their dependencies with other features, and those would be built twice.
pub fn build(failpoints: bool) -> Result<Built, Error> {
    say("functions", if failpoints { "building, with kill points" } else { "building" });
    let mut command = cargo();
    command.args(["build", "--release", "--workspace"]);
    if failpoints {
        command.args(failpoint_features());
    }
    program::run(&mut command)?;
    Ok(names().map(|name| (name, workspace::target().join("release").join(name))).collect())
}

/// What makes Cargo build the functions with their kill points.
pub fn failpoint_features() -> [String; 2] {
    let features: Vec<String> = names().map(|name| format!("{name}/failpoints")).collect();
    ["--features".to_owned(), features.join(",")]
}

fn names() -> impl Iterator<Item = &'static str> {
    ZIPPED.into_iter().chain(IN_IMAGE)
}

/// Copies the programs below the state directory: the next build may change them while these run.
pub fn stage(built: &Built, home: &QuireHome, state: &State) -> Result<Staged, Error> {
    let all: Vec<PathBuf> = built.values().cloned().collect();
    let image: Vec<PathBuf> = IN_IMAGE.iter().filter_map(|name| built.get(name).cloned()).collect();
    let tag = digest(&image)?[..12].to_owned();
    let (code, programs) = (state.make(DIRECTORY)?, state.make(&format!("{DIRECTORY}/image-{tag}"))?);
    for name in ZIPPED {
        copy(built, name, &state.make(&format!("{DIRECTORY}/{name}"))?.join("bootstrap"))?;
    }
    for name in IN_IMAGE {
        copy(built, name, &programs.join(name))?;
    }
    let staged = Staged { code, image: format!("quire:{tag}"), programs, digest: digest(&all)? };
    write_images(&staged, home, state)?;
    Ok(staged)
}

/// Copies unless the copy is newer. The lines of the source are left out: they make a program five times as large, and
/// the names of the functions, which stay, are enough for a back trace.
fn copy(built: &Built, name: &str, to: &Path) -> Result<(), Error> {
    let Some(from) = built.get(name) else {
        return Ok(());
    };
    if is_newer(to, from) {
        return Ok(());
    }
    // One that runs cannot be written, but replaced.
    let partial = to.with_extension("partial");
    if !program::succeeds(Command::new("objcopy").arg("--strip-debug").args([from, &partial])) {
        fs::copy(from, &partial).map_err(Error::file("copying", from))?;
    }
    fs::rename(&partial, to).map_err(Error::file("writing", to))
}

fn is_newer(file: &Path, than: &Path) -> bool {
    let changed = |path: &Path| fs::metadata(path).and_then(|data| data.modified()).ok();
    changed(file).zip(changed(than)).is_some_and(|(file, than)| file > than)
}

/// Tells the executor where the image's programs lie, and what the image's ENV instructions say.
fn write_images(staged: &Staged, home: &QuireHome, state: &State) -> Result<(), Error> {
    let environment = json!({ "QUIRE_HOME": home.directory() });
    let images = json!({ &staged.image: { "directory": &staged.programs, "environment": environment } });
    state.write_private(IMAGES, &images.to_string())
}

/// Removes what an earlier deployment ran.
pub fn sweep(staged: &Staged, state: &State) -> Result<(), Error> {
    let directory = state.path(DIRECTORY);
    for entry in fs::read_dir(&directory).map_err(Error::file("reading", &directory))? {
        let path = entry.map_err(Error::file("reading", &directory))?.path();
        let is_image = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("image-"));
        if is_image && path != staged.programs {
            fs::remove_dir_all(&path).map_err(Error::file("removing", &path))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn built(directory: &Path, scan: &str) -> Built {
        fs::write(directory.join("scan"), scan).unwrap();
        for name in names().filter(|name| *name != "scan") {
            fs::write(directory.join(name), name).unwrap();
        }
        names().map(|name| (name, directory.join(name))).collect()
    }

    #[test]
    fn a_changed_program_is_another_image_and_the_last_one_goes() {
        let [target, directory] = [(); 2].map(|()| tempfile::tempdir().unwrap());
        let state = State::open(directory.path()).unwrap();
        let home = QuireHome::at(Path::new("/home/of/quire"));
        let first = stage(&built(target.path(), "one"), &home, &state).unwrap();
        assert_eq!(stage(&built(target.path(), "one"), &home, &state).unwrap().digest, first.digest);
        let second = stage(&built(target.path(), "two"), &home, &state).unwrap();
        assert_ne!(second.image, first.image);
        assert_eq!(fs::read_to_string(second.programs.join("scan")).unwrap(), "two");
        sweep(&second, &state).unwrap();
        assert!(!first.programs.exists() && second.programs.exists());
        let images: serde_json::Value = serde_json::from_slice(&fs::read(state.path(IMAGES)).unwrap()).unwrap();
        assert_eq!(images[&second.image]["environment"]["QUIRE_HOME"], "/home/of/quire");
    }
}
