//! `cargo xtask`: set-up, the local stack, the demonstration, the tests and the bench.

mod bench;
mod build;
mod demo;
mod image;
mod node;
mod program;
mod python;
mod setup;
mod stack;
mod test;
mod workspace;

use anyhow::{Context, Result, bail};
use lexopt::{Arg, Parser, ValueExt};
use stack::UpOptions;
use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

const HELP: &str = "\
Automation of the Quire workspace.

Usage: cargo xtask TASK [OPTIONS]

  engine    Install and build `quire process`: the engine alone, without the service
  demo      Start the whole service on this machine and send the sample volume through it
  test      Run every check and every test
              [FILTER]  run only the tests whose names contain this, and none of the other checks
  up        Start the whole service on this machine: PostgreSQL, LocalStack and the functions
              --state DIRECTORY       where the stack keeps its data, logs and records [$QUIRE_STACK, target/stack]
              --postgres-port PORT    [5433] the next free port if it is taken
              --localstack-port PORT  [4566] the next free port if it is taken
              --console-port PORT     [8470] the next free port if it is taken
              --parameter NAME=VALUE  set a parameter of infra/template.yaml; can be repeated
              --failpoints            build the functions with the failpoints that the tests use
  down      Stop what `up` or `demo` started
              --state DIRECTORY
              --purge                 also delete the data, the logs and the records
  setup     Install the programs, native libraries and models that Quire needs
  image     Build the container image of compress, scan and split
              --tag NAME              [quire:latest]
              --client PROGRAM        [$QUIRE_DOCKER, docker]
              --network NAME          network of the build, as the client names it
              --debian                build with Debian's own Docker and archive, without a registry (needs root)
              --try                   then send an upload through it on a test stack and compare the results
  bench     Measure `quire process` beside the reference programs; `cargo xtask bench --help` lists its options
              --system                measure the whole service instead, and simulate 1,000 pages on AWS
";

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("xtask: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<()> {
    let mut arguments = Parser::from_env();
    let task = match arguments.next()? {
        Some(Arg::Value(task)) => task.string()?,
        Some(Arg::Long("help") | Arg::Short('h')) | None => {
            print!("{HELP}");
            return Ok(());
        }
        Some(other) => bail!("{}. See `cargo xtask --help`.", other.unexpected()),
    };
    match task.as_str() {
        "engine" => no_more(&mut arguments).and_then(|()| demo::engine()),
        "demo" => no_more(&mut arguments).and_then(|()| demo::run()),
        "test" => test::run(filter(&mut arguments)?.as_deref()),
        "up" => stack::up(&up_options(&mut arguments)?).and_then(|environment| stack::print_console(&environment)),
        "down" => down(&mut arguments),
        "setup" => no_more(&mut arguments).and_then(|()| setup::all()),
        "image" => image::build(&image_options(&mut arguments)?),
        "bench" => bench::run(arguments.raw_args()?.collect::<Vec<OsString>>().as_slice()),
        _ => bail!("There is no task `{task}`. See `cargo xtask --help`."),
    }
}

fn no_more(arguments: &mut Parser) -> Result<()> {
    match arguments.next()? {
        Some(argument) => bail!("{}. See `cargo xtask --help`.", argument.unexpected()),
        None => Ok(()),
    }
}

fn filter(arguments: &mut Parser) -> Result<Option<String>> {
    let mut filter = None;
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Value(value) if filter.is_none() => filter = Some(value.string()?),
            other => bail!("{}. See `cargo xtask --help`.", other.unexpected()),
        }
    }
    Ok(filter)
}

fn up_options(arguments: &mut Parser) -> Result<UpOptions> {
    let mut options = UpOptions::standard();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("state") => options.state = arguments.value()?.into(),
            Arg::Long("postgres-port") => options.postgres_port = arguments.value()?.parse()?,
            Arg::Long("localstack-port") => options.localstack_port = arguments.value()?.parse()?,
            Arg::Long("console-port") => options.console_port = arguments.value()?.parse()?,
            Arg::Long("failpoints") => options.failpoints = true,
            Arg::Long("parameter") => options.parameters.push(parameter(&arguments.value()?.string()?)?),
            other => bail!("{}. See `cargo xtask --help`.", other.unexpected()),
        }
    }
    Ok(options)
}

fn parameter(text: &str) -> Result<(String, String)> {
    let (name, value) = text.split_once('=').with_context(|| format!("`{text}` is not of the form NAME=VALUE."))?;
    Ok((name.to_owned(), value.to_owned()))
}

fn down(arguments: &mut Parser) -> Result<()> {
    let (mut state, mut purge): (PathBuf, bool) = (UpOptions::standard().state, false);
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("state") => state = arguments.value()?.into(),
            Arg::Long("purge") => purge = true,
            other => bail!("{}. See `cargo xtask --help`.", other.unexpected()),
        }
    }
    stack::down(&state, purge)
}

fn image_options(arguments: &mut Parser) -> Result<image::Options> {
    let mut options = image::Options::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Arg::Long("tag") => options.tag = arguments.value()?.string()?,
            Arg::Long("client") => options.client = arguments.value()?.into(),
            Arg::Long("debian") => options.debian = true,
            Arg::Long("try") => options.trial = true,
            Arg::Long("network") => options.network = Some(arguments.value()?.string()?),
            other => bail!("{}. See `cargo xtask --help`.", other.unexpected()),
        }
    }
    Ok(options)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parameter_s_value_may_hold_an_equals_sign() {
        assert_eq!(parameter("LogLevel=quire=debug").unwrap(), ("LogLevel".into(), "quire=debug".into()));
        assert!(parameter("LogLevel").is_err());
    }
}
