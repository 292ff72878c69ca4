//! From the errors of the libraries to the few kinds of fault that a report knows.
//!
//! Details are short, hold no path, no address and no clock, and read the same on
//! every system, so that two runs give the same report.

use std::error::Error;
use std::io;
use std::time::Duration;

use super::connect::Unresolved;
use crate::model::exchange::{TransportFault, TransportFaultKind};

/// Longest detail of a fault, in characters.
const LONGEST: usize = 200;

/// A fault with a bounded, printable detail.
pub(super) fn fault(kind: TransportFaultKind, detail: impl AsRef<str>) -> TransportFault {
    TransportFault {
        kind,
        detail: detail
            .as_ref()
            .chars()
            .map(|character| {
                if character.is_control() {
                    ' '
                } else {
                    character
                }
            })
            .take(LONGEST)
            .collect(),
    }
}

/// No answer within the limit.
pub(super) fn timeout(limit: Duration, what: &str) -> TransportFault {
    fault(
        TransportFaultKind::Timeout,
        format!("{what} within {} s", limit.as_secs_f64()),
    )
}

/// An error of the system in words that do not depend on the system.
pub(super) fn words(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => "connection refused",
        io::ErrorKind::ConnectionReset => "connection reset by the other side",
        io::ErrorKind::ConnectionAborted => "connection aborted",
        io::ErrorKind::BrokenPipe => "connection closed by the other side while sending",
        io::ErrorKind::UnexpectedEof => "connection closed by the other side",
        io::ErrorKind::HostUnreachable => "host unreachable",
        io::ErrorKind::NetworkUnreachable => "network unreachable",
        io::ErrorKind::TimedOut => "connection attempt timed out",
        kind => return kind.to_string(),
    }
    .to_owned()
}

/// What an error and everything below it say.
pub(super) struct Causes<'a> {
    dns: bool,
    tls: Option<&'a rustls::Error>,
    io: Option<&'a io::Error>,
    deepest: String,
}

impl<'a> Causes<'a> {
    pub(super) fn of(error: &'a (dyn Error + 'static)) -> Self {
        let mut causes = Self {
            dns: false,
            tls: None,
            io: None,
            deepest: String::new(),
        };
        let mut next = Some(error);
        // A chain is finite; the bound is for errors that name themselves as source.
        for _ in 0..32 {
            let Some(error) = next else { break };
            causes.dns |= error.is::<Unresolved>();
            causes.tls = causes.tls.or_else(|| error.downcast_ref());
            causes.deepest = error.to_string();
            next = match error.downcast_ref::<io::Error>() {
                Some(io) => {
                    causes.io = Some(io);
                    // The source of an I/O error passes over what it wraps.
                    match io.get_ref() {
                        Some(inner) => Some(inner as &(dyn Error + 'static)),
                        None => None,
                    }
                }
                None => error.source(),
            };
        }
        causes
    }

    /// The words of the deepest cause.
    pub(super) fn words(self) -> String {
        self.deepest
    }

    /// Whether the connection ended before the head of an answer was complete.
    pub(super) fn is_closed(&self) -> bool {
        let by_system = self.io.is_some_and(|io| {
            matches!(
                io.kind(),
                io::ErrorKind::ConnectionReset
                    | io::ErrorKind::ConnectionAborted
                    | io::ErrorKind::BrokenPipe
                    | io::ErrorKind::NotConnected
                    | io::ErrorKind::UnexpectedEof
            )
        });
        // The errors of the HTTP library have no public type here, only their words.
        by_system
            || self.deepest == "connection closed before message completed"
            || self.deepest.contains("not a result of an error")
            || self.deepest.contains("refused stream")
    }

    /// The fault that a report shows. `connecting` says that no connection came
    /// about, `encrypted` that it would have been one with TLS.
    pub(super) fn fault(&self, connecting: bool, encrypted: bool) -> TransportFault {
        if self.dns {
            return fault(TransportFaultKind::Dns, Unresolved.to_string());
        }
        if let Some(error) = self.tls {
            return fault(TransportFaultKind::Tls, super::tls::reason(error));
        }
        match self.io {
            Some(io) if connecting && encrypted && self.is_closed() => fault(
                TransportFaultKind::Tls,
                format!("during the TLS handshake: {}", words(io)),
            ),
            Some(io) if connecting => fault(TransportFaultKind::Connect, words(io)),
            Some(io) if io.get_ref().is_none() => fault(TransportFaultKind::Protocol, words(io)),
            _ if connecting => fault(TransportFaultKind::Connect, &self.deepest),
            // Some errors end in an address of documentation.
            _ => fault(
                TransportFaultKind::Protocol,
                self.deepest.split(": http").next().unwrap_or_default(),
            ),
        }
    }
}
