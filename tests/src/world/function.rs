//! A function's real binary over the real Runtime API, one process at a time
//! (AWS, "Using the Lambda runtime API for custom runtimes"). In a container, AWS's own Runtime Interface Emulator can
//! stand between the two.

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tiny_http::{Header, Method, Request, Response, Server};

/// What Lambda tells every function, beside the variables of the template.
const FROM_LAMBDA: [&str; 5] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_TIMEOUT",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

/// Where the Runtime Interface Emulator takes events (AWS, "Deploy Rust Lambda functions with container images").
const INVOCATIONS: &str = "/2015-03-31/functions/function/invocations";

/// Why an invocation has no answer.
#[derive(Debug)]
pub enum Ended {
    /// The process is gone.
    Exited(ExitStatus),
    /// The handler failed.
    Failed(String),
    /// The time was up; the process was killed.
    TimedOut,
}

/// A running function.
pub struct FunctionProcess {
    child: Child,
    container: Option<String>,
    runtime: Runtime,
    temporary: TempDir,
    /// From the start of the process to its first poll, or until the emulator takes events.
    pub cold_start: Duration,
}

/// Who hands the events to the process.
enum Runtime {
    /// A server of this process. The poll that came last waits for an event.
    Api { server: Box<Server>, next: Option<Box<Request>> },
    /// AWS's emulator, in the container with the process.
    Emulator(SocketAddr),
}

/// How to start one.
#[derive(Debug, Clone)]
pub struct Program {
    /// Its binary.
    pub binary: PathBuf,
    /// What the binary is told; nothing, unless it is a program that starts the function.
    pub arguments: Vec<String>,
    /// Its whole environment, but for what Lambda sets.
    pub environment: BTreeMap<String, String>,
    /// Where its log goes.
    pub log: PathBuf,
    /// The name of its container, if it runs in one.
    pub container: Option<String>,
    /// Where AWS's emulator takes events for it, if it runs under that.
    pub emulator: Option<SocketAddr>,
}

impl Program {
    /// The same with another value of a variable.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The same with a directory for temporary files that holds no more than `size` (as tmpfs reads it).
    #[must_use]
    pub fn on_a_small_disk(mut self, directory: &Path, size: &str) -> Self {
        let script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" && exec \"$3\"";
        let (directory, binary) = (directory.display().to_string(), self.binary.display().to_string());
        let words = ["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", size, &directory, &binary];
        self.arguments = words.map(str::to_owned).into();
        self.binary = PathBuf::from("unshare");
        self.with("TMPDIR", &directory)
    }

    /// The same on one core of this machine. The engine divides its work by the cores that it finds, and with it the order of
    /// the objects in a PDF.
    #[must_use]
    pub fn on_one_core(mut self) -> Self {
        self.arguments = vec!["--cpu-list".to_owned(), "0".to_owned(), self.binary.display().to_string()];
        self.binary = PathBuf::from("taskset");
        self
    }

    /// The same in a container, as Lambda runs it: unprivileged, without capabilities, with a read-only root, and with the
    /// memory and the share of CPU that the template gives it. It reaches what listens on this machine.
    ///
    /// # Panics
    /// When no port is free.
    #[must_use]
    pub fn in_image(mut self, image: &str, emulator: Option<&Path>) -> Self {
        let program = format!("/var/task/{}", self.binary.file_name().unwrap_or_default().to_string_lossy());
        // The image has its own installation and no failpoints.
        self.environment.retain(|name, _| !["QUIRE_HOME", "QUIRE_FAILPOINTS"].contains(&name.as_str()));
        let container = format!("quire-test-{}", uuid::Uuid::new_v4());
        let words = "run --rm --init --read-only --tmpfs /tmp:size=10g --cap-drop ALL --security-opt no-new-privileges \
                     --network host --memory 3008m --cpus 1.7";
        let variables = self.environment.keys().map(String::as_str).chain(FROM_LAMBDA);
        let variables = variables.flat_map(|name| ["--env".to_owned(), name.to_owned()]);
        let mut arguments: Vec<_> = words.split_whitespace().map(str::to_owned).chain(variables).collect();
        arguments.extend(["--name".to_owned(), container.clone()]);
        self.container = Some(container);
        if let Some(emulator) = emulator {
            let [address, api] = [free_address(), free_address()];
            arguments.extend(["--volume".to_owned(), format!("{}:/emulator:ro", emulator.display())]);
            arguments.extend(["--entrypoint".to_owned(), "/emulator".to_owned(), image.to_owned()]);
            arguments.extend(["--runtime-interface-emulator-address".to_owned(), address.to_string()]);
            arguments.extend(["--runtime-api-address".to_owned(), api.to_string(), program]);
            self.emulator = Some(address);
        } else {
            arguments.extend(["--entrypoint".to_owned(), program, image.to_owned()]);
        }
        self.arguments = arguments;
        self.binary = container_client();
        self.environment.extend(std::env::var("DOCKER_HOST").map(|host| ("DOCKER_HOST".to_owned(), host)));
        self
    }

