//! Names and addresses: resolving a host and opening a TCP connection.

use std::io;
use std::net::{IpAddr, SocketAddr};

use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::TcpStream;

use super::fault::{fault, words};
use crate::model::exchange::{TransportFault, TransportFaultKind};

/// The system's resolver, with an error that can be told from all others.
#[derive(Debug)]
pub(super) struct SystemResolver;

impl Resolve for SystemResolver {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            let addresses = lookup(name.as_str(), 0).await?;
            Ok(Box::new(addresses.into_iter()) as Addrs)
        })
    }
}

/// The host name does not resolve.
#[derive(Debug, thiserror::Error)]
#[error("the host name does not resolve")]
pub(super) struct Unresolved;

/// The addresses of a host.
pub(super) async fn lookup(host: &str, port: u16) -> Result<Vec<SocketAddr>, Unresolved> {
    let addresses: Vec<SocketAddr> = tokio::net::lookup_host((host, port))
        .await
        .map_err(|_| Unresolved)?
        .collect();
    if addresses.is_empty() {
        return Err(Unresolved);
    }
    Ok(addresses)
}

/// Connects to one port of the URL's host, trying its addresses in turn.
pub(super) async fn connect(url: &Url, port: u16) -> Result<TcpStream, TransportFault> {
    let unresolved = || fault(TransportFaultKind::Dns, Unresolved.to_string());
    let host = url.host_str().ok_or_else(unresolved)?;
    let literal = host.trim_start_matches('[').trim_end_matches(']');
    let addresses = match literal.parse::<IpAddr>() {
        Ok(address) => vec![SocketAddr::new(address, port)],
        Err(_) => lookup(host, port).await.map_err(|_| unresolved())?,
    };
    let mut last = io::Error::from(io::ErrorKind::NotConnected);
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(fault(TransportFaultKind::Connect, words(&last)))
}
