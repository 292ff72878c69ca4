//! The wire: an HTTP client that shows what came and judges nothing, the facts of a
//! TLS handshake, and raw probes.
//!
//! The other side is hostile input. Every call is bounded in time and in bytes, and
//! whatever comes is an answer or a [`TransportFault`](crate::model::exchange::TransportFault),
//! never a panic. The environment has no say: no proxy, no redirect, no cookie, no
//! decompression.

mod attend;
mod client;
mod connect;
mod fault;
mod old_tls;
mod probe;
#[cfg(test)]
mod testing;
mod tls;

pub use client::{Client, ClientError, ClientSettings, RequestError, Sent};
pub use old_tls::old_versions;
pub use probe::{PlainHttpTwin, PlainRequest, TwinAnswer, TwinPort, plain_http_twin, reachable};
pub use tls::{Trust, TrustError, install_crypto_provider, tls_facts};
