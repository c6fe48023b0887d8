//! The console on this machine: the program of the function `console`, as a server on loopback.

use super::environment::Environment;
use super::record::{CONSOLE_PLAN, CONSOLE_PORT, Record, State};
use super::{deployment, process};
use super::{free_port, say};
use crate::{program, workspace};
use anyhow::{Result, bail};
use serde_json::Value;
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// An idle machine needs a tenth of a second.
const START_LIMIT: Duration = Duration::from_secs(60);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// The port, chosen before the console starts, because the environment names it.
pub fn choose_port(wanted: u16, record: &Record) -> Result<u16> {
    let earlier = record.get(CONSOLE_PORT).and_then(|port| port.parse().ok());
    match earlier.filter(|_| record.console().is_some()) {
        Some(port) => Ok(port),
        None => free_port(wanted, "the console"),
    }
}

/// The address that people open.
pub fn url(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Starts the console, or restarts it if its program or its settings changed.
pub fn start(program: &Path, port: u16, environment: &Environment, state: &State, record: &mut Record) -> Result<()> {
    let settings = format!("{:?}", environment.variables());
    let program_print = deployment::fingerprint(&[program.to_owned()])?;
    let plan = workspace::text_fingerprint(&format!("{program_print} {settings}"));
    if record.console().is_some() && record.get(CONSOLE_PLAN) == Some(&plan) {
        say("console", &format!("is running on {}", url(port)));
        return Ok(());
    }
    stop(record)?;
    let mut command = Command::new(program);
    command.envs(environment.variables()).env("QUIRE_CONSOLE_ADDRESS", format!("127.0.0.1:{port}"));
    command.env_remove("AWS_PROFILE");
    let process = process::start(&mut command, &log(state))?;
    record.set_console(process, port, &plan);
    state.write(record)?;
    let begun = Instant::now();
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if !process.is_alive() || begun.elapsed() > START_LIMIT {
            bail!("The console did not start. Its log is {}.", log(state).display());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    say("console", &format!("started on {}", url(port)));
    Ok(())
}

pub fn stop(record: &Record) -> Result<()> {
    if let Some(process) = record.console() {
        process.signal("TERM");
        if !process.wait(STOP_LIMIT) {
            process.signal("KILL");
        }
        say("console", "stopped");
    }
    Ok(())
}

/// A link with which the first person chooses a password. None if somebody can sign in already.
pub fn invitation(environment: &Environment) -> Result<Option<String>> {
    let mut invite = Command::new(workspace::built("quire"));
    invite.args(["invite", "admin", "--role", "admin", "--first", "--json"]).envs(environment.variables());
    let printed: Value = serde_json::from_slice(&program::output(&mut invite)?)?;
    Ok(printed["link"].as_str().map(ToOwned::to_owned))
}

fn log(state: &State) -> PathBuf {
    state.path("console.log")
}
