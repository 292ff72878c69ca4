//! Trust in certificates, and the facts of a handshake.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use reqwest::Url;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
};
use sha2::{Digest as _, Sha256};
use tokio_rustls::TlsConnector;
use x509_parser::extensions::GeneralName;
use x509_parser::prelude::{FromDer as _, X509Certificate};
use x509_parser::time::ASN1Time;

use super::connect::connect;
use super::fault::{Causes, fault, timeout};
use crate::model::exchange::{CertificateFacts, TlsFacts, TransportFault, TransportFaultKind};

/// Most certificates and names that are described.
const MOST: usize = 64;

/// Installs the crypto provider for everything in this process that asks for the
/// default one. May be called any number of times.
pub fn install_crypto_provider() {
    // An error says that one is installed already, which is as good.
    let _already_installed = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

/// Who is trusted to issue certificates: the public roots, and the target's own
/// authority where it has one.
#[derive(Debug, Clone)]
pub struct Trust {
    roots: Arc<RootCertStore>,
    own: bool,
}

/// Why an authority cannot be trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// The text holds no certificate.
    #[error("no certificate found; give the authority's certificate in PEM")]
    Missing,
    /// A certificate cannot be read.
    #[error("certificate {position} cannot be read: {reason}")]
    Invalid {
        /// Its place in the text, from 1.
        position: usize,
        /// The library's words.
        reason: String,
    },
}

impl Trust {
    /// Trust in the public roots alone.
    pub fn public() -> Self {
        let roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        Self {
            roots: Arc::new(roots),
            own: false,
        }
    }

    /// Trust in the public roots and in every certificate of this PEM text.
    pub fn with_ca_pem(pem: &str) -> Result<Self, TrustError> {
        let mut roots = RootCertStore {
            roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
        };
        let mut position = 0;
        for certificate in CertificateDer::pem_slice_iter(pem.as_bytes()) {
            position += 1;
            certificate
                .map_err(|error| error.to_string())
                .and_then(|certificate| roots.add(certificate).map_err(|error| reason(&error)))
                .map_err(|reason| TrustError::Invalid { position, reason })?;
        }
        if position == 0 {
            return Err(TrustError::Missing);
        }
        Ok(Self {
            roots: Arc::new(roots),
            own: true,
        })
    }

    /// The trust anchors in words, as reports show them.
    pub fn describe(&self) -> &str {
        if self.own {
            "public roots and the target's own CA"
        } else {
            "public roots"
        }
    }
}

/// The TLS settings of a client that validates certificates, or of one that does not.
pub(super) fn client_config(trust: &Trust, verify: bool) -> Result<ClientConfig, rustls::Error> {
    let verifier = normal_verifier(trust)?;
    if verify {
        configure(verifier)
    } else {
        configure(Arc::new(Recorder::new(verifier)))
    }
}

fn configure(verifier: Arc<dyn ServerCertVerifier>) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}

fn normal_verifier(trust: &Trust) -> Result<Arc<WebPkiServerVerifier>, rustls::Error> {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    WebPkiServerVerifier::builder_with_provider(trust.roots.clone(), provider)
        .build()
        .map_err(|error| rustls::Error::General(error.to_string()))
}

/// Notes what normal validation says, and accepts.
#[derive(Debug)]
struct Recorder {
    normal: Arc<WebPkiServerVerifier>,
    seen: Mutex<Seen>,
}

#[derive(Debug, Default)]
struct Seen {
    chain: Vec<CertificateDer<'static>>,
    refused: Option<rustls::Error>,
}

impl Recorder {
    fn new(normal: Arc<WebPkiServerVerifier>) -> Self {
        Self {
            normal,
            seen: Mutex::default(),
        }
    }

