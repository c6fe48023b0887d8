//! A function's real binary over the real Runtime API, one process at a time
//! (AWS, "Using the Lambda runtime API for custom runtimes").

use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tempfile::TempDir;
use tiny_http::{Header, Method, Request, Response, Server};

/// What Lambda tells every function, beside the variables of the template.
const FROM_LAMBDA: [&str; 4] = [
    "AWS_LAMBDA_RUNTIME_API",
    "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
    "AWS_LAMBDA_FUNCTION_VERSION",
];

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
    api: Server,
    next: Option<Request>,
    temporary: TempDir,
    /// From the start of the process to its first poll.
    pub cold_start: Duration,
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

    /// The same in a container, as Lambda runs it: unprivileged, without capabilities, with a read-only root, and with the
    /// memory and the share of CPU that the template gives it. It reaches what listens on this machine.
    #[must_use]
    pub fn in_image(mut self, image: &str) -> Self {
        let entry = format!("/var/task/{}", self.binary.file_name().unwrap_or_default().to_string_lossy());
        // The image has its own installation and no failpoints.
        self.environment.retain(|name, _| !["QUIRE_HOME", "QUIRE_FAILPOINTS"].contains(&name.as_str()));
        let words = "run --rm --read-only --tmpfs /tmp:size=10g --cap-drop ALL --security-opt no-new-privileges \
                     --network host --memory 3008m --cpus 1.7 --entrypoint";
        let variables = self.environment.keys().map(String::as_str).chain(FROM_LAMBDA);
        let variables = variables.flat_map(|name| ["--env".to_owned(), name.to_owned()]);
        self.arguments = words.split_whitespace().map(str::to_owned).chain([entry]).chain(variables).collect();
        self.arguments.push(image.to_owned());
        self.binary = std::env::var_os("QUIRE_DOCKER").map_or_else(|| "docker".into(), PathBuf::from);
        self.environment.extend(std::env::var("DOCKER_HOST").map(|host| ("DOCKER_HOST".to_owned(), host)));
        self
    }

    /// Starts the process and waits for its first poll.
    ///
    /// # Errors
    /// How it ended instead.
    pub fn start(&self) -> Result<FunctionProcess, Ended> {
        let api = Server::http("127.0.0.1:0").expect("a free port on loopback");
        let temporary = tempfile::tempdir().expect("a directory for the function");
        let began = Instant::now();
        let child = self.spawn(&api, temporary.path());
        let mut function = FunctionProcess { child, api, next: None, temporary, cold_start: Duration::ZERO };
        function.next = Some(function.wait_for_poll()?);
        function.cold_start = began.elapsed();
        Ok(function)
    }

    fn spawn(&self, api: &Server, temporary: &Path) -> Child {
        let log = OpenOptions::new().create(true).append(true).open(&self.log).expect("the log can be written");
        let mut command = Command::new(&self.binary);
        command.args(&self.arguments);
        command.env_clear().envs(&self.environment).current_dir(temporary).stdin(Stdio::null());
        if !self.environment.contains_key("TMPDIR") {
            command.env("TMPDIR", temporary);
        }
        command.envs([
            ("AWS_LAMBDA_RUNTIME_API", api.server_addr().to_string()),
            ("AWS_LAMBDA_FUNCTION_NAME", "test".to_owned()),
            ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "4096".to_owned()),
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
        let next = match self.next.take() {
            Some(next) => next,
            None => self.wait_for_poll()?,
        };
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
        drop(self.child.kill());
        drop(self.child.wait());
    }

    fn wait_for_poll(&mut self) -> Result<Request, Ended> {
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
            self.next = Some(request);
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
        if let Some(request) = self.api.recv_timeout(Duration::from_millis(20)).expect("the API listens") {
            return Ok(Some(request));
        }
        match self.child.try_wait().expect("the child is ours") {
            Some(status) => Err(Ended::Exited(status)),
            None => Ok(None),
        }
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

fn invocation(event: &Value, limit: Duration) -> Response<std::io::Cursor<Vec<u8>>> {
    let ends = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default() + limit;
    let header = |name: &str, value: &str| Header::from_bytes(name, value).expect("a header");
    Response::from_string(event.to_string())
        .with_header(header("Lambda-Runtime-Aws-Request-Id", &uuid::Uuid::new_v4().to_string()))
        .with_header(header("Lambda-Runtime-Deadline-Ms", &ends.as_millis().to_string()))
        .with_header(header(
            "Lambda-Runtime-Invoked-Function-Arn",
            "arn:aws:lambda:us-east-1:000000000000:function:test",
        ))
        .with_header(header("Lambda-Runtime-Trace-Id", "Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700"))
}
