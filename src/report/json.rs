//! `report.json`: the report as data, described by `schemas/assay/report.schema.json`.

use crate::model::report::Report;

/// JSON Schema (2020-12) of `report.json`.
pub const SCHEMA: &str = include_str!("../../schemas/assay/report.schema.json");

/// Renders the report as JSON, indented, in the order of its fields.
pub fn write(report: &Report) -> String {
    let mut out = serde_json::to_string_pretty(report).unwrap_or_else(|error| {
        // A report holds text, numbers and maps with text keys: nothing that JSON
        // cannot say. A reader must still never take half a file for a report.
        format!("{{\"error\": \"the report cannot be written as JSON: {error}\"}}")
    });
    out.push('\n');
    out
}
