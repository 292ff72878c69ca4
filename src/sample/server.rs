//! The HTTP edge: one handler for every path, behind TLS.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum_server::Handle;
use axum_server::accept::NoDelayAcceptor;
use tokio::task::JoinHandle;

use super::tls::{EitherAcceptor, ServerTls};

/// A connector as the server sees it.
pub trait Service: Send + Sync + 'static {
    /// Answers one request.
    fn respond(&self, request: Request) -> impl Future<Output = Response<Body>> + Send;

    /// Whether the port answers plain http beside https.
    fn plain_http(&self) -> bool;

    /// Whether the port agrees to versions of TLS that nobody should offer.
    fn old_tls(&self) -> bool {
        false
    }
}

/// A server in the background.
#[derive(Debug)]
pub struct Server {
    handle: Handle<SocketAddr>,
    task: JoinHandle<io::Result<()>>,
}

impl Server {
    /// Serves a connector, over https when there is a certificate.
    pub fn start<S: Service>(
        listener: TcpListener,
        connector: Arc<S>,
        tls: Option<ServerTls>,
    ) -> io::Result<Self> {
        let (plain_http, old_tls) = (connector.plain_http(), connector.old_tls());
        let service = Router::new()
            .fallback(answer::<S>)
            .with_state(connector)
            .into_make_service();
        let handle = Handle::new();
        let server = axum_server::from_tcp(listener)?.handle(handle.clone());
        let task = match tls {
            None => tokio::spawn(server.acceptor(NoDelayAcceptor).serve(service)),
            Some(tls) => {
                let acceptor = EitherAcceptor::new(tls.config, plain_http, old_tls);
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
        };
        Ok(Self { handle, task })
    }

    /// Lets running calls end, then stops.
    pub async fn stop(mut self) {
        self.handle.graceful_shutdown(Some(Duration::from_secs(1)));
        // The outcome does not matter any more.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.handle.shutdown();
        self.task.abort();
    }
}

async fn answer<S: Service>(State(connector): State<Arc<S>>, request: Request) -> Response<Body> {
    connector.respond(request).await
}