    fn take(&self) -> Seen {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, error: rustls::Error) {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .refused
            .get_or_insert(error);
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let verdict =
            self.normal
                .verify_server_cert(leaf, intermediates, server_name, ocsp_response, now);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.chain = std::iter::once(leaf)
            .chain(intermediates)
            .map(|certificate| certificate.clone().into_owned())
            .collect();
        seen.refused = verdict.err();
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.normal
            .verify_tls12_signature(message, certificate, signature)
            .or_else(|error| {
                self.note(error);
                Ok(HandshakeSignatureValid::assertion())
            })
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        self.normal
            .verify_tls13_signature(message, certificate, signature)
            .or_else(|error| {
                self.note(error);
                Ok(HandshakeSignatureValid::assertion())
            })
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.normal.supported_verify_schemes()
    }
}

/// Shakes hands with the host of a URL and tells what was seen. A certificate that
/// normal validation refuses is a fact with its reason, not a fault.
pub async fn tls_facts(
    url: &Url,
    trust: &Trust,
    limit: Duration,
) -> Result<TlsFacts, TransportFault> {
    tokio::time::timeout(limit, handshake(url, trust))
        .await
        .unwrap_or_else(|_| Err(timeout(limit, "no complete TLS handshake")))
}

async fn handshake(url: &Url, trust: &Trust) -> Result<TlsFacts, TransportFault> {
    let tls_fault = |detail: String| fault(TransportFaultKind::Tls, detail);
    let broken = |error: rustls::Error| tls_fault(reason(&error));
    let recorder = Arc::new(Recorder::new(normal_verifier(trust).map_err(broken)?));
    let config = configure(recorder.clone()).map_err(broken)?;
    let host = url.host_str().unwrap_or_default();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned())
        .map_err(|_| tls_fault("the host cannot be named in a certificate".to_owned()))?;
    let stream = connect(url, url.port_or_known_default().unwrap_or(443)).await?;
    let stream = TlsConnector::from(Arc::new(config))
        .connect(name, stream)
        .await
        .map_err(|error| Causes::of(&error).fault(true, true))?;
    let (_, connection) = stream.get_ref();
    let seen = recorder.take();
    let chain: Vec<CertificateFacts> = seen.chain.iter().take(MOST).map(describe).collect();
    let refused = seen.refused.map(|error| {
        let self_signed = chain.first().is_some_and(|leaf| leaf.self_signed);
        match error {
            rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::Other(_),
            ) if self_signed => "the certificate is self-signed".to_owned(),
            error => reason(&error),
        }
    });
    Ok(TlsFacts {
        version: match connection.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLSv1.3".to_owned(),
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLSv1.2".to_owned(),
            _ => String::new(),
        },
        cipher: connection
            .negotiated_cipher_suite()
            .and_then(|suite| suite.suite().as_str())
            .unwrap_or_default()
            .to_owned(),
        chain,
        refused,
        trust: trust.describe().to_owned(),
    })
}

/// Why TLS refused, in words that do not change with the moment.
pub(super) fn reason(error: &rustls::Error) -> String {
    match error {
        rustls::Error::InvalidCertificate(error) => match error {
            CertificateError::ExpiredContext { not_after, .. } => {
                format!("the certificate expired at {}", moment(*not_after))
            }
            CertificateError::Expired => "the certificate has expired".to_owned(),
            CertificateError::NotValidYetContext { not_before, .. } => {
                format!(
                    "the certificate is not valid before {}",
                    moment(*not_before)
                )
            }
            CertificateError::NotValidYet => "the certificate is not valid yet".to_owned(),
            CertificateError::UnknownIssuer => {
                "the certificate does not chain to a trusted root".to_owned()
            }
            CertificateError::BadSignature => {
                "a certificate of the chain is not signed by its issuer".to_owned()
            }
            CertificateError::NotValidForNameContext { expected, .. } => {
                format!("the certificate does not name {}", expected.to_str())
            }
            CertificateError::NotValidForName => {
                "the certificate does not name the host".to_owned()
            }
            CertificateError::BadEncoding => "the certificate cannot be read".to_owned(),
            error => format!("the certificate is invalid: {error}"),
        },
        rustls::Error::NoCertificatesPresented => "the server sent no certificate".to_owned(),
        rustls::Error::AlertReceived(alert) => {
            format!("the server ended the handshake with alert {alert:?}")
        }
        rustls::Error::InvalidMessage(_) => "the answer is not TLS".to_owned(),
        error => error.to_string(),
    }
}

