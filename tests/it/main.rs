//! Tests from the outside: real sockets, real TLS, real processes.

mod architecture;
mod command;
mod coverage;
mod derived;
mod docs;
mod encodings;
mod fuzz_corpus;
mod hollow;
mod lint;
mod peer;
mod properties;
mod samples;
mod selftest;
mod soap_peers;
mod support;
mod troubled;
