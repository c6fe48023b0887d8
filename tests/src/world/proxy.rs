//! A way to a service that can be cut, or that answers 503 in the service's stead.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const OPEN: u8 = 0;
const CUT: u8 = 1;
const BUSY: u8 = 2;

/// A forwarder on loopback.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
}

#[derive(Debug, Default)]
struct State {
    mode: AtomicU8,
    refused: AtomicUsize,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Forwards everything to a service.
    ///
    /// # Panics
    /// When loopback has no port left.
    #[must_use]
    pub fn to(service: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on loopback");
        let (address, state) = (listener.local_addr().expect("its address"), Arc::new(State::default()));
        let (shared, service) = (Arc::clone(&state), service.to_owned());
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let (state, service) = (Arc::clone(&shared), service.clone());
                std::thread::spawn(move || state.serve(client, &service));
            }
        });
        Self { address, state }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Ends every connection and refuses new ones.
    pub fn cut(&self) {
        self.state.set(CUT);
    }

    /// Answers every HTTP request with 503 SlowDown, as S3 does.
    pub fn be_busy(&self) {
        self.state.set(BUSY);
    }

    /// Forwards again.
    pub fn mend(&self) {
        self.state.mode.store(OPEN, Ordering::Release);
    }

    /// Connections or requests that were refused.
    #[must_use]
    pub fn refused(&self) -> usize {
        self.state.refused.load(Ordering::Acquire)
    }
}

impl State {
    fn set(&self, mode: u8) {
        self.mode.store(mode, Ordering::Release);
        for stream in self.open.lock().expect("nobody panics with it").drain(..) {
            drop(stream.shutdown(std::net::Shutdown::Both));
        }
    }

    fn serve(&self, client: TcpStream, service: &str) {
        match self.mode.load(Ordering::Acquire) {
            OPEN => self.forward(client, service),
            CUT => drop(self.refused.fetch_add(1, Ordering::AcqRel)),
            _ => self.answer_busy(client),
        }
    }

    fn forward(&self, client: TcpStream, service: &str) {
        let Ok(server) = TcpStream::connect(service) else { return };
        let clones = [client.try_clone(), server.try_clone(), client.try_clone(), server.try_clone()];
        let [Ok(client_out), Ok(server_out), Ok(client_kept), Ok(server_kept)] = clones else { return };
        self.open.lock().expect("nobody panics with it").extend([client_kept, server_kept]);
        let back = std::thread::spawn(move || pump(server, client_out));
        pump(client, server_out);
        drop(back.join());
    }

    fn answer_busy(&self, mut client: TcpStream) {
        self.refused.fetch_add(1, Ordering::AcqRel);
        let body =
            "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>";
        let head = format!("HTTP/1.1 503 Slow Down\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
        drop(client.write_all(format!("{head}{body}").as_bytes()));
        // What the client still sends is read, or the answer would be lost with a reset.
        drop(client.set_read_timeout(Some(Duration::from_millis(200))));
        let mut rest = [0; 4096];
        while matches!(client.read(&mut rest), Ok(count) if count > 0) {}
    }
}

fn pump(mut from: TcpStream, mut to: TcpStream) {
    drop(std::io::copy(&mut from, &mut to));
    drop(to.shutdown(std::net::Shutdown::Both));
}
