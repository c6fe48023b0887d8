//! A proxy on loopback before a service, for faults that cannot be had otherwise.
#![allow(clippy::unwrap_used, reason = "test code: what is missing should stop the test where it stands")]

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const OPEN: u8 = 0;
const CUT: u8 = 1;
const BUSY: u8 = 2;

/// What an HTTP proxy does to a request instead of forwarding it, or to the answer.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Answers in the service's place.
    Answer { status: u16, content_type: &'static str, body: String },
    /// Forwards the request, and breaks off the body of the answer after so many bytes.
    CutAfter(usize),
    /// Forwards the request, and changes the last byte of the answer.
    Garble,
}

#[derive(Debug, Clone)]
pub struct Request {
    /// Method and path, as in `GET /bucket/key`.
    pub line: String,
    /// Their names are in lower case.
    headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

type Decide = Box<dyn Fn(&Request) -> Option<Fault> + Send + Sync>;

pub struct Proxy {
    pub endpoint: String,
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    /// Host and port.
    upstream: String,
    /// `None` for a protocol other than HTTP.
    decide: Option<Decide>,
    mode: AtomicU8,
    refused: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
    requests: Mutex<Vec<Request>>,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

impl Request {
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(own, _)| own == name).map(|(_, value)| value.as_str())
    }

    #[must_use]
    pub fn is(&self, start: &str) -> bool {
        self.line.starts_with(start)
    }
}

impl Proxy {
    /// Forwards the bytes of any protocol to `host:port`.
    #[must_use]
    pub fn to(upstream: &str) -> Self {
        Self::start(upstream.to_owned(), None)
    }

    /// Forwards HTTP to `http://host:port`, one request a connection. `decide` may spoil a request.
    pub fn http<F>(endpoint: &str, decide: F) -> Self
    where
        F: Fn(&Request) -> Option<Fault> + Send + Sync + 'static,
    {
        let upstream = endpoint.trim_start_matches("http://").trim_end_matches('/');
        Self::start(upstream.to_owned(), Some(Box::new(decide)))
    }

    fn start(upstream: String, decide: Option<Decide>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            upstream,
            decide,
            mode: AtomicU8::new(OPEN),
            refused: AtomicUsize::new(0),
            open: Mutex::default(),
            requests: Mutex::default(),
            at_once: AtomicUsize::new(0),
            most_at_once: AtomicUsize::new(0),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                // A connection that breaks is part of the tests.
                std::thread::spawn(move || drop(shared.serve(client)));
            }
        });
        Self { endpoint: format!("http://{address}"), address, shared }
    }

    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and refuses new ones.
    pub fn cut(&self) {
        self.shared.set(CUT);
    }

    /// Answers every HTTP request with 503 SlowDown, as S3 does.
    pub fn be_busy(&self) {
        self.shared.set(BUSY);
    }

    /// Forwards again after [`Self::cut`] or [`Self::be_busy`].
    pub fn mend(&self) {
        self.shared.mode.store(OPEN, Ordering::Release);
    }

    /// The number of connections that were refused while the service was cut off or busy.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.shared.refused.load(Ordering::Acquire)
    }

    /// The HTTP requests of a method so far.
    #[must_use]
    pub fn requests(&self, method: &str) -> Vec<Request> {
        let requests = self.shared.requests.lock().unwrap();
        requests.iter().filter(|request| request.is(method)).cloned().collect()
    }

    /// The most HTTP requests that were forwarded at the same time.
    #[must_use]
    pub fn most_at_once(&self) -> usize {
        self.shared.most_at_once.load(Ordering::SeqCst)
    }
}

impl Shared {
    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::Release);
        for stream in self.open.lock().unwrap().drain(..) {
            drop(stream.shutdown(Shutdown::Both));
        }
    }

    fn serve(&self, client: TcpStream) -> io::Result<()> {
        let mode = self.mode.load(Ordering::Acquire);
        if mode != OPEN {
            self.refused.fetch_add(1, Ordering::AcqRel);
        }
        match (mode, &self.decide) {
            (CUT, _) => Ok(()),
            (BUSY, _) => answer(client, &slow_down()),
            (_, Some(decide)) => self.serve_http(client, decide),
            (_, None) => self.serve_bytes(client),
        }
    }

    fn serve_bytes(&self, client: TcpStream) -> io::Result<()> {
        let server = TcpStream::connect(&self.upstream)?;
        self.open.lock().unwrap().extend([client.try_clone()?, server.try_clone()?]);
        let (client_out, server_out) = (client.try_clone()?, server.try_clone()?);
        let back = std::thread::spawn(move || pump(server, client_out));
        pump(client, server_out);
        drop(back.join());
        Ok(())
    }

    fn serve_http(&self, mut client: TcpStream, decide: &Decide) -> io::Result<()> {
        self.open.lock().unwrap().push(client.try_clone()?);
        let request = read(&mut client)?;
        self.requests.lock().unwrap().push(request.clone());
        let fault = decide(&request);
        if let Some(fault @ Fault::Answer { .. }) = &fault {
            return answer(client, fault);
        }
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::SeqCst);
        let forwarded = forward(&request, &self.upstream);
        // Before the client has the answer: it may send its next request at once.
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        let mut bytes = forwarded?;
        match fault {
            Some(Fault::CutAfter(length)) => bytes.truncate(head_length(&bytes).unwrap_or(0) + length),
            Some(Fault::Garble) => bytes.iter_mut().next_back().into_iter().for_each(|byte| *byte ^= 1),
            _ => {}
        }
        client.write_all(&bytes)?;
        client.shutdown(Shutdown::Both)
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    drop(io::copy(&mut from, &mut to));
    drop(to.shutdown(Shutdown::Both));
}

#[must_use]
pub fn slow_down() -> Fault {
    let body =
        "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
    Fault::Answer { status: 503, content_type: "application/xml", body: body.to_owned() }
}

fn answer(mut client: TcpStream, fault: &Fault) -> io::Result<()> {
    let Fault::Answer { status, content_type, body } = fault else { return Ok(()) };
    let length = body.len();
    let head = format!("HTTP/1.1 {status} Fault\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\n");
    client.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())?;
    client.shutdown(Shutdown::Write)?;
    // Without reading what the client still sends, a reset would destroy the answer.
    client.set_read_timeout(Some(Duration::from_millis(200)))?;
    io::copy(&mut client, &mut io::sink()).map(drop)
}

fn read(client: &mut TcpStream) -> io::Result<Request> {
    let mut bytes = Vec::new();
    let head = loop {
        match head_length(&bytes) {
            Some(head) => break head,
            None => read_some(client, &mut bytes)?,
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
        read_some(client, &mut body)?;
    }
    request.body = body;
    Ok(request)
}

fn read_some(client: &mut TcpStream, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 65_536];
    match client.read(&mut buffer)? {
        0 => Err(io::ErrorKind::UnexpectedEof.into()),
        count => {
            bytes.extend_from_slice(&buffer[..count]);
            Ok(())
        }
    }
}

/// Returns the whole answer. The server closes the connection after it.
fn forward(request: &Request, upstream: &str) -> io::Result<Vec<u8>> {
    let mut server = TcpStream::connect(upstream)?;
    let mut head = format!("{}\r\nconnection: close\r\n", request.line);
    for (name, value) in request.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "connection" | "expect")) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    server.write_all(format!("{head}\r\n").as_bytes())?;
    server.write_all(&request.body)?;
    let mut bytes = Vec::new();
    server.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The length of a head with its empty line.
fn head_length(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}
