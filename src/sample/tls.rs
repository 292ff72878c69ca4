//! TLS with a certificate authority of its own, made anew at every start.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use axum_server::accept::Accept;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use rcgen::{
    BasicConstraints, Certificate as Issued, CertificateParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// Certificate and key of the server, with the authority to trust.
#[derive(Debug)]
pub struct ServerTls {
    pub config: Arc<ServerConfig>,
    pub ca_pem: String,
}

/// The certificate that the server shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    Good,
    Expired,
    OtherHost,
    SelfSigned,
}

/// Why no certificate could be made.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    #[error("certificate could not be made: {0}")]
    Certificate(#[from] rcgen::Error),
    #[error("certificate could not be used: {0}")]
    Configuration(#[from] rustls::Error),
}

impl ServerTls {
    /// A certificate for this machine, signed by a new authority.
    pub fn new(kind: Certificate) -> Result<Self, TlsError> {
        let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
        let around = |days: i64| today.saturating_add(days.days());
        let (from, to) = match kind {
            Certificate::Expired => (around(-30), around(-2)),
            _ => (around(-2), around(90)),
        };
        let hosts = match kind {
            Certificate::OtherHost => vec!["connector.example".to_owned()],
            _ => ["localhost", "127.0.0.1", "::1"]
                .map(str::to_owned)
                .to_vec(),
        };
        let ca = authority(around(-60), around(120))?;
        let key = KeyPair::generate()?;
        let leaf = leaf(hosts, from, to)?;
        let certificate = match kind {
            Certificate::SelfSigned => leaf.self_signed(&key)?,
            _ => leaf.signed_by(&key, &ca)?,
        };
        Ok(Self {
            config: configuration(&certificate, &key)?,
            ca_pem: ca.pem(),
        })
    }
}

fn authority(from: Date, to: Date) -> Result<CertifiedIssuer<'static, KeyPair>, TlsError> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params
        .distinguished_name
        .push(DnType::CommonName, "Assay sample authority");
    set_validity(&mut params, from, to);
    Ok(CertifiedIssuer::self_signed(params, KeyPair::generate()?)?)
}

fn leaf(hosts: Vec<String>, from: Date, to: Date) -> Result<CertificateParams, TlsError> {
    let mut params = CertificateParams::new(hosts)?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Assay sample connector");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params, from, to);
    Ok(params)
}

fn set_validity(params: &mut CertificateParams, from: Date, to: Date) {
    let moment = |day: Date| {
        date_time_ymd(
            day.year().into(),
            day.month().unsigned_abs(),
            day.day().unsigned_abs(),
        )
    };
    params.not_before = moment(from);
    params.not_after = moment(to);
}

fn configuration(certificate: &Issued, key: &KeyPair) -> Result<Arc<ServerConfig>, TlsError> {
    let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
    let chain = vec![certificate.der().clone()];
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

/// Accepts TLS; plain http as well if it is told to, which no connector should be.
#[derive(Clone)]
pub struct EitherAcceptor {
    tls: TlsAcceptor,
    plain_http: bool,
    old_tls: bool,
}

impl EitherAcceptor {
    /// Longest time that a handshake may take.
    const HANDSHAKE: Duration = Duration::from_secs(10);

    pub fn new(config: Arc<ServerConfig>, plain_http: bool, old_tls: bool) -> Self {
        Self {
            tls: TlsAcceptor::from(config),
            plain_http,
            old_tls,
        }
    }
}

impl<S: Send + 'static> Accept<TcpStream, S> for EitherAcceptor {
    type Stream = Either;
    type Service = S;
    type Future = Pin<Box<dyn Future<Output = io::Result<(Either, S)>> + Send>>;

    fn accept(&self, mut stream: TcpStream, service: S) -> Self::Future {
        let Self {
            tls,
            plain_http,
            old_tls,
        } = self.clone();
        Box::pin(async move {
            stream.set_nodelay(true)?;
            if old_tls && let Some(version) = old_version(&stream).await? {
                // Unread bytes would take the answer along when the connection ends.
                let _length = stream.read(&mut [0; 1024]).await?;
                stream.write_all(&old_hello(version)).await?;
                return Err(io::Error::from(io::ErrorKind::Unsupported));
            }
            if plain_http && !begins_with_handshake(&stream).await? {
                return Ok((Either::Plain(stream), service));
            }
            let secured = tokio::time::timeout(Self::HANDSHAKE, tls.accept(stream)).await;
            let secured = secured.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
            Ok((Either::Secured(Box::new(secured)), service))
        })
    }
}

/// The first byte of TLS is the type of a handshake record, which no HTTP method
/// begins with.
async fn begins_with_handshake(stream: &TcpStream) -> io::Result<bool> {
    const HANDSHAKE_RECORD: u8 = 22;
    let mut first = [0];
    Ok(stream.peek(&mut first).await? == 1 && first[0] == HANDSHAKE_RECORD)
}

/// The version that a client's hello asks for, if it is one before TLS 1.2.
async fn old_version(stream: &TcpStream) -> io::Result<Option<u8>> {
    let mut head = [0; 11];
    let length = stream.peek(&mut head).await?;
    let old = length == head.len() && head[9] == 3 && head[10] < 3;
    Ok(old.then_some(head[10]))
}

/// A server's hello of an old version. The rest of such a handshake is beyond this
/// sample; the hello is enough to see that the version is offered.
fn old_hello(version: u8) -> Vec<u8> {
    let mut hello = vec![22, 3, version, 0, 42, 2, 0, 0, 38, 3, version];
    hello.extend([0; 32]);
    hello.extend([0, 0, 0x2f, 0]);
    hello
}

/// A connection with or without TLS.
pub enum Either {
    Plain(TcpStream),
    Secured(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Either {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, buffer),
            Self::Secured(stream) => Pin::new(stream).poll_read(context, buffer),
        }
    }
}

impl AsyncWrite for Either {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, buffer),
            Self::Secured(stream) => Pin::new(stream).poll_write(context, buffer),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Secured(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Secured(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}
