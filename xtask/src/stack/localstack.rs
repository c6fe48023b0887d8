//! LocalStack on this machine, without Docker, with the executor that runs the functions as processes.

use super::process::{self, Identity};
use super::record::{LOCALSTACK_PORT, PLAN, Record, State};
use super::{free_port, say};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// An idle machine needs ten seconds. This is for a machine that is busy building.
const START_LIMIT: Duration = Duration::from_secs(180);
/// Its own shutdown waits up to a minute for messages, and saves nothing.
const STOP_LIMIT: Duration = Duration::from_secs(3);
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The region in which everything appears to be.
pub const REGION: &str = "us-east-1";
/// LocalStack accepts any credentials. These belong to its account 000000000000.
pub const CREDENTIALS: [(&str, &str); 2] = [("AWS_ACCESS_KEY_ID", "test"), ("AWS_SECRET_ACCESS_KEY", "test")];

// Names below the state directory.
/// Maps the container image to a directory of programs.
pub const IMAGES: &str = "images.json";
/// The logs of the functions.
pub const LOGS: &str = "logs";
/// One file for each process of a function.
pub const PROCESSES: &str = "processes";
/// One file for each failpoint that a test has set.
pub const FAILPOINTS: &str = "failpoints";

/// Settings that are the same on every machine.
const SETTINGS: [(&str, &str); 11] = [
    ("SERVICES", "s3,sqs,events,cloudformation,lambda,sts,iam,cloudwatch,logs,ssm,secretsmanager"),
    // The default server ignores the address and listens on every interface.
    ("GATEWAY_SERVER", "hypercorn"),
    ("LAMBDA_RUNTIME_EXECUTOR", "process"),
    // Seconds. Loading the models takes long while a build runs.
    ("LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT", "60"),
    // Seconds between two receives. The executor uses long polling, so this costs nothing.
    ("LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC", "0.01"),
    ("SQS_ENDPOINT_STRATEGY", "path"),
    // Nothing leaves the machine: no DNS, no usage reports, no certificate download, no proxy.
    ("DNS_ADDRESS", "0"),
    ("DISABLE_EVENTS", "1"),
    ("SKIP_SSL_CERT_DOWNLOAD", "1"),
    ("NO_PROXY", "127.0.0.1,localhost"),
    ("no_proxy", "127.0.0.1,localhost"),
];

/// Starts LocalStack, unless one is running that was started for the same plan.
pub fn start(
    python: &Path,
    wanted_port: u16,
    plan_fingerprint: &str,
    state: &State,
    record: &mut Record,
) -> Result<()> {
    if record.localstack().is_some() {
        if record.get(PLAN) == Some(plan_fingerprint) {
            say("LocalStack", &format!("is running on port {}", port(record)));
            return Ok(());
        }
        say("LocalStack", "restarting, because it cannot apply the change of the template or its parameters");
    }
    stop(state, record)?;
    let port = free_port(wanted_port, "LocalStack")?;
    let process = process::start(&mut command(python, port, state)?, &log(state))?;
    record.set_localstack(process, port, plan_fingerprint);
    state.write(record)?;
    say("LocalStack", &format!("starting on port {port}"));
    Ok(())
}

/// Waits until it answers.
pub fn wait(state: &State, record: &Record) -> Result<()> {
    let begun = Instant::now();
    while !is_healthy(port(record)) {
        if record.localstack().is_none() {
            bail!("LocalStack ended. Its log is {}.", log(state).display());
        }
        if begun.elapsed() > START_LIMIT {
            bail!("LocalStack was not ready after {} s. Its log is {}.", START_LIMIT.as_secs(), log(state).display());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// Stops LocalStack and the processes of the functions.
pub fn stop(state: &State, record: &mut Record) -> Result<()> {
    if let Some(process) = record.localstack() {
        process.signal("TERM");
        if !process.wait(STOP_LIMIT) {
            process.signal("KILL");
        }
        if !process.wait(KILL_LIMIT) {
            bail!("LocalStack (process {}) does not end. Stop it by hand.", process.pid);
        }
        say("LocalStack", "stopped; its buckets and queues are gone");
    }
    stop_functions(&state.path(PROCESSES))?;
    record.forget_localstack();
    state.write(record)
}

/// Stops the processes that the executor recorded and did not stop itself.
fn stop_functions(directory: &Path) -> Result<()> {
    for path in fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let function: Value = serde_json::from_slice(&fs::read(&path).unwrap_or_default()).unwrap_or_default();
        if let Some((pid, started)) = function["pid"].as_i64().zip(function["started"].as_u64()) {
            Identity { pid: i32::try_from(pid).unwrap_or_default(), started }.signal("KILL");
        }
        fs::remove_file(&path).with_context(|| format!("{} could not be removed", path.display()))?;
    }
    Ok(())
}

fn log(state: &State) -> PathBuf {
    state.path("localstack.log")
}

fn port(record: &Record) -> u16 {
    record.get(LOCALSTACK_PORT).and_then(|port| port.parse().ok()).unwrap_or_default()
}

/// The address for AWS clients.
pub fn endpoint(record: &Record) -> String {
    format!("http://127.0.0.1:{}", port(record))
}

fn command(python: &Path, port: u16, state: &State) -> Result<Command> {
    let mut command = Command::new(python);
    command.args(["-m", "localstack.runtime.main"]).current_dir(state.directory()).envs(SETTINGS);
    let address = format!("127.0.0.1:{port}");
    command.env("GATEWAY_LISTEN", &address).env("LOCALSTACK_HOST", &address);
    command.env("TMPDIR", state.make("tmp")?).env("LOCALSTACK_VOLUME_DIR", state.make("localstack")?);
    command.env("PROCESS_EXECUTOR_IMAGES", state.path(IMAGES)).env("PROCESS_EXECUTOR_LOGS", state.make(LOGS)?);
    command.env("PROCESS_EXECUTOR_PROCESSES", state.make(PROCESSES)?);
    command.env("PROCESS_EXECUTOR_TEMPORARY", state.make("tmp/functions")?);
    state.make(FAILPOINTS)?;
    for name in ["AWS_PROFILE", "AWS_ENDPOINT_URL", "PYTHONPATH", "PYTHONHOME"] {
        command.env_remove(name);
    }
    Ok(command)
}

fn is_healthy(port: u16) -> bool {
    let status = || -> std::io::Result<[u8; 12]> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        stream.write_all(b"GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
        let mut status = [0; 12];
        stream.read_exact(&mut status)?;
        Ok(status)
    };
    status().is_ok_and(|status| status.ends_with(b" 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recorded_processes_are_ended_and_strangers_are_not() {
        let directory = tempfile::tempdir().unwrap();
        let mut children = [(); 2].map(|()| Command::new("sleep").arg("60").spawn().unwrap());
        let [own, stranger] = [0, 1].map(|index: usize| Identity::of(children[index].id() as i32).unwrap());
        let earlier = Identity { started: stranger.started - 1, ..stranger };
        for (name, process) in [("scan-1.json", own), ("scan-2.json", earlier)] {
            let json = serde_json::json!({ "pid": process.pid, "started": process.started });
            fs::write(directory.path().join(name), json.to_string()).unwrap();
        }
        stop_functions(directory.path()).unwrap();
        assert!(own.wait(Duration::from_secs(30)));
        assert!(stranger.is_alive());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
