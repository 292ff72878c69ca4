//! `report.html`: one file that opens from a disk, reads without scripts, prints, and
//! asks the network for nothing.
//!
//! The template says how it looks, [`view`](self::view) what it says. Every value goes
//! through one formatter that makes control characters visible and escapes the rest,
//! and a content security policy admits only the style and the script of this page.

mod body;
mod envelope;
mod view;

use std::sync::LazyLock;

use base64::Engine as _;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value, context};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::model::report::Report;

use super::text;

const NAME: &str = "report.html";
const TEMPLATE: &str = include_str!("html/template.html");
pub(super) const STYLE: &str = include_str!("html/style.css");
pub(super) const SCRIPT: &str = include_str!("html/script.js");

/// Attribute that carries the totals.
const TOTALS: &str = "data-totals=\"";

/// Attribute that carries the outcome of a row of the catalogue.
const ROW: &str = "data-row=\"";

/// Renders the page.
pub fn write(report: &Report) -> String {
    static ENVIRONMENT: LazyLock<Result<Environment<'static>, String>> =
        LazyLock::new(|| environment(TEMPLATE).map_err(|error| format!("{error:#}")));
    let environment = ENVIRONMENT.as_ref();
    let environment =
        environment.map_err(|message| Error::new(ErrorKind::SyntaxError, message.clone()));
    let view = view::View::of(report);
    or_apology(environment.and_then(|environment| render(environment, STYLE, SCRIPT, &view)))
}

/// Renders another page of Assay's, in the style of the report and more: the template
/// sees `view` as `v`, and everything in it is escaped.
pub(crate) fn page(template: &'static str, more_style: &str, view: &impl Serialize) -> String {
    let style = format!("{STYLE}{more_style}");
    or_apology(environment(template).and_then(|page| render(&page, &style, "", view)))
}

fn or_apology(page: Result<String, Error>) -> String {
    page.unwrap_or_else(|error| {
        // The template is ours and tested; a page that says so beats none.
        let message = text::visible(&format!("{error:#}")).replace('<', "&lt;");
        format!(
            "<!doctype html><title>Assay</title><pre>The page cannot be rendered: {message}</pre>"
        )
    })
}

fn render(
    environment: &Environment<'_>,
    style: &str,
    script: &str,
    view: &impl Serialize,
) -> Result<String, Error> {
    environment.get_template(NAME)?.render(context! {
        style => Value::from_safe_string(style.to_owned()),
        script => Value::from_safe_string(script.to_owned()),
        style_hash => hash(style),
        script_hash => hash(script),
        v => Value::from(Serde(view)),
    })
}

/// A template, and how its values are escaped.
fn environment(template: &'static str) -> Result<Environment<'static>, Error> {
    let mut env = Environment::new();
    env.set_syntax(
        SyntaxConfig::builder()
            .trim_blocks(true)
            .lstrip_blocks(true)
            .build()?,
    );
    env.set_undefined_behavior(UndefinedBehavior::Strict);
    env.set_formatter(|out, state, value| match value.as_str() {
        Some(raw) if !value.is_safe() => {
            minijinja::escape_formatter(out, state, &Value::from(text::visible(raw).into_owned()))
        }
        _ => minijinja::escape_formatter(out, state, value),
    });
    env.add_template(NAME, template)?;
    Ok(env)
}

/// A source expression for the content security policy.
fn hash(text: &str) -> Value {
    let digest = Sha256::digest(text.as_bytes());
    let digest = base64::engine::general_purpose::STANDARD.encode(digest);
    Value::from_safe_string(format!("'sha256-{digest}'"))
}

/// The totals that a page carries.
pub(super) fn totals(page: &str) -> Option<String> {
    let rest = &page[page.find(TOTALS)? + TOTALS.len()..];
    let (escaped, _) = rest.split_once('"')?;
    Some(
        escaped
            .replace("&quot;", "\"")
            .replace("&#x27;", "'")
            .replace("&#x2f;", "/")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

/// The outcome keys of the rows that a page shows.
pub(super) fn rows(page: &str) -> impl Iterator<Item = &str> {
    page.split(ROW)
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
}

/// The rows of the ledger that a page shows.
pub(super) fn ledger(page: &str) -> Vec<Vec<u32>> {
    let table = between(page, "<table class=\"ledger\">", "</table>").unwrap_or_default();
    table
        .split("<tr>")
        .filter(|row| row.contains("<th scope=\"row\">"))
        .map(|row| {
            row.split("<td class=\"n")
                .skip(1)
                .filter_map(|cell| between(cell, ">", "<")?.parse().ok())
                .collect()
        })
        .collect()
}

/// The number of findings that a page shows in its contents.
pub(super) fn findings(page: &str) -> usize {
    between(page, "<a href=\"#findings\">Findings <b>", "</b>")
        .and_then(|number| number.parse().ok())
        .unwrap_or(usize::MAX)
}

fn between<'t>(text: &'t str, start: &str, end: &str) -> Option<&'t str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(inside, _)| inside)
}
