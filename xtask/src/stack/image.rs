//! `cargo xtask image`: the container image of compress, scan and split.

use super::functions::{self, IN_IMAGE};
use super::say;
use crate::error::Error;
use crate::{program, setup, workspace};
use clap::Args;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// How the image is built.
#[derive(Args, Debug)]
pub struct ImageOptions {
    /// The image's name and tag.
    #[arg(long, default_value = "quire:latest")]
    tag: String,
    /// The client that builds it.
    #[arg(long, value_name = "PROGRAM", env = "QUIRE_DOCKER", default_value = "docker")]
    client: PathBuf,
    /// The network that the build sees, as the client names it.
    #[arg(long)]
    network: Option<String>,
}

/// Lays out the build context, and builds it where Docker answers.
pub fn image(options: &ImageOptions) -> Result<(), Error> {
    let home = setup::run()?;
    let built = functions::build(false)?;
    let context = workspace::target().join("image");
    for name in IN_IMAGE {
        let from = built.get(name).cloned().unwrap_or_default();
        copy(&from, &context.join(name))?;
    }
    for directory in ["lib", "models"] {
        for file in workspace::files(&home.directory().join(directory))? {
            let name = file.strip_prefix(home.directory()).unwrap_or(&file);
            copy(&file, &context.join(name))?;
        }
    }
    copy(&workspace::root().join("layers/image/Dockerfile"), &context.join("Dockerfile"))?;
    build(options, &context)
}

fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let directory = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(directory).map_err(Error::file("making", directory))?;
    fs::copy(from, to).map(drop).map_err(Error::file("copying", from))
}

fn build(options: &ImageOptions, context: &Path) -> Result<(), Error> {
    let mut command = Command::new(&options.client);
    command.args(["build", "--tag", &options.tag]);
    if let Some(network) = &options.network {
        command.args(["--network", network]);
    }
    command.arg(context).env("DOCKER_BUILDKIT", "1");
    if !program::succeeds(Command::new(&options.client).arg("version")) {
        say("image", &format!("{} does not answer; the context is complete", options.client.display()));
        say("image", &format!("where it answers: {}", program::line(&command)));
        return Ok(());
    }
    program::run(&mut command)?;
    say("image", &format!("built {}", options.tag));
    Ok(())
}
