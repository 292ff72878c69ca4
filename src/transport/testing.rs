//! What the tests of this module share: certificates of every quality, and servers
//! that answer what a test tells them.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::{Client, ClientSettings, Trust, install_crypto_provider};
use crate::model::exchange::WireRequest;

/// Long enough for anything that is meant to succeed.
pub(super) const AMPLE: Duration = Duration::from_secs(20);

/// Short enough to wait for what is meant to time out.
pub(super) const TINY: Duration = Duration::from_millis(80);

/// A certificate authority of its own.
pub(super) struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        Self(CertifiedIssuer::self_signed(params, key).expect("a certificate"))
    }

    pub(super) fn pem(&self) -> String {
        self.0.pem()
    }

    pub(super) fn trust(&self) -> Trust {
        Trust::with_ca_pem(&self.pem()).expect("a certificate")
    }

    /// A server certificate for a host, valid in the years given.
    pub(super) fn issue(&self, host: &str, from: i32, to: i32) -> ServerConfig {
        let key = KeyPair::generate().expect("a key");
        let certificate = leaf(host, from, to)
            .signed_by(&key, &self.0)
            .expect("a certificate");
        server_config(vec![certificate.der().clone(), self.0.der().clone()], &key)
    }
}

/// A certificate that its own key has signed.
pub(super) fn self_signed(host: &str) -> ServerConfig {
    let key = KeyPair::generate().expect("a key");
    let certificate = leaf(host, 2020, 2060)
        .self_signed(&key)
        .expect("a certificate");
    server_config(vec![certificate.der().clone()], &key)
}

fn leaf(host: &str, from: i32, to: i32) -> CertificateParams {
    let mut params = CertificateParams::new([host.to_owned()]).expect("a host");
    params.distinguished_name.push(DnType::CommonName, host);
    params.not_before = date_time_ymd(from, 1, 1);
    params.not_after = date_time_ymd(to, 1, 1);
    params
}

fn server_config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> ServerConfig {
    install_crypto_provider();
    let key = PrivateKeyDer::try_from(key.serialize_der()).expect("a key");
    ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .expect("a certificate of this key")
}

/// What a test server does on one connection. Each turn belongs to one request.
#[derive(Clone)]
pub(super) enum Turn {
    /// Reads a request and answers these bytes.
    Answer(Vec<u8>),
    /// Reads a request, answers these bytes and then repeats the others for ever.
    Endless(Vec<u8>, Vec<u8>),
    /// Reads a request, answers these bytes and keeps the connection open.
    Stall(Vec<u8>),
    /// Reads a request and closes without an answer.
    Close,
}

/// An answer with a body and a length.
pub(super) fn answer(body: &str) -> Turn {
    Turn::Answer(
        format!(
            "HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .into_bytes(),
    )
}

/// A server on loopback that plays a script: one list of turns for each connection,
/// the last list for all further ones. It ends with the test.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Server {
    pub(super) async fn plain(script: Vec<Vec<Turn>>) -> Self {
        Self::start(script, None).await
    }

    pub(super) async fn tls(config: ServerConfig, script: Vec<Vec<Turn>>) -> Self {
        Self::start(script, Some(TlsAcceptor::from(Arc::new(config)))).await
    }

    async fn start(script: Vec<Vec<Turn>>, tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = requests.clone();
        let task = tokio::spawn(async move {
            let mut connections = 0;
            while let Ok((stream, _)) = listener.accept().await {
                let turns = script
                    .get(connections)
                    .or(script.last())
                    .cloned()
                    .unwrap_or_default();
                connections += 1;
                let (seen, tls) = (seen.clone(), tls.clone());
                tokio::spawn(async move {
                    match tls {
                        None => play(stream, turns, &seen).await,
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                play(stream, turns, &seen).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            requests,
            task,
        }
    }

    pub(super) fn url(&self, scheme: &str) -> String {
        format!(
            "{scheme}://localhost:{}/base/Operation",
            self.address.port()
        )
    }

    /// Heads and bodies of the requests so far.
    pub(super) fn requests(&self) -> Vec<String> {
        self.requests
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    turns: Vec<Turn>,
    seen: &Mutex<Vec<String>>,
) {
    for turn in turns {
        let Some(request) = read_request(&mut stream).await else {
            return;
        };
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(request);
        let written = match turn {
            Turn::Answer(bytes) => stream.write_all(&bytes).await,
            Turn::Close => return,
            Turn::Stall(bytes) => {
                let written = stream.write_all(&bytes).await;
                assert!(written.is_ok());
                std::future::pending().await
            }
            Turn::Endless(bytes, more) => {
                let mut written = stream.write_all(&bytes).await;
                while written.is_ok() {
                    written = stream.write_all(&more).await;
                }
                written
            }
        };
        if written.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

/// One request with a body of the stated length; `None` at the end.
async fn read_request(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let text = String::from_utf8_lossy(&bytes);
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length = head
                .lines()
                .find_map(|line| line.strip_prefix("content-length: "))
                .map_or(0, |length| length.parse().expect("a length"));
            if body.len() >= length {
                return Some(text.into_owned());
            }
        }
        let mut chunk = [0; 4096];
        match stream.read(&mut chunk).await {
            Ok(length) if length > 0 => bytes.extend_from_slice(&chunk[..length]),
            _ => return None,
        }
    }
}

/// A client that trusts the public roots and waits long enough.
pub(super) fn client() -> Client {
    client_with(|_| {})
}

/// The same with other settings.
pub(super) fn client_with(change: impl FnOnce(&mut ClientSettings)) -> Client {
    let mut settings = ClientSettings {
        timeout: AMPLE,
        max_body: 1024 * 1024,
        trust: Trust::public(),
        verify: true,
    };
    change(&mut settings);
    Client::new(&settings).expect("a client")
}

/// A request with these headers and this body.
pub(super) fn request(
    method: &str,
    url: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> WireRequest {
    WireRequest {
        method: method.to_owned(),
        url: url.to_owned(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_bytes().to_vec(),
    }
}
