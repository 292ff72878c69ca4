//! The HTTP client.
//!
//! Connections are pooled for speed. A server may close an idle connection at any
//! moment, also just when the next request is on its way; that is nobody's fault and
//! must not become a finding. Three things see to it: connections idle for more than
//! two seconds are not used again; a request that was never written is sent on another
//! connection by the pool itself; and a request that was written on a pooled
//! connection which then closed before the head of an answer was complete is sent once
//! more on a connection of its own. Whether a connection came from the pool is known
//! for certain: a call that began to open one is never repeated, even where the pool
//! served it in the end.

use std::cell::Cell;
use std::time::Duration;

use futures_util::StreamExt as _;
use reqwest::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue, TRANSFER_ENCODING};
use reqwest::{Method, Proxy, Url};

use super::attend::attended;
use super::connect::SystemResolver;
use super::fault::{Causes, timeout};
use super::tls::{Trust, client_config, install_crypto_provider};
use crate::model::exchange::{TransportFault, WireRequest, WireResponse};

/// A pooled connection that was idle for longer is not used again.
const IDLE: Duration = Duration::from_secs(2);

tokio::task_local! {
    /// Whether the call that runs in this task began to open a connection.
    static CONNECTING: Cell<bool>;
}

/// How a [`Client`] behaves.
#[derive(Debug, Clone)]
pub struct ClientSettings {
    /// Longest time from sending to the end of the body.
    pub timeout: Duration,
    /// Longest body that is kept.
    pub max_body: usize,
    /// Who is trusted to issue certificates.
    pub trust: Trust,
    /// Refuse certificates that normal validation refuses.
    pub verify: bool,
}

/// Why a client cannot be made.
#[derive(Debug, thiserror::Error)]
#[error("HTTP client cannot be made: {reason}")]
pub struct ClientError {
    /// The library's words.
    pub reason: String,
}

/// Why a request cannot be sent as it was written: a fault of its author.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The method is no token.
    #[error("`{0}` is not an HTTP method that can be sent")]
    Method(String),
    /// The URL does not parse, or has no host, or another scheme.
    #[error("`{url}` is not an http or https URL: {reason}")]
    Url {
        /// The URL as given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The URL holds a user name or a password.
    #[error("the URL holds credentials; put them into the Authorization header")]
    Credentials,
    /// The header name is no token.
    #[error("`{0}` is not a header name")]
    HeaderName(String),
    /// The header value holds characters that no header may hold.
    #[error("the value of header `{0}` holds control characters")]
    HeaderValue(String),
    /// The client itself frames the body.
    #[error("header `{0}` contradicts the body; leave it out, it is set from the body")]
    Framing(String),
}

/// The outcome of a request.
#[derive(Debug, Clone)]
pub struct Sent {
    /// The answer, or why there is none.
    pub result: Result<WireResponse, TransportFault>,
    /// From sending to the end of the body, of the attempt that gave the result, without
    /// the time in which the machine did not let this process run.
    pub elapsed: Duration,
    /// The request went over a pooled connection that was just being closed, and was
    /// sent once more on a new one.
    pub reconnected: bool,
}

/// Sends requests. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    pooled: reqwest::Client,
    unpooled: reqwest::Client,
    timeout: Duration,
    max_body: usize,
}

impl Client {
    /// A client with connections of its own.
    pub fn new(settings: &ClientSettings) -> Result<Self, ClientError> {
        install_crypto_provider();
        let tls = client_config(&settings.trust, settings.verify).map_err(|error| ClientError {
            reason: error.to_string(),
        })?;
        let build = |idle: usize| {
            reqwest::Client::builder()
                .tls_backend_preconfigured(tls.clone())
                .no_proxy()
                // It never names a proxy: it notes that a connection is being opened.
                .proxy(Proxy::custom(|_| -> Option<Url> {
                    // Outside a call, for example in a background task, nobody asks.
                    let _unasked = CONNECTING.try_with(|connecting| connecting.set(true));
                    None
                }))
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .referer(false)
                .dns_resolver(SystemResolver)
                .pool_idle_timeout(IDLE)
                .pool_max_idle_per_host(idle)
                .build()
                .map_err(|error| ClientError {
                    reason: Causes::of(&error).words(),
                })
        };
        Ok(Self {
            pooled: build(16)?,
            unpooled: build(0)?,
            timeout: settings.timeout,
            max_body: settings.max_body,
        })
    }

