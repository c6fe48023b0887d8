//! Installs what is missing: Debian packages, native libraries, and the models. The libraries and the weights of the
//! detection models come from wheels that are pinned in `wheels.lock`, the language from Debian's Tesseract.

use crate::build::{Build, SETUP};
use crate::{program, workspace};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Programs and the Debian packages that contain them. A program that was installed in another way counts too.
const PROGRAMS: [(&str, &str); 4] =
    [("gs", "ghostscript"), ("tesseract", "tesseract-ocr"), ("qpdf", "qpdf"), ("pdftotext", "poppler-utils")];

/// Files in the wheels, and their names below the home directory.
const LIBRARIES: [(&str, &str); 2] = [
    ("onnxruntime/capi/libonnxruntime.so.1.31.1", "lib/libonnxruntime.so"),
    ("pypdfium2_raw/libpdfium.so", "lib/libpdfium.so"),
];

/// What the importer writes below the home directory.
const MODELS: [&str; 3] = ["models/small.onnx", "models/medium.onnx", "languages/eng.onnx"];

/// One line of progress.
pub fn say(subject: &str, what: &str) {
    println!("setup: {subject:<12} {what}");
}

/// `cargo xtask setup`.
pub fn all() -> Result<()> {
    let build = Build::start(SETUP)?;
    install()?;
    build.wait()?;
    import_models()
}

/// Installs everything but the models, which need the importer.
pub fn install() -> Result<()> {
    packages()?;
    let home = workspace::home()?;
    let _lock = lock(&home)?;
    install_wheels(&home)
}

/// Waits until no other task installs into the home directory. The lock ends with the file.
pub fn lock(home: &Path) -> Result<File> {
    workspace::create_directory(home)?;
    let path = home.join(".lock");
    let file = File::create(&path).with_context(|| format!("{} could not be written", path.display()))?;
    file.lock().with_context(|| format!("{} could not be locked", path.display()))?;
    Ok(file)
}

fn packages() -> Result<()> {
    let missing = missing_packages();
    if !missing.is_empty() {
        install_packages(&missing)?;
    }
    say("programs", "gs, tesseract (eng), qpdf and pdftotext are installed");
    Ok(())
}

fn missing_packages() -> Vec<&'static str> {
    let mut packages: Vec<_> =
        PROGRAMS.iter().filter(|(command, _)| program::find(command).is_none()).map(|(_, package)| *package).collect();
    if !languages().is_ok_and(|languages| languages.lines().any(|language| language == "eng")) {
        packages.push("tesseract-ocr-eng");
    }
    if !program::succeeds(pip().arg("--version")) {
        packages.push("python3-pip");
    }
    packages
}

/// Tesseract's own languages, and above them the directory of their files. A directory of the person who runs this may
/// have other files under the same names.
fn languages() -> Result<String> {
    program::text(Command::new("tesseract").arg("--list-langs").env_remove("TESSDATA_PREFIX"))
}

/// The file of the English language.
fn english() -> Result<PathBuf> {
    let languages = languages()?;
    let directory = directory_of(&languages).context("`tesseract --list-langs` does not name its directory.")?;
    Ok(directory.join("eng.traineddata"))
}

/// The first line is such as `List of available languages in "/usr/share/tesseract-ocr/5/tessdata/" (2):`.
fn directory_of(languages: &str) -> Option<&Path> {
    languages.lines().next()?.split('"').nth(1).map(Path::new)
}

/// Installs Debian packages.
pub fn install_packages(packages: &[&str]) -> Result<()> {
    let names = packages.join(" ");
    let is_root = program::text(Command::new("id").arg("-u"))? == "0";
    if program::find("apt-get").is_none() || !(is_root || program::find("sudo").is_some()) {
        bail!(
            "These Debian packages are missing, and apt-get with root or sudo is not available: {names}. Install them."
        );
    }
    say("programs", &format!("installing {names} with apt-get"));
    for arguments in [&["--quiet", "update"][..], &["--yes", "--no-install-recommends", "install"]] {
        // `env`, because sudo drops variables.
        let mut command = if is_root { Command::new("env") } else { Command::new("sudo") };
        if !is_root {
            command.arg("env");
        }
        command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]).args(arguments);
        if arguments.contains(&"install") {
            command.args(packages);
        }
        program::output(&mut command)?;
    }
    Ok(())
}

