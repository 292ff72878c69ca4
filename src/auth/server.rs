//! The key server: certificate, key set and discovery document on loopback, so that a
//! connector can fetch the harness's keys as it fetches the real ones. It remembers
//! what was fetched, and has addresses that nobody should fetch: canaries.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::key::{SigningKey, discovery, jwks};

/// Requests that are remembered.
const REMEMBERED: usize = 1000;

/// Characters of a path that are remembered.
const LONGEST_PATH: usize = 200;

/// Where canaries are.
const CANARIES: &str = "/canary/";

/// What a canary answers.
const CANARY: &str = "Assay canary: nobody should have fetched this.\n";

/// Why the key server cannot start.
#[derive(Debug, thiserror::Error)]
#[error("key server cannot listen on 127.0.0.1:{port}: {reason}; free the port or choose another")]
pub struct KeyServerError {
    /// The port that was asked for.
    pub port: u16,
    /// The system's words.
    pub reason: String,
}

/// Publishes the harness's keys on loopback until it is stopped or dropped.
#[derive(Debug)]
pub struct KeyServer {
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    base_url: String,
    port: u16,
    keys: RwLock<Vec<Arc<SigningKey>>>,
    fetches: AtomicU64,
    is_available: AtomicBool,
    fetched: Mutex<Vec<String>>,
}