    /// Starts the process and waits for its first poll, or until the emulator takes events.
    ///
    /// # Errors
    /// How it ended instead.
    pub fn start(&self) -> Result<FunctionProcess, Ended> {
        let server = Server::http("127.0.0.1:0").expect("a free port on loopback");
        let temporary = tempfile::tempdir().expect("a directory for the function");
        let began = Instant::now();
        let child = self.spawn(&server, temporary.path());
        let runtime = self.emulator.map_or(Runtime::Api { server: Box::new(server), next: None }, Runtime::Emulator);
        let mut function = FunctionProcess {
            child,
            container: self.container.clone(),
            runtime,
            temporary,
            cold_start: Duration::ZERO,
        };
        function.wait_until_ready()?;
        function.cold_start = began.elapsed();
        Ok(function)
    }

    fn spawn(&self, server: &Server, temporary: &Path) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("the log can be written");
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments);
        command.env_clear().envs(&self.environment).current_dir(temporary).stdin(Stdio::null());
        if !self.environment.contains_key("TMPDIR") {
            command.env("TMPDIR", temporary);
        }
        command.envs([
            ("AWS_LAMBDA_RUNTIME_API", server.server_addr().to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "test".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "4096".to_owned()),
            ("AWS_LAMBDA_FUNCTION_TIMEOUT", "900".to_owned()),
            ("AWS_LAMBDA_FUNCTION_VERSION", "$LATEST".to_owned()),
            ("OMP_THREAD_LIMIT", "1".to_owned()),
            ("ORT_DISABLE_TELEMETRY", "1".to_owned()),
            ("PATH", std::env::var("PATH").unwrap_or_default()),
        ]);
        let error: File = log.try_clone().expect("the log can be shared");
        command.stdout(log).stderr(error).spawn().expect("the function's binary is built")
    }
}

impl FunctionProcess {
    /// Invokes the function once.
    ///
    /// # Errors
    /// How it ended without an answer.
    pub fn invoke(&mut self, event: &Value, limit: Duration) -> Result<Value, Ended> {
        if let Runtime::Emulator(address) = self.runtime {
            return post(address, event).unwrap_or_else(|error| Err(Ended::Failed(error.to_string())));
        }
        let next = self.wait_for_poll()?;
        next.respond(invocation(event, limit)).map_err(|error| Ended::Failed(error.to_string()))?;
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            if let Some(answer) = self.answer()? {
                return answer;
            }
        }
        self.kill();
        Err(Ended::TimedOut)
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// The function's own directory for temporary files.
    #[must_use]
    pub fn temporary(&self) -> &Path {
        self.temporary.path()
    }

