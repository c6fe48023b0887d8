//! `cargo xtask image`: the container image of compress, scan and split.

use crate::build::{Build, IN_IMAGE, SERVICE};
use crate::{program, setup, workspace};
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

pub struct Options {
    /// The image's name and tag.
    pub tag: String,
    /// The program that builds it.
    pub client: PathBuf,
    /// The network of the build, as the client names it.
    pub network: Option<String>,
}

impl Default for Options {
    fn default() -> Self {
        let client = std::env::var_os("QUIRE_DOCKER").map_or_else(|| "docker".into(), PathBuf::from);
        Self { tag: "quire:latest".to_owned(), client, network: None }
    }
}

/// Prepares the build context, and builds the image if the client's daemon answers.
pub fn build(options: &Options) -> Result<()> {
    let build = Build::start(SERVICE)?;
    setup::install()?;
    build.wait()?;
    setup::import_models()?;
    let (home, context) = (workspace::home()?, workspace::target().join("image"));
    for name in IN_IMAGE {
        let program = context.join(name);
        workspace::copy(&workspace::built(name), &program)?;
        // Two thirds of a program are debug information, and Lambda loads the image over the network.
        program::run(Command::new("strip").arg(&program))?;
    }
    for file in [workspace::files(&home.join("lib"))?, workspace::files(&home.join("models"))?].concat() {
        workspace::copy(&file, &context.join(file.strip_prefix(&home)?))?;
    }
    workspace::copy(&workspace::root().join("infra/image/Dockerfile"), &context.join("Dockerfile"))?;
    let answers = program::succeeds(Command::new(&options.client).arg("version"));
    let help = program::text(Command::new(&options.client).args(["build", "--help"]).env("DOCKER_BUILDKIT", "1"));
    let attests = !answers || help.is_ok_and(|help| help.contains("--provenance"));
    let mut command = command(options, attests);
    command.arg(&context).env("DOCKER_BUILDKIT", "1");
    if !answers {
        println!("image: {} does not answer. The build context is complete.", options.client.display());
        println!("image: to build it elsewhere: {}", program::line(&command));
        return Ok(());
    }
    program::run(&mut command)?;
    println!("image: built {}", options.tag);
    Ok(())
}

/// Attestations would make the image an OCI index, which Lambda refuses. Clients that do not know the two options make
/// none. The platform is the one that the programs were built for.
fn command(options: &Options, attests: bool) -> Command {
    let mut command = Command::new(&options.client);
    command.args(["build", "--tag", &options.tag, "--platform", platform(std::env::consts::ARCH)]);
    if attests {
        command.args(["--provenance=false", "--sbom=false"]);
    }
    if let Some(network) = &options.network {
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
        let line = program::line(&command(&Options { client: "docker".into(), ..Options::default() }, true));
        let platform = platform(std::env::consts::ARCH);
        let options = format!("--platform {platform} --provenance=false --sbom=false");
        assert_eq!(line, format!("docker build --tag quire:latest {options}"));
        assert_eq!((super::platform("aarch64"), super::platform("x86_64")), ("linux/arm64", "linux/amd64"));
    }

    #[test]
    fn a_client_without_attestations_is_not_given_their_options() {
        let line = program::line(&command(&Options { client: "docker".into(), ..Options::default() }, false));
        assert!(!line.contains("--provenance") && !line.contains("--sbom"), "{line}");
    }
}
