//! LocalStack on this machine, without Docker, with the executor that runs the functions as processes.

use super::deployment::Plan;
use super::error::StackError;
use super::options::UpOptions;
use super::process::{self, Identity};
use super::record::{Record, Server, State};
use super::{port, say};
use crate::error::Error;
use rustix::process::Signal;
use std::fs;
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

/// A cold machine takes ten seconds; this is for one that is very busy.
const START_LIMIT: Duration = Duration::from_secs(120);
/// It keeps nothing that a longer farewell would save, and its own waits for messages hold it up for a minute.
const STOP_LIMIT: Duration = Duration::from_secs(3);
const KILL_LIMIT: Duration = Duration::from_secs(10);

/// The region in which everything seems to be.
pub const REGION: &str = "us-east-1";

/// File of the images' programs, below the state directory.
pub const IMAGES: &str = "images.json";
/// Directory of the functions' logs.
pub const LOGS: &str = "logs";
/// Directory with one file for each process of a function.
pub const PROCESSES: &str = "processes";
/// Directory with a file for each kill point that tests have set.
pub const FAILPOINTS: &str = "failpoints";

/// Starts LocalStack unless one runs for the same plan.
pub fn start(python: &Path, options: &UpOptions, plan: &Plan, state: &State, record: &mut Record) -> Result<(), Error> {
    if let Some(server) = Server::running(record.localstack) {
        if record.plan.as_deref() == Some(plan.digest()) {
            say("LocalStack", &format!("runs on port {}", server.port));
            return Ok(());
        }
        say("LocalStack", "the template or its parameters changed, which it cannot take over: starting it anew");
    }
    stop(state, record)?;
    let port = port::free(options.localstack_port, "LocalStack", "localstack-port")?;
    let process = process::start(&command(python, port, state)?, &log(state))?;
    record.localstack = Some(Server { process, port });
    record.plan = Some(plan.digest().to_owned());
    state.write(record)?;
    say("LocalStack", &format!("starting on port {port}"));
    Ok(())
}

/// Waits until it answers.
pub fn wait(state: &State, record: &Record) -> Result<(), Error> {
    let Some(server) = record.localstack else {
        return Ok(());
    };
    let begun = Instant::now();
    while !is_healthy(server.port) {
        let reason = match begun.elapsed() {
            _ if !server.process.is_alive() => "it ended".to_owned(),
            elapsed if elapsed > START_LIMIT => format!("{} seconds passed", START_LIMIT.as_secs()),
            _ => {
                std::thread::sleep(Duration::from_millis(100));
                continue;
            }
        };
        return Err(StackError::NotReady { what: "LocalStack", reason, log: log(state) }.into());
    }
    Ok(())
}

/// Ends LocalStack, if it is the one that was started, and the functions' processes.
pub fn stop(state: &State, record: &mut Record) -> Result<(), Error> {
    if let Some(server) = Server::running(record.localstack) {
        server.process.signal(Signal::TERM);
        if !server.process.wait(STOP_LIMIT) {
            server.process.signal(Signal::KILL);
        }
        if !server.process.wait(KILL_LIMIT) {
            return Err(StackError::Undead { what: "LocalStack", id: server.process.pid }.into());
        }
        say("LocalStack", "ended; its buckets and queues are gone with it");
    }
    end_functions(&state.path(PROCESSES))?;
    (record.localstack, record.plan, record.deployed) = (None, None, None);
    record.outputs.clear();
    state.write(record)
}

/// Ends the processes that the executor has recorded and did not come to end itself.
fn end_functions(directory: &Path) -> Result<(), Error> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        let bytes = fs::read(&path).unwrap_or_default();
        if let Ok(process) = serde_json::from_slice::<Identity>(&bytes) {
            process.signal(Signal::KILL);
        }
        fs::remove_file(&path).map_err(Error::file("removing", &path))?;
    }
    Ok(())
}

fn log(state: &State) -> PathBuf {
    state.path("localstack.log")
}

fn command(python: &Path, port: u16, state: &State) -> Result<Command, Error> {
    let mut command = Command::new(python);
    command.args(["-m", "localstack.runtime.main"]).current_dir(state.directory());
    let address = format!("127.0.0.1:{port}");
    // The default server takes no notice of the address and listens everywhere.
    command.env("GATEWAY_SERVER", "hypercorn").env("GATEWAY_LISTEN", &address).env("LOCALSTACK_HOST", &address);
    command.envs(SETTINGS);
    command.env("TMPDIR", state.make("tmp")?).env("LOCALSTACK_VOLUME_DIR", state.make("localstack")?);
    command.env("PROCESS_EXECUTOR_IMAGES", state.path(IMAGES));
    command.env("PROCESS_EXECUTOR_LOGS", state.make(LOGS)?);
    command.env("PROCESS_EXECUTOR_PROCESSES", state.make(PROCESSES)?);
    command.env("PROCESS_EXECUTOR_TEMPORARY", state.make("tmp/functions")?);
    state.make(FAILPOINTS)?;
    // A proxy would not find this machine's loopback, nor a profile its credentials; Python's own are another Python's.
    command.env("NO_PROXY", "127.0.0.1,localhost").env("no_proxy", "127.0.0.1,localhost");
    for name in ["AWS_PROFILE", "AWS_ENDPOINT_URL", "PYTHONPATH", "PYTHONHOME"] {
        command.env_remove(name);
    }
    Ok(command)
}

/// What does not depend on the machine.
const SETTINGS: [(&str, &str); 8] = [
    ("SERVICES", "s3,sqs,events,cloudformation,lambda,sts,iam,cloudwatch,logs,ssm"),
    ("LAMBDA_RUNTIME_EXECUTOR", "process"),
    // Seconds; loading models takes long while builds run beside it.
    ("LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT", "60"),
    // Seconds between one message and the next; waiting for messages costs nothing with the executor.
    ("LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC", "0.01"),
    ("SQS_ENDPOINT_STRATEGY", "path"),
    // Nothing leaves the machine: no names, no usage reports, no certificate.
    ("DNS_ADDRESS", "0"),
    ("DISABLE_EVENTS", "1"),
    ("SKIP_SSL_CERT_DOWNLOAD", "1"),
];

fn is_healthy(port: u16) -> bool {
    health(port).is_ok_and(|answer| answer.starts_with("HTTP/1.1 200") || answer.starts_with("HTTP/1.0 200"))
}

fn health(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    stream.write_all(b"GET /_localstack/health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
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
            let bytes = serde_json::to_vec(&process).unwrap();
            fs::write(directory.path().join(name), bytes).unwrap();
        }
        end_functions(directory.path()).unwrap();
        assert!(own.wait(Duration::from_secs(30)));
        assert!(stranger.is_alive());
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        for child in &mut children {
            child.kill().unwrap();
            child.wait().unwrap();
        }
    }
}