    /// Ends the process with SIGKILL.
    pub fn kill(&mut self) {
        // The client alone would leave its container behind.
        if let Some(container) = &self.container {
            drop(Command::new(container_client()).args(["kill", container]).output());
        }
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn wait_until_ready(&mut self) -> Result<(), Ended> {
        if let Runtime::Emulator(address) = self.runtime {
            while TcpStream::connect(address).is_err() {
                self.check_alive()?;
                std::thread::sleep(Duration::from_millis(20));
            }
            return Ok(());
        }
        let poll = self.wait_for_poll()?;
        self.keep(poll);
        Ok(())
    }

    /// Keeps a poll until there is an event for it.
    fn keep(&mut self, poll: Request) {
        if let Runtime::Api { next, .. } = &mut self.runtime {
            *next = Some(Box::new(poll));
        }
    }

    fn wait_for_poll(&mut self) -> Result<Request, Ended> {
        if let Runtime::Api { next, .. } = &mut self.runtime
            && let Some(kept) = next.take()
        {
            return Ok(*kept);
        }
        loop {
            match self.receive()? {
                Some(request) if *request.method() == Method::Get => return Ok(request),
                Some(request) => {
                    let said = read(request);
                    return Err(Ended::Failed(said));
                }
                None => {}
            }
        }
    }

    fn answer(&mut self) -> Result<Option<Result<Value, Ended>>, Ended> {
        let Some(request) = self.receive()? else { return Ok(None) };
        let url = request.url().to_owned();
        if *request.method() == Method::Get {
            self.keep(request);
            return Ok(None);
        }
        let body = read(request);
        Ok(Some(if url.ends_with("/response") {
            serde_json::from_str(&body).map_err(|error| Ended::Failed(format!("{error}: {body}")))
        } else {
            Err(Ended::Failed(body))
        }))
    }

    fn receive(&mut self) -> Result<Option<Request>, Ended> {
        let Runtime::Api { server, .. } = &self.runtime else { return Ok(None) };
        if let Some(request) = server.recv_timeout(Duration::from_millis(20)).expect("the API listens") {
            return Ok(Some(request));
        }
        self.check_alive().map(|()| None)
    }

    fn check_alive(&mut self) -> Result<(), Ended> {
        self.child.try_wait().expect("the child is ours").map_or(Ok(()), |status| Err(Ended::Exited(status)))
    }
}

impl Drop for FunctionProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

fn read(mut request: Request) -> String {
    let mut body = String::new();
    drop(request.as_reader().read_to_string(&mut body));
    drop(request.respond(Response::empty(202)));
    body
}

/// The program that starts containers.
pub fn container_client() -> PathBuf {
    std::env::var_os("QUIRE_DOCKER").map_or_else(|| "docker".into(), PathBuf::from)
}

/// An address on loopback whose port was free a moment ago.
fn free_address() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port on loopback");
    listener.local_addr().expect("a listener has an address")
}

/// Sends an event to the emulator and waits for the answer.
fn post(emulator: SocketAddr, event: &Value) -> std::io::Result<Result<Value, Ended>> {
    let (mut stream, body) = (TcpStream::connect(emulator)?, event.to_string());
    write!(stream, "POST {INVOCATIONS} HTTP/1.0\r\nContent-Length: {}\r\n\r\n{body}", body.len())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let body = answer.split_once("\r\n\r\n").map_or("", |(_, body)| body);
    let answer = serde_json::from_str(body).map_err(|error| Ended::Failed(format!("{error}: {answer}")));
    Ok(answer.and_then(|answer: Value| {
        if answer.get("errorType").is_some() { Err(Ended::Failed(answer.to_string())) } else { Ok(answer) }
    }))
}

/// The trace header of an invocation.
fn trace() -> String {
    let root = uuid::Uuid::new_v4().simple().to_string();
    format!("Root=1-{}-{};Parent=0102030405060708;Sampled=0;Lineage=1:a87bd80c:1", &root[..8], &root[8..])
}

fn invocation(event: &Value, limit: Duration) -> Response<std::io::Cursor<Vec<u8>>> {
    let ends = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + limit;
    let header = |name: &str, value: &str| Header::from_bytes(name, value).expect("a header");
    Response::from_string(event.to_string())
        .with_header(header("Lambda-Runtime-Aws-Request-Id", &uuid::Uuid::new_v4().to_string()))
        .with_header(header("Lambda-Runtime-Trace-Id", &trace()))
        .with_header(header("Lambda-Runtime-Deadline-Ms", &ends.as_millis().to_string()))
        .with_header(header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:us-east-1:000000000000:function:test",
        ))
        .with_header(header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"))
}