    /// Sends a request and reads the answer up to the limits.
    ///
    /// Header names go out in lower case. `Host` and `Content-Length` are set from the
    /// URL and the body, and `Accept: */*` where the request has no `Accept`.
    pub async fn send(&self, request: &WireRequest) -> Result<Sent, RequestError> {
        let prepared = Prepared::new(request)?;
        let attempt = |client| {
            let attempt = self.attempt(client, &prepared);
            attended(tokio::time::timeout(self.timeout, attempt))
        };
        let (mut result, mut elapsed) = attempt(&self.pooled).await;
        let reconnected = matches!(&result, Ok(Err(failure)) if failure.stale);
        if reconnected {
            (result, elapsed) = attempt(&self.unpooled).await;
        }
        Ok(Sent {
            result: match result {
                Ok(result) => result.map_err(|failure| failure.fault),
                Err(_) => Err(timeout(self.timeout, "no complete answer")),
            },
            elapsed,
            reconnected,
        })
    }

    async fn attempt(
        &self,
        client: &reqwest::Client,
        prepared: &Prepared,
    ) -> Result<WireResponse, Failure> {
        let encrypted = prepared.url.scheme() == "https";
        let pending = client.execute(prepared.request());
        let (answer, opened) = CONNECTING
            .scope(Cell::new(false), async {
                let answer = pending.await;
                (answer, CONNECTING.with(Cell::get))
            })
            .await;
        let answer = answer.map_err(|error| {
            let causes = Causes::of(&error);
            Failure {
                stale: !opened && !error.is_connect() && causes.is_closed(),
                fault: causes.fault(error.is_connect(), encrypted),
            }
        })?;
        let status = answer.status().as_u16();
        let version = format!("{:?}", answer.version());
        let headers = answer
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), text(value.as_bytes())))
            .collect();
        let (body, truncated) = self.body(answer, encrypted).await?;
        Ok(WireResponse {
            status,
            version,
            headers,
            body,
            truncated,
        })
    }

    async fn body(
        &self,
        answer: reqwest::Response,
        encrypted: bool,
    ) -> Result<(Vec<u8>, bool), Failure> {
        let mut body = Vec::new();
        let mut stream = answer.bytes_stream();
        while let Some(chunk) = stream.next().await {
            let chunk = chunk.map_err(|error| Failure {
                stale: false,
                fault: Causes::of(&error).fault(false, encrypted),
            })?;
            let room = self.max_body - body.len();
            if chunk.len() > room {
                body.extend_from_slice(&chunk[..room]);
                return Ok((body, true));
            }
            body.extend_from_slice(&chunk);
        }
        Ok((body, false))
    }
}

struct Failure {
    fault: TransportFault,
    /// The connection came from the pool and was closed before it answered.
    stale: bool,
}

/// A request in the types of the library, to be sent more than once.
struct Prepared {
    method: Method,
    url: Url,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Prepared {
    fn new(request: &WireRequest) -> Result<Self, RequestError> {
        let method = Method::from_bytes(request.method.as_bytes())
            .ok()
            .filter(|method| method != Method::CONNECT)
            .ok_or_else(|| RequestError::Method(request.method.clone()))?;
        let bad_url = |reason: String| RequestError::Url {
            url: request.url.clone(),
            reason,
        };
        let url = Url::parse(&request.url).map_err(|error| bad_url(error.to_string()))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(bad_url("the scheme is another one".to_owned()));
        }
        if !url.username().is_empty() || url.password().is_some() {
            return Err(RequestError::Credentials);
        }
        let mut headers = HeaderMap::with_capacity(request.headers.len());
        for (name, value) in &request.headers {
            let key = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| RequestError::HeaderName(name.clone()))?;
            let value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| RequestError::HeaderValue(name.clone()))?;
            let length = request.body.len().to_string();
            if key == TRANSFER_ENCODING || (key == CONTENT_LENGTH && value != *length) {
                return Err(RequestError::Framing(name.clone()));
            }
            if key == CONTENT_LENGTH {
                headers.insert(key, value);
            } else {
                headers
                    .try_append(key, value)
                    .map_err(|_| RequestError::HeaderName(name.clone()))?;
            }
        }
        let bodiless = [Method::GET, Method::HEAD, Method::OPTIONS, Method::TRACE];
        if request.body.is_empty() && !bodiless.contains(&method) {
            headers
                .entry(CONTENT_LENGTH)
                .or_insert(HeaderValue::from_static("0"));
        }
        Ok(Self {
            method,
            url,
            headers,
            body: request.body.clone(),
        })
    }

    fn request(&self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method.clone(), self.url.clone());
        *request.headers_mut() = self.headers.clone();
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.clone().into());
        }
        request
    }
}

