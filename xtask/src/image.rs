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
        workspace::copy(&workspace::built(name), &context.join(name))?;
    }
    for file in [workspace::files(&home.join("lib"))?, workspace::files(&home.join("models"))?].concat() {
        workspace::copy(&file, &context.join(file.strip_prefix(&home)?))?;
    }
    workspace::copy(&workspace::root().join("infra/image/Dockerfile"), &context.join("Dockerfile"))?;
    let mut command = Command::new(&options.client);
    command.args(["build", "--tag", &options.tag]);
    if let Some(network) = &options.network {
        command.args(["--network", network]);
    }
    command.arg(&context).env("DOCKER_BUILDKIT", "1");
    if !program::succeeds(Command::new(&options.client).arg("version")) {
        println!("image: {} does not answer. The build context is complete.", options.client.display());
        println!("image: to build it elsewhere: {}", program::line(&command));
        return Ok(());
    }
    program::run(&mut command)?;
    println!("image: built {}", options.tag);
    Ok(())
}
