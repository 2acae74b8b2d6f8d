//! Accepts connections, encrypted or not.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;

use crate::connections::{Connections, Place};
use crate::respond::respond;
use crate::service::Service;
use crate::socket::{ResetFlag, Socket};

/// New connections look for idle ones to make room this often.
const RETRY: Duration = Duration::from_millis(100);

/// So many connections may wait to be accepted.
const BACKLOG: u32 = 4096;

/// Listens at an address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = match address {
        SocketAddr::V4(_) => TcpSocket::new_v4()?,
        SocketAddr::V6(_) => TcpSocket::new_v6()?,
    };
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(BACKLOG)
}

/// Serves until `stop` says so; then answers what is being asked, and ends.
pub(crate) async fn serve(
    listener: TcpListener,
    tls: Option<TlsAcceptor>,
    service: Arc<Service>,
    mut stop: watch::Receiver<bool>,
) {
    let connections = Connections::new();
    loop {
        let place = tokio::select! {
            place = place(&connections) => place,
            () = stopped(&mut stop) => return,
        };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stopped(&mut stop) => return,
        };
        let Ok((stream, _)) = accepted else {
            // Out of file descriptors, most likely: others must be closed first.
            tokio::time::sleep(Duration::from_millis(20)).await;
            continue;
        };
        let connection = Connection {
            service: service.clone(),
            place,
            reset: Arc::new(AtomicBool::new(false)),
        };
        tokio::spawn(connection.accept(stream, tls.clone(), stop.clone()));
    }
}

async fn place(connections: &Connections) -> Place {
    loop {
        if let Ok(Some(place)) = tokio::time::timeout(RETRY, connections.place()).await {
            return place;
        }
    }
}

struct Connection {
    service: Arc<Service>,
    place: Place,
    reset: ResetFlag,
}

impl Connection {
    async fn accept(
        self,
        stream: TcpStream,
        tls: Option<TlsAcceptor>,
        stop: watch::Receiver<bool>,
    ) {
        // Without it answers are only later, not wrong.
        drop(stream.set_nodelay(true));
        let socket = Socket::new(stream, self.reset.clone());
        let Some(tls) = tls else {
            return self.serve(socket, stop).await;
        };
        let handshake = tokio::time::timeout(self.service.settings.idle, tls.accept(socket));
        // Whoever does not speak TLS has been told by an alert.
        if let Ok(Ok(stream)) = handshake.await {
            self.serve(stream, stop).await;
        }
    }

    async fn serve(
        self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        mut stop: watch::Receiver<bool>,
    ) {
        let answer = service_fn(|request| {
            let busy = self.place.busy();
            let answered = respond(self.service.clone(), self.reset.clone(), request);
            Box::pin(async move {
                let mut response = answered.await?;
                response.body_mut().keep(busy);
                Ok::<_, io::Error>(response)
            })
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(self.service.settings.idle)
            .serve_connection(TokioIo::new(stream), answer);
        tokio::pin!(connection);
        // How a connection ended concerns nobody: the peer has seen it.
        tokio::select! {
            ended = connection.as_mut() => drop(ended),
            () = self.place.must_leave() => {
                // A request may have come at the same time; without one it just ends.
                if self.place.is_busy() {
                    connection.as_mut().graceful_shutdown();
                    drop(connection.await);
                }
            }
            () = stopped(&mut stop) => {
                connection.as_mut().graceful_shutdown();
                drop(tokio::time::timeout(Duration::from_secs(1), connection).await);
            }
        }
    }
}

/// Returns once the sandbox is to stop, or is gone.
async fn stopped(stop: &mut watch::Receiver<bool>) {
    // An error means that the sender is gone, and so is the sandbox.
    drop(stop.wait_for(|stop| *stop).await);
}

/// The error that makes a connection end by a reset.
pub(crate) fn reset_now(reset: &ResetFlag) -> io::Error {
    reset.store(true, Ordering::Relaxed);
    io::ErrorKind::ConnectionReset.into()
}