/// A header value as text: UTF-8, or else each byte as the character of its number.
fn text(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().copied().map(char::from).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    use futures_util::future::join_all;

    use crate::model::exchange::TransportFaultKind;
    use crate::transport::testing::{
        AMPLE, Authority, Server, TINY, Turn, answer, client, client_with, request, self_signed,
    };

    async fn post(client: &Client, url: &str) -> Sent {
        let request = request("POST", url, &[("accept", "application/json")], "{}");
        client.send(&request).await.expect("a request")
    }

    fn fault(sent: Sent) -> (TransportFaultKind, String) {
        let fault = sent.result.expect_err("a fault");
        (fault.kind, fault.detail)
    }

    #[tokio::test]
    async fn a_request_goes_out_as_it_was_given() {
        let server = Server::plain(vec![vec![answer("one")], vec![answer("two")]]).await;
        let url = server.url("http");
        let headers = [
            ("Authorization", "BEARER  s3cr3t ü"),
            ("Accept", "application/json"),
            ("X-Twice", "1"),
            ("x-twice", "2"),
        ];
        let sent = client()
            .send(&request("POST", &url, &headers, "{\"a\":1}"))
            .await
            .expect("a request");
        let got = sent.result.expect("an answer");
        assert_eq!((got.status, got.version.as_str()), (200, "HTTP/1.1"));
        assert_eq!(
            (got.body.as_slice(), got.truncated),
            (b"one".as_slice(), false)
        );
        let port = server.address.port();
        assert_eq!(
            server.requests()[0],
            format!(
                "POST /base/Operation HTTP/1.1\r\nauthorization: BEARER  s3cr3t ü\r\naccept: application/json\r\nx-twice: 1\r\nx-twice: 2\r\nhost: localhost:{port}\r\ncontent-length: 7\r\n\r\n{{\"a\":1}}"
            )
        );
    }

    #[tokio::test]
    async fn a_post_without_body_says_so_and_a_get_does_not() {
        for (method, stated) in [
            ("POST", true),
            ("PUT", true),
            ("BREW", true),
            ("GET", false),
        ] {
            let server = Server::plain(vec![vec![answer("")]]).await;
            let sent = client()
                .send(&request(method, &server.url("http"), &[], ""))
                .await
                .expect("a request");
            sent.result.expect("an answer");
            let seen = &server.requests()[0];
            assert!(seen.starts_with(&format!("{method} /base/Operation HTTP/1.1\r\n")));
            assert_eq!(seen.contains("content-length: 0\r\n"), stated, "{seen}");
            assert!(!seen.contains("user-agent") && !seen.contains("accept-encoding"));
        }
    }

    #[tokio::test]
    async fn an_answer_is_shown_as_it_came() {
        let head = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nContent-Encoding: gzip\r\nX-Bytes: caf\xe9\r\nContent-Length: 3\r\n\r\n\x1f\x8b\x08";
        let server = Server::plain(vec![vec![Turn::Answer(head.to_vec()), answer("")]]).await;
        let client = client();
        let got = post(&client, &server.url("http"))
            .await
            .result
            .expect("an answer");
        assert_eq!(got.status, 302);
        assert_eq!(got.header("location"), Some("/elsewhere"));
        assert_eq!(got.header("x-bytes"), Some("café"));
        let cookies: Vec<&str> = got
            .headers
            .iter()
            .filter(|(name, _)| name == "set-cookie")
            .map(|(_, value)| value.as_str())
            .collect();
        assert_eq!(cookies, ["a=1", "b=2"]);
        assert_eq!(got.body, b"\x1f\x8b\x08");
        post(&client, &server.url("http"))
            .await
            .result
            .expect("an answer");
        assert_eq!(server.requests().len(), 2);
        assert!(!server.requests()[1].contains("cookie"));
    }

    #[tokio::test]
    async fn a_body_is_read_up_to_the_limit() {
        let endless = Turn::Endless(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(),
            b"4\r\nabcd\r\n".to_vec(),
        );
        let limited = |limit| client_with(|settings| settings.max_body = limit);
        for (turn, limit, length, truncated) in [
            (answer("12345"), 5, 5, false),
            (answer("123456"), 5, 5, true),
            (answer("1"), 0, 0, true),
            (answer(""), 0, 0, false),
            (endless, 5000, 5000, true),
        ] {
            let server = Server::plain(vec![vec![turn]]).await;
            let got = post(&limited(limit), &server.url("http"))
                .await
                .result
                .expect("an answer");
            assert_eq!((got.body.len(), got.truncated), (length, truncated));
        }
    }

    #[tokio::test]
    async fn the_time_limit_holds_for_every_part_of_an_answer() {
        for stalled in [
            "",
            "HTTP/1.1 200 OK\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab",
            "HTTP/1.1 100 Continue\r\n\r\n",
        ] {
            let server = Server::plain(vec![vec![Turn::Stall(stalled.into())]]).await;
            let impatient = client_with(|settings| settings.timeout = TINY);
            let (kind, detail) = fault(post(&impatient, &server.url("http")).await);
            assert_eq!(kind, TransportFaultKind::Timeout);
            assert_eq!(detail, "no complete answer within 0.08 s");
        }
    }

    #[tokio::test]
    async fn an_endless_head_ends() {
        for head in ["X-Header: more\r\n", "x"] {
            let endless = Turn::Endless(b"HTTP/1.1 200 OK\r\nA: b".to_vec(), head.into());
            let server = Server::plain(vec![vec![endless]]).await;
            let (kind, _) = fault(post(&client(), &server.url("http")).await);
            assert_eq!(kind, TransportFaultKind::Protocol);
        }
    }

    #[tokio::test]
    async fn what_is_not_http_is_a_fault_of_protocol() {
        for (bytes, expected) in [
            ("", "connection closed before message completed"),
            ("HTTP/1.1 200", "connection closed before message completed"),
            ("SSH-2.0-OpenSSH\r\n\r\n", "invalid HTTP version parsed"),
            (
                "HTTP/1.1 9999 Odd\r\n\r\n",
                "invalid HTTP status-code parsed",
            ),
            (
                "HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
                "invalid HTTP header parsed",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
                "invalid content-length parsed",
            ),
            (
                "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
                "end of file before message length reached",
            ),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
                "Invalid chunk size line",
            ),
            ("\u{16}\u{3}\u{3}\u{0}\u{1}", "invalid HTTP version parsed"),
        ] {
            let server = Server::plain(vec![vec![Turn::Answer(bytes.into())]]).await;
            let (kind, detail) = fault(post(&client(), &server.url("http")).await);
            assert_eq!(kind, TransportFaultKind::Protocol, "{bytes:?}");
            assert!(detail.contains(expected), "{bytes:?}: {detail}");
            assert_eq!(server.requests().len(), 1, "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_closed_port_and_an_unknown_name_are_told_apart() {
        let server = Server::plain(vec![]).await;
        let url = server.url("http");
        drop(server);
        let (kind, detail) = fault(post(&client(), &url).await);
        assert_eq!(kind, TransportFaultKind::Connect);
        assert_eq!(detail, "connection refused");
        let (kind, detail) = fault(post(&client(), "https://nobody.invalid/x").await);
        assert_eq!(kind, TransportFaultKind::Dns);
        assert_eq!(detail, "the host name does not resolve");
    }

    #[tokio::test]
    async fn a_connection_closed_while_idle_is_not_a_fault() {
        let server = Server::plain(vec![
            vec![answer("first"), Turn::Close],
            vec![answer("second")],
        ])
        .await;
        let client = client();
        let first = post(&client, &server.url("http")).await;
        assert_eq!(first.result.expect("an answer").body, b"first");
        assert!(!first.reconnected);
        let second = post(&client, &server.url("http")).await;
        assert_eq!(second.result.expect("an answer").body, b"second");
        assert!(second.reconnected);
        assert_eq!(server.requests().len(), 3);
    }

    #[tokio::test]
    async fn the_same_holds_with_tls() {
        let authority = Authority::new("Test authority");
        let server = Server::tls(
            authority.issue("localhost", 2020, 2060),
            vec![vec![answer("first"), Turn::Close], vec![answer("second")]],
        )
        .await;
        let client = client_with(|settings| settings.trust = authority.trust());
        for (body, reconnected) in [("first", false), ("second", true)] {
            let sent = post(&client, &server.url("https")).await;
            assert_eq!(sent.result.expect("an answer").body, body.as_bytes());
            assert_eq!(sent.reconnected, reconnected);
        }
    }

    #[tokio::test]
    async fn a_fresh_connection_with_tls_that_closes_is_a_fault_of_protocol() {
        let authority = Authority::new("Test authority");
        let config = authority.issue("localhost", 2020, 2060);
        let server = Server::tls(config, vec![vec![Turn::Close]]).await;
        let client = client_with(|settings| settings.trust = authority.trust());
        let sent = post(&client, &server.url("https")).await;
        assert!(!sent.reconnected);
        let (kind, detail) = fault(sent);
        assert_eq!(kind, TransportFaultKind::Protocol);
        assert!(!detail.contains("://"), "{detail}");
    }

    #[tokio::test]
    async fn a_fresh_connection_that_closes_is_a_fault_and_nothing_is_repeated() {
        let server = Server::plain(vec![vec![Turn::Close]]).await;
        let client = client();
        for requests in 1..4 {
            let sent = post(&client, &server.url("http")).await;
            assert!(!sent.reconnected);
            assert_eq!(fault(sent).0, TransportFaultKind::Protocol);
            assert_eq!(server.requests().len(), requests);
        }
    }

    #[tokio::test]
    async fn a_second_close_is_a_fault() {
        let server =
            Server::plain(vec![vec![answer("first"), Turn::Close], vec![Turn::Close]]).await;
        let client = client();
        post(&client, &server.url("http"))
            .await
            .result
            .expect("an answer");
        let sent = post(&client, &server.url("http")).await;
        assert!(sent.reconnected);
        assert_eq!(fault(sent).0, TransportFaultKind::Protocol);
        assert_eq!(server.requests().len(), 3);
    }

    #[tokio::test]
    async fn garbage_on_a_pooled_connection_is_not_repeated() {
        let garbage = Turn::Answer(b"garbage\r\n\r\n".to_vec());
        let server = Server::plain(vec![vec![answer("first"), garbage]]).await;
        let client = client();
        post(&client, &server.url("http"))
            .await
            .result
            .expect("an answer");
        let sent = post(&client, &server.url("http")).await;
        assert!(!sent.reconnected);
        assert_eq!(fault(sent).0, TransportFaultKind::Protocol);
        assert_eq!(server.requests().len(), 2);
    }

    #[tokio::test]
    async fn requests_at_the_same_time_do_not_mix() {
        let server = Server::plain(vec![vec![answer("a"), answer("b"), answer("c")]]).await;
        let (client, url) = (client(), server.url("http"));
        let sent = join_all((0..20).map(|_| post(&client, &url))).await;
        assert!(sent.into_iter().all(|sent| sent.result.is_ok()));
    }

    #[tokio::test]
    async fn what_cannot_be_sent_is_the_fault_of_its_author() {
        let good = "http://localhost:1/";
        let cases = [
            (
                request("PO ST", good, &[], ""),
                RequestError::Method("PO ST".into()),
            ),
            (
                request("CONNECT", good, &[], ""),
                RequestError::Method("CONNECT".into()),
            ),
            (
                request("POST", "http://user:word@localhost/", &[], ""),
                RequestError::Credentials,
            ),
            (
                request("POST", good, &[("a b", "")], ""),
                RequestError::HeaderName("a b".into()),
            ),
            (
                request("POST", good, &[("a", "x\r\ny: z")], ""),
                RequestError::HeaderValue("a".into()),
            ),
            (
                request("POST", good, &[("Content-Length", "3")], ""),
                RequestError::Framing("Content-Length".into()),
            ),
            (
                request("POST", good, &[("Transfer-Encoding", "chunked")], "x"),
                RequestError::Framing("Transfer-Encoding".into()),
            ),
        ];
        for (request, expected) in cases {
            let error = client().send(&request).await.expect_err("no request");
            assert_eq!(error, expected);
        }
        for url in ["", "/path", "ftp://host/", "http://", "http://a b/"] {
            let error = client().send(&request("POST", url, &[], "")).await;
            assert!(matches!(error, Err(RequestError::Url { .. })), "{url}");
        }
    }

    #[tokio::test]
    async fn a_stated_length_that_is_right_is_sent_once() {
        let server = Server::plain(vec![vec![answer("")]]).await;
        let headers = [("Content-Length", "2"), ("content-length", "2")];
        let sent = client()
            .send(&request("POST", &server.url("http"), &headers, "{}"))
            .await
            .expect("a request");
        sent.result.expect("an answer");
        assert_eq!(server.requests()[0].matches("content-length").count(), 1);
    }

    #[tokio::test]
    async fn certificates_are_judged_as_browsers_do() {
        let authority = Authority::new("Test authority");
        let cases = [
            (authority.issue("localhost", 2020, 2060), Ok(())),
            (
                authority.issue("localhost", 2010, 2020),
                Err("the certificate expired at 2020-01-01T00:00:00Z"),
            ),
            (
                authority.issue("localhost", 2059, 2060),
                Err("the certificate is not valid before 2059-01-01T00:00:00Z"),
            ),
            (
                authority.issue("example.org", 2020, 2060),
                Err("the certificate does not name localhost"),
            ),
            (
                self_signed("localhost"),
                Err("the certificate does not chain to a trusted root"),
            ),
            (
                Authority::new("Stranger").issue("localhost", 2020, 2060),
                Err("the certificate does not chain to a trusted root"),
            ),
        ];
        for (config, expected) in cases {
            let server = Server::tls(config, vec![vec![answer("ok")]]).await;
            let strict = client_with(|settings| settings.trust = authority.trust());
            let result = post(&strict, &server.url("https")).await.result;
            match expected {
                Ok(()) => assert_eq!(result.expect("an answer").body, b"ok"),
                Err(reason) => {
                    let fault = result.expect_err(reason);
                    assert_eq!(fault.kind, TransportFaultKind::Tls);
                    assert_eq!(fault.detail, reason);
                }
            }
            let lenient = client_with(|settings| settings.verify = false);
            let result = post(&lenient, &server.url("https")).await.result;
            assert_eq!(result.expect("an answer").body, b"ok");
        }
    }

    #[tokio::test]
    async fn https_to_a_port_without_tls_is_a_fault_of_tls() {
        let talker = tokio::net::TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port");
        let url = format!("https://{}/", talker.local_addr().expect("an address"));
        let client = client();
        let (sent, ()) = tokio::join!(post(&client, &url), async {
            let (mut stream, _) = talker.accept().await.expect("a connection");
            let hello = b"220 mail.example.org ESMTP\r\n";
            tokio::io::AsyncWriteExt::write_all(&mut stream, hello)
                .await
                .expect("written");
        });
        assert_eq!(
            fault(sent),
            (TransportFaultKind::Tls, "the answer is not TLS".to_owned())
        );
    }

    #[tokio::test]
    async fn http2_is_spoken_when_the_server_offers_it() {
        let authority = Authority::new("Test authority");
        let mut config = authority.issue("localhost", 2020, 2060);
        config.alpn_protocols = vec![b"h2".to_vec()];
        let router = axum::Router::new().fallback(|body: String| async move { body });
        let handle = axum_server::Handle::<std::net::SocketAddr>::new();
        let config =
            axum_server::tls_rustls::RustlsConfig::from_config(std::sync::Arc::new(config));
        let server = axum_server::bind_rustls(([127, 0, 0, 1], 0).into(), config)
            .handle(handle.clone())
            .serve(router.into_make_service());
        let server = tokio::spawn(server);
        let address = handle.listening().await.expect("an address");
        let client = client_with(|settings| {
            settings.trust = authority.trust();
            settings.timeout = AMPLE;
        });
        let url = format!("https://localhost:{}/", address.port());
        for _ in 0..2 {
            let got = post(&client, &url).await.result.expect("an answer");
            assert_eq!(
                (got.version.as_str(), got.body.as_slice()),
                ("HTTP/2.0", b"{}".as_slice())
            );
        }
        let empty = request("POST", &url, &[], "");
        client
            .send(&empty)
            .await
            .expect("a request")
            .result
            .expect("an answer");
        server.abort();
    }
}
