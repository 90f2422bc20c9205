//! An API server, as far as somebody who connects can tell: it listens, and has a word for everybody or for nobody.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, SocketAddr, TcpListener},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::PATIENCE;

/// Somebody who listens, and counts who came.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    accepted: Arc<AtomicUsize>,
}

impl Server {
    /// Answers each request with 403.
    ///
    /// # Panics
    ///
    /// When nothing can be listened to.
    pub fn forbidding(address: &str) -> Self {
        Self::start(address, true)
    }

    /// Answers nobody, and lets nobody go.
    ///
    /// # Panics
    ///
    /// When nothing can be listened to.
    pub fn silent() -> Self {
        Self::start("127.0.0.1", false)
    }

    fn start(address: &str, answers: bool) -> Self {
        let address: IpAddr = address.parse().expect("an address");
        let listener = TcpListener::bind((address, 0)).expect("a port is free");
        let address = listener.local_addr().expect("it listens");
        let accepted = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&accepted);
        thread::spawn(move || {
            let mut kept = Vec::new();
            for connection in listener.incoming() {
                let mut connection = connection.expect("somebody came");
                count.fetch_add(1, Ordering::Relaxed);
                if answers {
                    connection
                        .set_read_timeout(Some(PATIENCE))
                        .expect("it can be set");
                    // Who has gone by now needs no answer.
                    let _request = connection.read(&mut [0; 4096]);
                    let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
                    let _answered = connection.write_all(answer);
                } else {
                    kept.push(connection);
                }
            }
        });
        Self { address, accepted }
    }

    /// How it is called.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How many came.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }
}
