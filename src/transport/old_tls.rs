//! Old versions of TLS. No library that is safe speaks them, so one message is written by
//! hand: a hello of the old version, which a server answers with its own hello or refuses.

use std::io;
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::connect::connect;

/// The versions that nobody should offer any more, with their number on the wire.
const OLD: [(&str, [u8; 2]); 2] = [("TLSv1", [3, 1]), ("TLSv1.1", [3, 2])];

/// Cipher suites that servers of that age know, with keys of both kinds.
const SUITES: [u16; 10] = [
    0xc014, 0xc013, 0xc00a, 0xc009, 0x0039, 0x0033, 0x0035, 0x002f, 0x000a, 0x00ff,
];

/// The old versions that the host of a URL agrees to. Who gives no answer refuses.
pub async fn old_versions(url: &Url, limit: Duration) -> Vec<&'static str> {
    let mut offered = Vec::new();
    for (name, version) in OLD {
        let answer = tokio::time::timeout(limit, greet(url, version)).await;
        if matches!(answer, Ok(Ok(true))) {
            offered.push(name);
        }
    }
    offered
}

/// Whether a hello of this version is answered by one of the same.
async fn greet(url: &Url, version: [u8; 2]) -> io::Result<bool> {
    let port = url.port_or_known_default().unwrap_or(443);
    let connected = connect(url, port).await;
    let mut stream = connected.map_err(|fault| io::Error::other(fault.detail))?;
    stream.write_all(&hello(url.domain(), version)).await?;
    // Head of the record, type and length of the message, version.
    let mut answer = [0; 11];
    stream.read_exact(&mut answer).await?;
    Ok(answer[0] == 22 && answer[5] == 2 && answer[9..] == version)
}

/// A client's hello.
fn hello(domain: Option<&str>, version: [u8; 2]) -> Vec<u8> {
    let mut body = version.to_vec();
    // What is random in a real one does not matter: the handshake ends here.
    body.extend([0x5a; 32]);
    body.push(0);
    body.extend(counted(SUITES.iter().flat_map(|suite| suite.to_be_bytes())));
    body.extend([1, 0]);
    let mut extensions = Vec::new();
    if let Some(domain) = domain {
        let name = [0].into_iter().chain(counted(domain.bytes()));
        extensions.extend(extension(0, counted(name)));
    }
    // P-256 to P-521, and uncompressed points.
    extensions.extend(extension(10, counted([0, 23, 0, 24, 0, 25])));
    extensions.extend(extension(11, vec![1, 0]));
    body.extend(counted(extensions));
    let mut message = vec![1, 0];
    message.extend(counted(body));
    let mut record = vec![22, 3, 1];
    record.extend(counted(message));
    record
}

fn extension(number: u16, content: Vec<u8>) -> Vec<u8> {
    number
        .to_be_bytes()
        .into_iter()
        .chain(counted(content))
        .collect()
}

/// Bytes with their number in front, in two bytes.
fn counted(bytes: impl IntoIterator<Item = u8>) -> Vec<u8> {
    let bytes: Vec<u8> = bytes.into_iter().collect();
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    length.to_be_bytes().into_iter().chain(bytes).collect()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;
    use crate::transport::testing::{AMPLE, Authority, Server, answer};

    fn url(server: &Server) -> Url {
        server.url("https").parse().expect("a URL")
    }

    #[test]
    fn a_hello_counts_what_it_holds() {
        let hello = hello(Some("connector.example"), [3, 1]);
        assert_eq!(hello[..3], [22, 3, 1]);
        assert_eq!(
            usize::from(u16::from_be_bytes([hello[3], hello[4]])),
            hello.len() - 5
        );
        assert_eq!(
            usize::from(u16::from_be_bytes([hello[7], hello[8]])),
            hello.len() - 9
        );
        assert_eq!(hello[9..11], [3, 1]);
        let text = String::from_utf8_lossy(&hello).into_owned();
        assert!(text.contains("connector.example"));
    }

    #[tokio::test]
    async fn a_server_with_new_versions_alone_refuses() {
        let config = Authority::new("Stranger").issue("localhost", 2020, 2060);
        let server = Server::tls(config, vec![vec![answer("")], vec![answer("")]]).await;
        assert_eq!(old_versions(&url(&server), AMPLE).await, [""; 0]);
    }

    #[tokio::test]
    async fn a_hello_of_the_same_version_is_an_offer() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let server = tokio::spawn(async move {
            // The first is answered by one of its version, the second by a newer one.
            for version in [1, 3] {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut asked = [0; 1024];
                assert!(stream.read(&mut asked).await.expect("a hello") > 11);
                let answer = [22, 3, version, 0, 42, 2, 0, 0, 38, 3, version];
                stream.write_all(&answer).await.expect("an answer");
            }
        });
        let url = format!("https://{address}/").parse().expect("a URL");
        assert_eq!(old_versions(&url, AMPLE).await, ["TLSv1"]);
        server.await.expect("a server");
    }
}
