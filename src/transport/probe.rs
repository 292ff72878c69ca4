//! Raw probes: is somebody there, and does it speak plain HTTP beside TLS.

use std::io;
use std::time::Duration;

use reqwest::Url;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::connect::connect;
use super::fault::timeout;
use crate::model::exchange::TransportFault;

/// Most bytes of an answer that a probe reads.
const LONGEST: usize = 16 * 1024;

/// Resolves the host of a URL and connects to its port.
pub async fn reachable(url: &Url, limit: Duration) -> Result<(), TransportFault> {
    let port = url.port_or_known_default().unwrap_or(443);
    match tokio::time::timeout(limit, connect(url, port)).await {
        Ok(connected) => connected.map(drop),
        Err(_) => Err(timeout(limit, "no connection")),
    }
}

/// What the host of an https URL answers to plain HTTP, by port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlainHttpTwin {
    /// The ports that were tried: 80 for a URL with the default port, else the URL's.
    pub ports: Vec<TwinPort>,
}

/// The answer of one port to plain HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TwinPort {
    /// The port.
    pub port: u16,
    /// Its answer.
    pub answer: TwinAnswer,
    /// The beginning of what came behind the head of the answer.
    pub body: Vec<u8>,
}

/// What came back when plain HTTP was spoken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TwinAnswer {
    /// Nobody accepts connections there.
    NoListener,
    /// Somebody does, and did not answer in HTTP.
    NotHttp,
    /// An HTTP answer with this status.
    Status(u16),
}

/// What is sent in plain HTTP, as a `POST`.
#[derive(Debug, Default)]
pub struct PlainRequest {
    /// Headers beside `Host`, `Content-Length` and `Connection`.
    pub headers: Vec<(String, String)>,
    /// The body. When there is one, that of the answer is read as well.
    pub body: Vec<u8>,
}

/// Sends a plaintext `POST` to a URL as if it were an http one: to port 80 when the URL
/// has the default port, else to the URL's own port. All of it goes in clear text.
pub async fn plain_http_twin(url: &Url, request: &PlainRequest, limit: Duration) -> PlainHttpTwin {
    let port = match url.port_or_known_default() {
        Some(443) | None => 80,
        Some(port) => port,
    };
    let mut received = Vec::new();
    let answer = match tokio::time::timeout(limit, connect(url, port)).await {
        Ok(Ok(stream)) => {
            let asked = ask(stream, url, port, request, &mut received);
            // What has come until then is the answer.
            let _in_time = tokio::time::timeout(limit, asked).await;
            match final_answer(&received) {
                Some(Some((status, _))) => TwinAnswer::Status(status),
                _ => TwinAnswer::NotHttp,
            }
        }
        Ok(Err(_)) | Err(_) => TwinAnswer::NoListener,
    };
    let body = match final_answer(&received) {
        Some(Some((_, body))) => body.to_vec(),
        _ => Vec::new(),
    };
    PlainHttpTwin {
        ports: vec![TwinPort { port, answer, body }],
    }
}

/// Sends the request and reads: the status suffices for a request without body.
async fn ask(
    mut stream: TcpStream,
    url: &Url,
    port: u16,
    request: &PlainRequest,
    received: &mut Vec<u8>,
) -> io::Result<()> {
    let host = url.host_str().unwrap_or_default();
    let host = if port == 80 {
        host.to_owned()
    } else {
        format!("{host}:{port}")
    };
    let query = url.query().map(|query| format!("?{query}"));
    let path = format!("{}{}", url.path(), query.unwrap_or_default());
    let mut head = format!("POST {path} HTTP/1.1\r\nHost: {host}\r\n");
    for (name, value) in &request.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    let length = request.body.len();
    head.push_str(&format!(
        "content-length: {length}\r\nconnection: close\r\n\r\n"
    ));
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&request.body).await?;
    let mut chunk = [0; 1024];
    while received.len() < LONGEST {
        if request.body.is_empty() && final_answer(received).is_some() {
            return Ok(());
        }
        match stream.read(&mut chunk).await? {
            0 => return Ok(()),
            length => received.extend_from_slice(&chunk[..length]),
        }
    }
    Ok(())
}

/// Status and body of the first answer that is not an interim one. `None` asks for more
/// bytes, `Some(None)` says that this is not HTTP.
fn final_answer(mut answer: &[u8]) -> Option<Option<(u16, &[u8])>> {
    loop {
        let length = answer.len().min(5);
        if answer[..length] != b"HTTP/"[..length] {
            return Some(None);
        }
        let end = answer.iter().position(|byte| *byte == b'\n')?;
        let line = answer[..end].strip_suffix(b"\r").unwrap_or(&answer[..end]);
        let Some(status) = status(line) else {
            return Some(None);
        };
        let head = answer.windows(4).position(|window| window == b"\r\n\r\n");
        let rest = head.map(|head| &answer[head + 4..]);
        if !(100..200).contains(&status) || status == 101 {
            return Some(Some((status, rest.unwrap_or_default())));
        }
        answer = rest?;
    }
}

