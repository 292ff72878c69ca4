//! Writing to the terminal: plain when piped, no panic when the reader has gone.

use std::io::{IsTerminal as _, Write as _};

use crate::report::terminal::Style;

/// Writes a result to stdout. A reader that went away (`| head`) is no error.
pub(super) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes());
    if !text.ends_with('\n') {
        let _ = out.write_all(b"\n");
    }
    let _ = out.flush();
}

/// Writes a message to stderr.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "assay: {text}");
}

/// How to write on the terminal at hand (NO_COLOR, CLICOLOR_FORCE, TERM, CI).
pub(super) fn style(choice: Colour) -> Style {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let dumb = std::env::var("TERM").is_ok_and(|term| term == "dumb");
    let colour = match choice {
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto if set("NO_COLOR") || dumb => false,
        Colour::Auto if set("CLICOLOR_FORCE") || set("FORCE_COLOR") => true,
        Colour::Auto => std::io::stdout().is_terminal(),
    };
    let utf8 = ["LC_ALL", "LC_CTYPE", "LANG"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|value| !value.is_empty()))
        .is_none_or(|value| value.to_lowercase().replace('-', "").contains("utf8"));
    let width = std::env::var("COLUMNS")
        .ok()
        .and_then(|columns| columns.parse().ok())
        .unwrap_or(80);
    Style {
        colour,
        unicode: utf8 && !dumb,
        width: usize::clamp(width, 40, 120),
    }
}

/// When to use colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Colour {
    Auto,
    Always,
    Never,
}

/// Whether progress is shown: on a terminal, and not in CI.
pub(super) fn interactive() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("CI").is_none_or(|value| value.is_empty())
}

/// Draws a line of progress over the one before.
pub(super) fn progress(text: &str) {
    let mut err = std::io::stderr().lock();
    let _ = write!(err, "\r\x1b[2K{text}");
    let _ = err.flush();
}
