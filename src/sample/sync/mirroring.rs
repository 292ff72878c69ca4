//! The Database Mirroring service: the same handshake behind another message.
//!
//! The token travels in the SOAP header of every operation and is checked each time.

use super::handshake::Verdict;
use super::xml::{Writer, XSI};

/// Namespace of everything in the contract.
pub const NAMESPACE: &str = "http://www.superoffice.com/online/mirroring/0.1";
/// Name of the contract.
pub const INTERFACE: &str = "IMirroringClientService";

/// The operations of the contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    Authenticate,
    TableSchema,
    RowData,
    Wipe,
    ReplicationCompleted,
}

impl Operation {
    pub const ALL: &'static [Self] = &[
        Self::Authenticate,
        Self::TableSchema,
        Self::RowData,
        Self::Wipe,
        Self::ReplicationCompleted,
    ];

    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Authenticate => "Authenticate",
            Self::TableSchema => "TableSchema",
            Self::RowData => "RowData",
            Self::Wipe => "Wipe",
            Self::ReplicationCompleted => "ReplicationCompleted",
        }
    }

    /// The operation with this name, letter for letter.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|op| op.name() == name)
    }
}

/// The answer of an operation as XML.
pub fn write(operation: Operation, verdict: &Verdict) -> String {
    let mut out = Writer::default();
    let response = format!("{}Response", operation.name());
    out.open(&response, &[("xmlns", NAMESPACE), ("xmlns:i", XSI)]);
    let successful = if verdict.succeeded { "true" } else { "false" };
    out.text("IsSuccessful", successful);
    out.nillable("ErrorMessage", verdict.reason.as_deref());
    if operation == Operation::Authenticate {
        out.nillable("SignedApplicationToken", verdict.token.as_deref());
        out.nillable("SupportedInterfaces", verdict.succeeded.then_some("1"));
        let build = verdict.succeeded.then_some("4.0.0.0/Release_1");
        out.nillable("SuperOfficeMirroringBuild", build);
        out.nil("ClientState");
        out.nil("AdditionalInformationJson");
    }
    out.close(&response);
    out.finish()
}
