//! `cargo xtask image`: the container image of compress, scan and split, and a trial of it.

mod docker;

use crate::build::{Build, IN_IMAGE, SERVICE};
use crate::{program, python, setup, test, workspace};
use anyhow::{Context, Result, bail};
use docker::Docker;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The test that sends an upload through the image, and the variables that tell it of the image.
const TRIAL: &str = "the_image_gives";
const TRIED_IMAGE: &str = "QUIRE_TEST_IMAGE";
const TRIED_EMULATOR: &str = "QUIRE_TEST_EMULATOR";
const CUT_OFF: &str = "QUIRE_TEST_IMAGE_CUT_OFF";

pub struct Options {
    /// The image's name and tag.
    pub tag: String,
    /// The program that builds it.
    pub client: PathBuf,
    /// The network of the build, as the client names it.
    pub network: Option<String>,
    /// Use Debian's own Docker and archive instead of a registry.
    pub debian: bool,
    /// Send an upload through the functions in the image.
    pub trial: bool,
}

impl Default for Options {
    fn default() -> Self {
        let client = std::env::var_os("QUIRE_DOCKER").map_or_else(|| "docker".into(), PathBuf::from);
        Self { tag: "quire:latest".to_owned(), client, network: None, debian: false, trial: false }
    }
}

/// Prepares the build context, builds the image if a daemon answers, and tries the image if that was asked for.
pub fn build(options: &Options) -> Result<()> {
    let context = prepare_context()?;
    let docker = if options.debian { Docker::of_debian()? } else { Docker::of_machine(&options.client) };
    let mut command = command(options, &docker);
    command.arg(&context).env("DOCKER_BUILDKIT", "1");
    if !docker.answers() {
        println!("image: {} does not answer. The build context is complete.", options.client.display());
        println!("image: to build it elsewhere: {}", program::line(&command));
        println!("image: `--debian` builds it here with Debian's own Docker, without a registry.");
        return if options.trial { bail!("Without a daemon, nothing can be tried") } else { Ok(()) };
    }
    program::run(&mut command)?;
    let described = "{{.Size}} bytes in {{len .RootFS.Layers}} layers, {{.Os}}/{{.Architecture}}";
    let size = program::text(docker.command().args(["image", "inspect", "--format", described, &options.tag]))?;
    println!("image: built {}: {size}", options.tag);
    if options.trial { attempt(options, docker) } else { Ok(()) }
}

/// Collects what the image consists of, and returns the directory.
fn prepare_context() -> Result<PathBuf> {
    let build = Build::start(SERVICE)?;
    setup::install()?;
    build.wait()?;
    setup::import_models()?;
    let (home, context) = (workspace::home()?, workspace::target().join("image"));
    for name in IN_IMAGE {
        let program = context.join(name);
        workspace::copy(&workspace::built(name), &program)?;
        // A fifth of a program are the names of its symbols, and Lambda loads the image over the network.
        program::run(Command::new("strip").arg(&program))?;
    }
    for directory in ["lib", "models", "languages"] {
        for file in workspace::files(&home.join(directory))? {
            workspace::copy(&file, &context.join(file.strip_prefix(&home)?))?;
        }
    }
    workspace::copy(&workspace::root().join("infra/image/Dockerfile"), &context.join("Dockerfile"))?;
    Ok(context)
}

/// Sends an upload through the functions in the image, under AWS's Runtime Interface Emulator, and compares the results
/// with those of the programs of this machine. With Debian's Docker, the functions reach only the stack of the test.
fn attempt(options: &Options, docker: Docker) -> Result<()> {
    test::prepare()?;
    let emulator = emulator(&python::install_linters()?)?;
    let docker = docker.cut_off()?;
    let mut test = docker.beside(&std::env::current_exe()?);
    test.args(["test", TRIAL]).env(TRIED_IMAGE, &options.tag).env(TRIED_EMULATOR, emulator);
    if options.debian {
        test.env(CUT_OFF, "1");
    }
    // The test prints the cold starts; nextest shows only what failed tests print.
    test.env("NEXTEST_SUCCESS_OUTPUT", "final");
    program::run(&mut test)
}

/// The emulator, which AWS ships with SAM.
fn emulator(linters: &Path) -> Result<PathBuf> {
    let name = if std::env::consts::ARCH == "aarch64" { "aws-lambda-rie-arm64" } else { "aws-lambda-rie-x86_64" };
    let found = workspace::files(&linters.join("lib"))?.into_iter().find(|file| file.ends_with(name));
    found.with_context(|| format!("{name} is not among the packages in {}", linters.display()))
}

/// Attestations would make the image an OCI index, which Lambda refuses. Clients that do not know the two options make
/// none. The platform is the one that the programs were built for.
fn command(options: &Options, docker: &Docker) -> Command {
    let mut command = docker.command();
    command.args(["build", "--tag", &options.tag, "--platform", platform(std::env::consts::ARCH)]);
    if docker.attests() {
        command.args(["--provenance=false", "--sbom=false"]);
    }
    if let Some(network) = options.network.as_deref().or_else(|| docker.network()) {
        command.args(["--network", network]);
    }
    command
}

/// The platform, as container clients name it.
fn platform(architecture: &str) -> &'static str {
    if architecture == "aarch64" { "linux/arm64" } else { "linux/amd64" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_image_has_one_platform_and_no_attestations() {
        let line = program::line(&command(&Options::default(), &Docker::of_machine(Path::new("no-such-client"))));
        let platform = platform(std::env::consts::ARCH);
        let options = format!("--platform {platform} --provenance=false --sbom=false");
        assert_eq!(line, format!("no-such-client build --tag quire:latest {options}"));
        assert_eq!((super::platform("aarch64"), super::platform("x86_64")), ("linux/arm64", "linux/amd64"));
    }

    #[test]
    fn a_client_without_attestations_is_not_given_their_options() {
        // It answers everything, but its help names no option.
        let line = program::line(&command(&Options::default(), &Docker::of_machine(Path::new("true"))));
        assert!(!line.contains("--provenance") && !line.contains("--sbom"), "{line}");
    }
}
