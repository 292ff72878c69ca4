//! Tests from the outside: real sockets, real TLS, real processes.

mod architecture;
mod command;
mod coverage;
mod derived;
mod docs;
mod faults;
mod hollow;
mod lint;
mod peer;
mod samples;
mod soap_peers;
mod support;
mod troubled;