fn moment(time: UnixTime) -> String {
    i64::try_from(time.as_secs()).map_or_else(|_| String::new(), rfc3339)
}

fn rfc3339(seconds: i64) -> String {
    Timestamp::from_second(seconds).map_or_else(|_| String::new(), |moment| moment.to_string())
}

fn describe(certificate: &CertificateDer<'static>) -> CertificateFacts {
    let fingerprint = Sha256::digest(certificate)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let Ok((_, parsed)) = X509Certificate::from_der(certificate) else {
        return CertificateFacts {
            fingerprint,
            ..CertificateFacts::default()
        };
    };
    let time = |time: ASN1Time| rfc3339(time.timestamp());
    CertificateFacts {
        subject: parsed.subject().to_string(),
        issuer: parsed.issuer().to_string(),
        names: names(&parsed),
        not_before: time(parsed.validity().not_before),
        not_after: time(parsed.validity().not_after),
        self_signed: parsed.subject().as_raw() == parsed.issuer().as_raw(),
        fingerprint,
    }
}

/// The hosts that a certificate names.
fn names(certificate: &X509Certificate<'_>) -> Vec<String> {
    let Ok(Some(extension)) = certificate.subject_alternative_name() else {
        return Vec::new();
    };
    extension
        .value
        .general_names
        .iter()
        .filter_map(|name| match name {
            GeneralName::DNSName(name) => Some((*name).to_owned()),
            GeneralName::IPAddress(bytes) => address(bytes),
            _ => None,
        })
        .take(MOST)
        .collect()
}