impl Shared {
    fn keys(&self) -> Vec<Arc<SigningKey>> {
        self.keys
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Remembers a path. When there are too many, the oldest goes that is no canary.
    fn remember(&self, path: &str) {
        let mut fetched = self.fetched.lock().unwrap_or_else(PoisonError::into_inner);
        if fetched.len() >= REMEMBERED {
            let ordinary = fetched.iter().position(|path| !path.starts_with(CANARIES));
            match ordinary {
                Some(oldest) => {
                    fetched.remove(oldest);
                }
                None => return,
            }
        }
        fetched.push(path.chars().take(LONGEST_PATH).collect());
    }
}

impl KeyServer {
    /// Listens on loopback; port 0 takes a free one.
    pub async fn start(port: u16, keys: Vec<Arc<SigningKey>>) -> Result<Self, KeyServerError> {
        let failed = |error: std::io::Error| KeyServerError {
            port,
            reason: error.kind().to_string(),
        };
        let listener = TcpListener::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, port)))
            .await
            .map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let shared = Arc::new(Shared {
            port: address.port(),
            base_url: format!("http://{address}"),
            keys: RwLock::new(keys),
            fetches: AtomicU64::new(0),
            is_available: AtomicBool::new(true),
            fetched: Mutex::default(),
        });
        let router = Router::new()
            .route("/certificate.crt", get(certificate))
            .route("/.well-known/jwks", get(key_set))
            .route("/.well-known/openid-configuration", get(configuration))
            .route_layer(from_fn_with_state(shared.clone(), unless_silent))
            .route("/canary/{*name}", any(CANARY))
            .layer(from_fn_with_state(shared.clone(), remember))
            .with_state(shared.clone());
        let task = tokio::spawn(async move {
            // It ends by being aborted; an error of the listener ends it as well.
            let _ended = axum::serve(listener, router).await;
        });
        Ok(Self { shared, task })
    }

    /// `http://127.0.0.1:PORT`, without a slash at the end.
    pub fn base_url(&self) -> String {
        self.shared.base_url.clone()
    }

    /// The port it listens on.
    pub fn port(&self) -> u16 {
        self.shared.port
    }

    /// Address of the key set.
    pub fn jwks_url(&self) -> String {
        format!("{}/.well-known/jwks", self.shared.base_url)
    }

    /// Address of the discovery document.
    pub fn discovery_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.shared.base_url)
    }

    /// Address of the first key's certificate.
    pub fn certificate_url(&self) -> String {
        format!("{}/certificate.crt", self.shared.base_url)
    }

    /// Replaces the published keys: a rotation. The first one is the current one.
    pub fn set_keys(&self, keys: Vec<Arc<SigningKey>>) {
        *self
            .shared
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Publishes one more key, behind the others.
    pub fn add_key(&self, key: Arc<SigningKey>) {
        self.shared
            .keys
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .push(key);
    }

    /// Address of a canary: it answers, and whoever fetches it stands in
    /// [`fetched`](Self::fetched). The name is a path of plain segments.
    pub fn canary_url(&self, name: &str) -> String {
        format!("{}{CANARIES}{name}", self.shared.base_url)
    }

    /// The path of every request so far, whatever was answered, in order and without
    /// query. Of more than a thousand the oldest are forgotten, canaries last.
    pub fn fetched(&self) -> Vec<String> {
        self.shared
            .fetched
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Lets certificate, key set and discovery document answer 503, or serves them
    /// again. Canaries answer all the time.
    pub fn set_available(&self, available: bool) {
        self.shared.is_available.store(available, Ordering::Relaxed);
    }

    /// How often the key set was served.
    pub fn fetches(&self) -> u64 {
        self.shared.fetches.load(Ordering::Relaxed)
    }

    /// Stops the server and frees the port.
    pub async fn stop(mut self) {
        self.task.abort();
        // It was aborted, so this is the expected error.
        let _aborted = (&mut self.task).await;
    }
}

impl Drop for KeyServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn remember(State(shared): State<Arc<Shared>>, request: Request, next: Next) -> Response {
    shared.remember(request.uri().path());
    next.run(request).await
}

async fn unless_silent(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if shared.is_available.load(Ordering::Relaxed) {
        next.run(request).await
    } else {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    }
}

async fn certificate(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    let pem = shared
        .keys()
        .first()
        .map(|key| key.certificate_pem().to_owned())
        .unwrap_or_default();
    ([(CONTENT_TYPE, "application/x-pem-file")], pem)
}

async fn key_set(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    shared.fetches.fetch_add(1, Ordering::Relaxed);
    let keys = shared.keys();
    let keys: Vec<&SigningKey> = keys.iter().map(AsRef::as_ref).collect();
    (
        [(CONTENT_TYPE, "application/json")],
        jwks(&keys).to_string(),
    )
}

async fn configuration(State(shared): State<Arc<Shared>>) -> impl IntoResponse {
    (
        [(CONTENT_TYPE, "application/json")],
        discovery(&shared.base_url).to_string(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use crate::auth::testing::now;

    async fn get(url: &str) -> (u16, String) {
        let rest = url.strip_prefix("http://").expect("a URL");
        let (host, path) = rest.split_once('/').expect("a path");
        let mut stream = TcpStream::connect(host).await.expect("a connection");
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream
            .write_all(request.as_bytes())
            .await
            .expect("a request");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("an answer");
        let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
        let status = head[9..12].parse().expect("a status");
        (status, body.to_owned())
    }

    #[tokio::test]
    async fn it_publishes_certificate_key_set_and_discovery_document() {
        let first = Arc::new(SigningKey::generate("First", now()).expect("a key"));
        let second = Arc::new(SigningKey::generate("Second", now()).expect("a key"));
        let server = KeyServer::start(0, vec![first.clone()])
            .await
            .expect("a server");
        assert!(server.base_url().starts_with("http://127.0.0.1:"));
        let (status, body) = get(&server.certificate_url()).await;
        assert_eq!((status, body.as_str()), (200, first.certificate_pem()));
        let (_, body) = get(&server.jwks_url()).await;
        assert_eq!(body, jwks(&[&first]).to_string());
        let (_, body) = get(&server.discovery_url()).await;
        assert!(body.contains(&server.jwks_url()), "{body}");
        assert_eq!(get(&format!("{}/x", server.base_url())).await.0, 404);

        server.set_keys(vec![second.clone(), first.clone()]);
        let (_, body) = get(&server.jwks_url()).await;
        assert_eq!(body, jwks(&[&second, &first]).to_string());
        let (_, body) = get(&server.certificate_url()).await;
        assert_eq!(body, second.certificate_pem());
        server.set_keys(vec![first.clone()]);
        server.add_key(second.clone());
        let (_, body) = get(&server.jwks_url()).await;
        assert_eq!(body, jwks(&[&first, &second]).to_string());
        assert_eq!(server.fetches(), 3);
    }

    #[tokio::test]
    async fn it_falls_silent_and_speaks_again() {
        let key = Arc::new(SigningKey::generate("Key", now()).expect("a key"));
        let server = KeyServer::start(0, vec![key]).await.expect("a server");
        let urls = [
            server.certificate_url(),
            server.jwks_url(),
            server.discovery_url(),
        ];
        let canary = server.canary_url("here");
        for (available, status) in [(false, 503), (true, 200), (false, 503)] {
            server.set_available(available);
            for url in &urls {
                assert_eq!(get(url).await.0, status, "{url}");
            }
            assert_eq!(get(&canary).await.0, 200);
        }
        assert_eq!(server.fetches(), 1);
        assert_eq!(server.fetched().len(), 12);
    }

    #[tokio::test]
    async fn it_remembers_what_was_fetched() {
        let server = KeyServer::start(0, Vec::new()).await.expect("a server");
        assert_eq!(server.fetched(), [""; 0]);
        let canary = server.canary_url("dtd");
        assert_eq!(get(&canary).await, (200, CANARY.to_owned()));
        assert_eq!(get(&format!("{canary}/jku?secret=1")).await.0, 200);
        get(&server.jwks_url()).await;
        assert_eq!(get(&server.canary_url("")).await.0, 404);
        assert_eq!(get(&format!("{}/nowhere", server.base_url())).await.0, 404);
        assert_eq!(
            server.fetched(),
            [
                "/canary/dtd",
                "/canary/dtd/jku",
                "/.well-known/jwks",
                "/canary/",
                "/nowhere"
            ]
        );
        get(&format!("{}/{}", server.base_url(), "x".repeat(5000))).await;
        assert_eq!(server.fetched()[5].len(), LONGEST_PATH);
    }

    #[tokio::test]
    async fn a_flood_does_not_wash_canaries_away() {
        let server = KeyServer::start(0, Vec::new()).await.expect("a server");
        get(&server.canary_url("early")).await;
        for number in 0..2 * REMEMBERED {
            server.shared.remember(&format!("/{number}"));
        }
        let fetched = server.fetched();
        assert_eq!(fetched.len(), REMEMBERED);
        assert_eq!(
            (fetched[0].as_str(), fetched[1].as_str()),
            ("/canary/early", "/1001")
        );
        for number in 0..2 * REMEMBERED {
            server.shared.remember(&format!("/canary/{number}"));
        }
        assert_eq!(server.fetched().len(), REMEMBERED);
        assert_eq!(server.fetched()[1], "/canary/0");
    }

    #[tokio::test]
    async fn a_server_that_is_dropped_frees_its_port() {
        let server = KeyServer::start(0, Vec::new()).await.expect("a server");
        let port = server.port();
        assert_eq!(server.base_url(), format!("http://127.0.0.1:{port}"));
        drop(server);
        // The runtime ends the task when it comes to it.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        let again = KeyServer::start(port, Vec::new()).await.expect("a server");
        again.stop().await;
    }

    #[tokio::test]
    async fn a_port_is_taken_while_it_serves_and_free_afterwards() {
        let server = KeyServer::start(0, Vec::new()).await.expect("a server");
        let port: u16 = server
            .base_url()
            .rsplit_once(':')
            .and_then(|(_, port)| port.parse().ok())
            .expect("a port");
        let error = KeyServer::start(port, Vec::new())
            .await
            .expect_err("a port in use");
        assert_eq!(
            error.to_string(),
            format!(
                "key server cannot listen on 127.0.0.1:{port}: address in use; free the port or choose another"
            )
        );
        assert_eq!(get(&server.certificate_url()).await, (200, String::new()));
        server.stop().await;
        let again = KeyServer::start(port, Vec::new()).await.expect("a server");
        again.stop().await;
    }
}