fn status(line: &[u8]) -> Option<u16> {
    let mut words = std::str::from_utf8(line).ok()?.split(' ');
    let version = words.next()?;
    let status = words.next()?;
    let is_status = status.len() == 3 && status.bytes().all(|byte| byte.is_ascii_digit());
    (version.starts_with("HTTP/1.") && is_status)
        .then(|| status.parse().ok())
        .flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::model::exchange::TransportFaultKind;
    use crate::transport::testing::{AMPLE, Authority, Server, TINY, Turn, answer};

    fn bare() -> PlainRequest {
        PlainRequest::default()
    }

    fn url(server: &Server, scheme: &str) -> Url {
        server.url(scheme).parse().expect("a URL")
    }

    #[tokio::test]
    async fn a_host_is_reachable_or_it_is_known_why_not() {
        let server = Server::plain(vec![]).await;
        let there = url(&server, "https");
        reachable(&there, AMPLE).await.expect("reachable");
        drop(server);
        let kind = |result: Result<(), TransportFault>| result.expect_err("a fault").kind;
        assert_eq!(
            kind(reachable(&there, AMPLE).await),
            TransportFaultKind::Connect
        );
        let nowhere = Url::parse("https://nobody.invalid/").expect("a URL");
        assert_eq!(
            kind(reachable(&nowhere, AMPLE).await),
            TransportFaultKind::Dns
        );
    }

    #[tokio::test]
    async fn plain_http_beside_tls_is_seen() {
        let interim = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 403 No\r\n\r\n";
        for (turn, expected) in [
            (answer("hello"), TwinAnswer::Status(200)),
            (
                Turn::Answer(b"HTTP/1.0 301 Moved\r\nLocation: https://x/\r\n\r\n".to_vec()),
                TwinAnswer::Status(301),
            ),
            (Turn::Answer(interim.into()), TwinAnswer::Status(403)),
            (
                Turn::Stall(b"HTTP/1.1 204 None\r\n".to_vec()),
                TwinAnswer::Status(204),
            ),
            (
                Turn::Answer(b"\x15\x03\x01\x00\x02\x02\x46".to_vec()),
                TwinAnswer::NotHttp,
            ),
            (
                Turn::Answer(b"HTTP/1.1 2000 Odd\r\n".to_vec()),
                TwinAnswer::NotHttp,
            ),
            (Turn::Answer(b"HTTP".to_vec()), TwinAnswer::NotHttp),
            (
                Turn::Endless(b"HTTP/1.1 100 Continue\r\nX: ".to_vec(), b"xxxx".to_vec()),
                TwinAnswer::NotHttp,
            ),
            (
                Turn::Endless(b"HTTP/1.1 ".to_vec(), b"0".to_vec()),
                TwinAnswer::NotHttp,
            ),
            (Turn::Close, TwinAnswer::NotHttp),
        ] {
            let server = Server::plain(vec![vec![turn]]).await;
            let twin = plain_http_twin(&url(&server, "https"), &bare(), AMPLE).await;
            let port = server.address.port();
            assert_eq!((twin.ports[0].port, twin.ports[0].answer), (port, expected));
            let seen = server.requests();
            assert!(seen[0].starts_with("POST /base/Operation HTTP/1.1\r\n"));
            assert!(!seen[0].to_lowercase().contains("authorization"));
        }
    }

    #[tokio::test]
    async fn the_answer_to_a_body_is_read_whole() {
        let server = Server::plain(vec![vec![answer("<accepted/>")]]).await;
        let request = PlainRequest {
            headers: vec![("soapaction".to_owned(), "\"x\"".to_owned())],
            body: b"<asked/>".to_vec(),
        };
        let twin = plain_http_twin(&url(&server, "https"), &request, AMPLE).await;
        assert_eq!(twin.ports[0].answer, TwinAnswer::Status(200));
        assert_eq!(twin.ports[0].body, b"<accepted/>");
        let seen = server.requests();
        assert!(seen[0].contains("soapaction: \"x\"\r\n"), "{}", seen[0]);
        assert!(seen[0].ends_with("<asked/>"), "{}", seen[0]);
    }

    #[tokio::test]
    async fn a_port_with_tls_alone_does_not_speak_http() {
        let config = Authority::new("Stranger").issue("localhost", 2020, 2060);
        let server = Server::tls(config, vec![vec![answer("")]]).await;
        let twin = plain_http_twin(&url(&server, "https"), &bare(), AMPLE).await;
        assert_eq!(twin.ports[0].answer, TwinAnswer::NotHttp);
    }

    #[tokio::test]
    async fn silence_and_absence_are_told_apart() {
        let server = Server::plain(vec![vec![Turn::Stall(Vec::new())]]).await;
        let there = url(&server, "https");
        let answer = |twin: PlainHttpTwin| twin.ports[0].answer;
        assert_eq!(
            answer(plain_http_twin(&there, &bare(), TINY).await),
            TwinAnswer::NotHttp
        );
        drop(server);
        assert_eq!(
            answer(plain_http_twin(&there, &bare(), AMPLE).await),
            TwinAnswer::NoListener
        );
    }

    #[tokio::test]
    async fn the_twin_of_the_default_port_is_port_80() {
        let default = Url::parse("https://nobody.invalid/x").expect("a URL");
        let twin = plain_http_twin(&default, &bare(), AMPLE).await;
        assert_eq!(
            twin.ports,
            [TwinPort {
                port: 80,
                answer: TwinAnswer::NoListener,
                body: Vec::new(),
            }]
        );
    }
}