fn address(bytes: &[u8]) -> Option<String> {
    let four = <[u8; 4]>::try_from(bytes).map(std::net::IpAddr::from);
    let sixteen = <[u8; 16]>::try_from(bytes).map(std::net::IpAddr::from);
    four.or(sixteen).ok().map(|address| address.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    use rustls::ServerConfig;

    use crate::transport::testing::{AMPLE, Authority, Server, TINY, Turn, self_signed};

    async fn facts(config: ServerConfig, trust: &Trust) -> TlsFacts {
        let server = Server::tls(config, vec![vec![]]).await;
        let url: Url = server.url("https").parse().expect("a URL");
        tls_facts(&url, trust, AMPLE).await.expect("facts")
    }

    #[tokio::test]
    async fn a_good_chain_is_described() {
        let authority = Authority::new("Test authority");
        let facts = facts(authority.issue("localhost", 2020, 2060), &authority.trust()).await;
        assert_eq!(facts.refused, None);
        assert_eq!(facts.version, "TLSv1.3");
        assert!(facts.cipher.starts_with("TLS13_"), "{}", facts.cipher);
        assert_eq!(facts.trust, "public roots and the target's own CA");
        let [leaf, root] = facts.chain.as_slice() else {
            panic!("a chain of two, not {:?}", facts.chain);
        };
        assert_eq!(leaf.subject, "CN=localhost");
        assert_eq!(leaf.issuer, "CN=Test authority");
        assert_eq!(leaf.names, ["localhost"]);
        assert_eq!(leaf.not_before, "2020-01-01T00:00:00Z");
        assert_eq!(leaf.not_after, "2060-01-01T00:00:00Z");
        assert_eq!((leaf.self_signed, root.self_signed), (false, true));
        assert_eq!(leaf.fingerprint.len(), 64);
    }

    #[tokio::test]
    async fn a_bad_certificate_is_a_fact_with_its_reason() {
        let authority = Authority::new("Test authority");
        for (config, reason) in [
            (
                authority.issue("localhost", 2010, 2020),
                "the certificate expired at 2020-01-01T00:00:00Z",
            ),
            (
                authority.issue("localhost", 2059, 2060),
                "the certificate is not valid before 2059-01-01T00:00:00Z",
            ),
            (
                authority.issue("example.org", 2020, 2060),
                "the certificate does not name localhost",
            ),
            (self_signed("localhost"), "the certificate is self-signed"),
            (
                Authority::new("Stranger").issue("localhost", 2020, 2060),
                "the certificate does not chain to a trusted root",
            ),
            (
                Authority::new("Test authority").issue("localhost", 2020, 2060),
                "a certificate of the chain is not signed by its issuer",
            ),
        ] {
            let facts = facts(config, &authority.trust()).await;
            assert_eq!(facts.refused.as_deref(), Some(reason));
            assert!(!facts.chain.is_empty());
        }
        let facts = facts(authority.issue("localhost", 2020, 2060), &Trust::public()).await;
        assert_eq!(facts.trust, "public roots");
        assert_eq!(
            facts.refused.as_deref(),
            Some("the certificate does not chain to a trusted root")
        );
    }

    #[tokio::test]
    async fn an_address_is_a_name_too() {
        let authority = Authority::new("Test authority");
        let config = authority.issue("127.0.0.1", 2020, 2060);
        let server = Server::tls(config, vec![vec![]]).await;
        let url: Url = format!("https://{}/", server.address)
            .parse()
            .expect("a URL");
        let facts = tls_facts(&url, &authority.trust(), AMPLE)
            .await
            .expect("facts");
        assert_eq!(facts.refused, None);
        assert_eq!(facts.chain[0].names, ["127.0.0.1"]);
    }

    #[tokio::test]
    async fn an_old_version_is_shown() {
        let authority = Authority::new("Test authority");
        let key = rcgen::KeyPair::generate().expect("a key");
        let certificate = rcgen::CertificateParams::new(["localhost".to_owned()])
            .expect("a host")
            .self_signed(&key)
            .expect("a certificate");
        let config = ServerConfig::builder_with_protocol_versions(&[&rustls::version::TLS12])
            .with_no_client_auth()
            .with_single_cert(
                vec![certificate.der().clone()],
                key.serialize_der().try_into().expect("a key"),
            )
            .expect("a certificate of this key");
        let facts = facts(config, &authority.trust()).await;
        assert_eq!(facts.version, "TLSv1.2");
        assert!(facts.cipher.starts_with("TLS_ECDHE_"), "{}", facts.cipher);
    }

    #[tokio::test]
    async fn without_tls_there_are_no_facts() {
        let server = Server::plain(vec![vec![Turn::Close]]).await;
        let url: Url = server.url("https").parse().expect("a URL");
        let fault = tls_facts(&url, &Trust::public(), TINY)
            .await
            .expect_err("a fault");
        assert_eq!(fault.kind, TransportFaultKind::Timeout);
        drop(server);
        let fault = tls_facts(&url, &Trust::public(), AMPLE)
            .await
            .expect_err("a fault");
        assert_eq!(fault.kind, TransportFaultKind::Connect);
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_a_fault_of_tls() {
        let server = Server::plain(vec![vec![]]).await;
        let url: Url = server.url("https").parse().expect("a URL");
        let fault = tls_facts(&url, &Trust::public(), AMPLE)
            .await
            .expect_err("a fault");
        assert_eq!(fault.kind, TransportFaultKind::Tls);
    }

    #[test]
    fn an_authority_must_be_a_certificate() {
        assert_eq!(Trust::with_ca_pem("").err(), Some(TrustError::Missing));
        assert_eq!(Trust::with_ca_pem("hello").err(), Some(TrustError::Missing));
        let block =
            |der: &str| format!("-----BEGIN CERTIFICATE-----\n{der}\n-----END CERTIFICATE-----\n");
        let authority = Authority::new("Test authority");
        let two = format!("{}{}", authority.pem(), block("AAAA"));
        assert!(matches!(
            Trust::with_ca_pem(&two),
            Err(TrustError::Invalid { position: 2, .. })
        ));
        assert!(matches!(
            Trust::with_ca_pem(&block("!")),
            Err(TrustError::Invalid { position: 1, .. })
        ));
    }

    #[test]
    fn the_provider_may_be_installed_twice() {
        install_crypto_provider();
        install_crypto_provider();
    }
}