/// pip of any Python. It checks every wheel against `wheels.lock`.
pub fn pip() -> Command {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// Downloads the wheels and unpacks the libraries, unless `wheels.lock` is the one that they were installed from.
fn install_wheels(home: &Path) -> Result<()> {
    let lock = workspace::root().join("xtask/wheels.lock");
    let (wheels, content) = (home.join("wheels"), workspace::read(&lock)?);
    let stamp = wheels.join("wheels.lock");
    let is_installed = LIBRARIES.iter().all(|(_, file)| home.join(file).is_file());
    if is_installed && fs::read(&stamp).is_ok_and(|stamp| stamp == content) {
        say("libraries", "ONNX Runtime and PDFium are installed");
        return Ok(());
    }
    say("libraries", "downloading ONNX Runtime, PDFium and the weights of the models");
    workspace::remove_directory(&wheels)?;
    workspace::create_directory(&wheels)?;
    let mut download = pip();
    // The libraries do not depend on the version of Python, but pip needs one.
    download.args(["download", "--no-deps", "--only-binary=:all:", "--python-version", "3.12", "--require-hashes"]);
    // pip does not know that the newer platforms include the older ones.
    for platform in ["manylinux_2_28", "manylinux_2_17", "manylinux2014"] {
        download.arg(format!("--platform={platform}_{}", std::env::consts::ARCH));
    }
    program::output(download.arg("--dest").arg(&wheels).arg("--requirement").arg(&lock))
        .context("The native libraries were not downloaded")?;
    for wheel in files_ending_in(&wheels, ".whl")? {
        unpack_libraries(&wheel, home)?;
    }
    workspace::write(&stamp, content)?;
    say("libraries", "ONNX Runtime and PDFium are installed");
    Ok(())
}

fn unpack_libraries(wheel: &Path, home: &Path) -> Result<()> {
    for (entry, file) in LIBRARIES {
        let package = entry.split(['/', '_']).next().unwrap_or(entry);
        if !name_of(wheel).starts_with(package) {
            continue;
        }
        let (unpacked, library) = (home.join("wheels/unpacked"), home.join(file));
        program::output(Command::new("python3").args(["-m", "zipfile", "--extract"]).arg(wheel).arg(&unpacked))?;
        workspace::create_directory(&home.join("lib"))?;
        // A rename, so that the library is never half written.
        fs::rename(unpacked.join(entry), &library)
            .with_context(|| format!("{} could not be written", library.display()))?;
        workspace::remove_directory(&unpacked)?;
    }
    Ok(())
}

/// Converts the weights and the language with the importer that was built, unless the same importer made the models from
/// the same files.
pub fn import_models() -> Result<()> {
    let home = workspace::home()?;
    let _lock = lock(&home)?;
    let mut recipe = workspace::files(&workspace::root().join("layers/model/src"))?;
    let english = english()?;
    recipe.extend([home.join("wheels/wheels.lock"), english.clone()]);
    let recipe = workspace::fingerprint(&recipe)?;
    let stamp = home.join("models/recipe");
    let is_installed = MODELS.iter().all(|model| home.join(model).is_file());
    if !(is_installed && fs::read_to_string(&stamp).is_ok_and(|stamp| stamp == recipe)) {
        say("models", "converting the weights");
        let wheels = files_ending_in(&home.join("wheels"), ".whl")?;
        let wheel = wheels.iter().find(|wheel| name_of(wheel).starts_with("blackletter"));
        let wheel = wheel.context("The wheel of blackletter is missing. Run `cargo xtask setup`.")?;
        program::output(Command::new(workspace::built("import-model")).arg(wheel).arg(english).arg(&home))?;
        workspace::write(&stamp, recipe)?;
    }
    say("models", &format!("{} are installed in {}", MODELS.join(", "), home.display()));
    Ok(())
}

fn files_ending_in(directory: &Path, ending: &str) -> Result<Vec<PathBuf>> {
    let mut files = workspace::files(directory)?;
    files.retain(|file| name_of(file).ends_with(ending));
    Ok(files)
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tesseract_names_the_directory_of_its_languages() {
        let printed = "List of available languages in \"/usr/share/tessdata/\" (2):\neng\nosd";
        assert_eq!(directory_of(printed), Some(Path::new("/usr/share/tessdata/")));
        assert_eq!(directory_of("List of available languages (1):\neng"), None);
    }
}
