//! A proxy before the local stack, for faults that cannot be had otherwise: it forwards what it is not told
//! to spoil. One request a connection, so that every request passes here.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// What the proxy does to a request instead of forwarding it, or to its answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answers by itself.
    Answer { status: u16, content_type: &'static str, body: String },
    /// Forwards the request, and breaks the answer off after so many bytes.
    CutAfter(usize),
    /// Forwards the request, and changes the last byte of the answer.
    Garble,
}

/// A request as the proxy saw it.
#[derive(Debug, Clone)]
pub struct Request {
    /// Method and path, as in `GET /bucket/key`.
    pub line: String,
    /// The header lines, their names in lower case.
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

/// A running proxy; ends when it is dropped.
pub struct Proxy {
    pub endpoint: String,
    requests: Arc<Mutex<Vec<Request>>>,
    most_at_once: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

struct Shared<F> {
    upstream: String,
    decide: F,
    requests: Arc<Mutex<Vec<Request>>>,
    at_once: AtomicUsize,
    most_at_once: Arc<AtomicUsize>,
}

impl Request {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    pub fn is(&self, start: &str) -> bool {
        self.line.starts_with(start)
    }
}

impl Proxy {
    /// Starts before `upstream` (`http://host:port`); `decide` may spoil a request.
    pub async fn start<F>(upstream: &str, decide: F) -> Self
    where
        F: Fn(&Request) -> Option<Fault> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let upstream = upstream.trim_start_matches("http://").trim_end_matches('/').to_owned();
        let (requests, most_at_once) = (Arc::default(), Arc::new(AtomicUsize::new(0)));
        let shared = Shared {
            upstream,
            decide,
            requests: Arc::clone(&requests),
            at_once: AtomicUsize::new(0),
            most_at_once: Arc::clone(&most_at_once),
        };
        let task = tokio::spawn(serve(listener, Arc::new(shared)));
        Self { endpoint, requests, most_at_once, task }
    }

    /// The requests so far that begin with `start`.
    pub fn requests(&self, start: &str) -> Vec<Request> {
        self.requests.lock().unwrap().iter().filter(|request| request.is(start)).cloned().collect()
    }

    /// How many requests were with the server at the same time at most.
    pub fn most_at_once(&self) -> usize {
        self.most_at_once.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<F>(listener: TcpListener, shared: Arc<Shared<F>>)
where
    F: Fn(&Request) -> Option<Fault> + Send + Sync + 'static,
{
    while let Ok((client, _)) = listener.accept().await {
        let shared = Arc::clone(&shared);
        tokio::spawn(async move {
            // A client that goes away in the middle is what some tests are about.
            drop(handle(client, &shared).await);
        });
    }
}

async fn handle<F>(mut client: TcpStream, shared: &Shared<F>) -> std::io::Result<()>
where
    F: Fn(&Request) -> Option<Fault>,
{
    let request = read(&mut client).await?;
    shared.requests.lock().unwrap().push(request.clone());
    let fault = (shared.decide)(&request);
    if let Some(Fault::Answer { status, content_type, body }) = &fault {
        let length = body.len();
        let head = format!("HTTP/1.1 {status} Fault\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n");
        client.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).await?;
        return client.shutdown().await;
    }
    let at_once = shared.at_once.fetch_add(1, Ordering::SeqCst) + 1;
    shared.most_at_once.fetch_max(at_once, Ordering::SeqCst);
    let answer = forward(&request, &shared.upstream).await;
    // Before the client has the answer: it may begin its next request at once.
    shared.at_once.fetch_sub(1, Ordering::SeqCst);
    let mut answer = answer?;
    match fault {
        Some(Fault::CutAfter(bytes)) => answer.truncate(head_length(&answer).unwrap_or(0) + bytes),
        Some(Fault::Garble) => answer.iter_mut().next_back().into_iter().for_each(|byte| *byte ^= 1),
        _ => {}
    }
    client.write_all(&answer).await?;
    client.shutdown().await
}

async fn read(client: &mut TcpStream) -> std::io::Result<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(head) = head_length(&bytes) {
            break head;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut body = bytes.split_off(head);
    let text = String::from_utf8_lossy(&bytes);
    let mut lines = text.lines();
    let line = lines.next().unwrap_or_default().to_owned();
    let header = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_lowercase(), value.to_owned()));
    let headers: Vec<_> = lines.filter_map(header).collect();
    let mut request = Request { line, headers, body: Vec::new() };
    let length = request.header("content-length").map_or(0, |text| text.parse().unwrap());
    while body.len() < length {
        if client.read_buf(&mut body).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    request.body = body;
    Ok(request)
}

/// The whole answer: the server closes the connection behind it.
async fn forward(request: &Request, upstream: &str) -> std::io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream).await?;
    let mut head = format!("{}\r\nconnection: close\r\n", request.line);
    for (name, value) in request.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "connection" | "expect")) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    server.write_all(format!("{head}\r\n").as_bytes()).await?;
    server.write_all(&request.body).await?;
    let mut answer = Vec::new();
    server.read_to_end(&mut answer).await?;
    Ok(answer)
}

/// The length of a head with its empty line.
fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
