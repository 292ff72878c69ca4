//! Writes a finding's decisive request as a POSIX shell script: first a token, then
//! the request, with placeholders where evidence holds labels instead of secrets.
//!
//! Everything that comes from a recording is quoted, so that a hostile answer that
//! found its way into a later request cannot become a command.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::model::exchange::{BodyText, Exchange, Header};
use crate::model::report::Finding;

use super::fold::Recording;
use super::text;

/// Longest body that stands in the script itself.
const MAX_BODY: usize = 8 * 1024;

/// Headers that curl writes itself.
const OWN_HEADERS: [&str; 5] = [
    "host",
    "content-length",
    "connection",
    "transfer-encoding",
    "accept-encoding",
];

/// The script that shows a finding again, when the recording holds its exchange.
pub(super) fn script(
    recording: &Recording,
    finding: &Finding,
    exchanges: &HashMap<&str, &Exchange>,
) -> Option<String> {
    let decisive = finding
        .deviations
        .iter()
        .find_map(|d| d.exchanges.last().and_then(|id| exchanges.get(id.as_str())))?;
    let login = authentication(recording, decisive);
    let base = recording.head.url.trim_end_matches('/');
    let mut out = String::from("#!/bin/sh\n");
    let _ = writeln!(
        out,
        "# {} {}: the request of {}.",
        finding.id,
        text::one_line(&finding.title, 120),
        text::one_line(&decisive.id, 40)
    );
    let credential = credential_of(decisive);
    let with_login = login.filter(|_| credential == Some(Credential::Token));
    let labelled = |exchange: &Exchange| {
        exchange.request_body.text.contains('«')
            || exchange.url.contains('«')
            || exchange
                .request_headers
                .iter()
                .any(|h| h.value.contains('«') && !h.name.eq_ignore_ascii_case("authorization"))
    };
    if credential == Some(Credential::Secret) || with_login.is_some() {
        out.push_str("# ASSAY_CREDENTIAL: the shared secret or the signed token to log in with.\n");
    }
    if credential == Some(Credential::Token) && with_login.is_none() {
        out.push_str("# TOKEN: an access token of the connector.\n");
    }
    if labelled(decisive) || with_login.is_some_and(labelled) {
        out.push_str("# A label such as «secret:1» stands for a value that was masked.\n");
    }
    if let Some(tls) = &recording.facts.tls
        && tls.trust != "public roots"
    {
        out.push_str("# CURL_CA_BUNDLE: file with the authority of the connector's certificate.\n");
    }
    for exchange in with_login.into_iter().chain([*decisive]) {
        if stands_apart(&exchange.request_body) {
            let name = file_name(&exchange.id);
            let _ = writeln!(
                out,
                "# Save the request body of {name} from the evidence as {name}-request-body first."
            );
        }
    }
    out.push_str("set -eu\n");
    let _ = writeln!(out, "BASE={}", quote(base));
    if credential == Some(Credential::Secret) || with_login.is_some() {
        out.push_str(": \"${ASSAY_CREDENTIAL:?}\"\n");
    }
    if credential == Some(Credential::Token) {
        match with_login {
            Some(login) => {
                out.push_str("\nTOKEN=$(");
                request(&mut out, base, login, "curl -sS", Some(&extract(login)));
                out.push_str(")\n");
            }
            None => out.push_str(": \"${TOKEN:?}\"\n"),
        }
    }
    out.push('\n');
    request(&mut out, base, decisive, "curl -sS -i", None);
    Some(out)
}

/// What the Authorization header of a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Credential {
    /// What an earlier answer handed out.
    Token,
    /// What the operator gave, or what is made from it.
    Secret,
}

fn credential_of(exchange: &Exchange) -> Option<Credential> {
    exchange
        .request_headers
        .iter()
        .find(|h| h.name.eq_ignore_ascii_case("authorization"))
        .and_then(|h| credential_in(&h.value))
}

fn credential_in(value: &str) -> Option<Credential> {
    if value.contains("«token") {
        Some(Credential::Token)
    } else if value.contains('«') {
        Some(Credential::Secret)
    } else {
        None
    }
}

/// The log-in that came before a request: the latest good one of the same
/// authentication mode, else any.
fn authentication<'a>(recording: &'a Recording, decisive: &Exchange) -> Option<&'a Exchange> {
    let operation = recording
        .head
        .configuration
        .get("authentication_operation")?
        .as_str()?;
    let mode = |exchange: &Exchange| exchange.origin.split('/').nth(1).map(str::to_owned);
    let good = |exchange: &Exchange| {
        exchange
            .response
            .as_ref()
            .is_some_and(|answer| (200..300).contains(&answer.status))
    };
    let before = recording
        .exchanges
        .iter()
        .position(|e| e.id == decisive.id)
        .unwrap_or(recording.exchanges.len());
    recording
        .exchanges
        .iter()
        .enumerate()
        .filter(|(_, e)| e.operation == operation && e.id != decisive.id)
        .max_by_key(|(at, e)| {
            (
                good(e),
                mode(e) == mode(decisive),
                *at < before,
                // The latest before the request, the earliest after it.
                if *at < before { *at } else { usize::MAX - *at },
            )
        })
        .map(|(_, e)| e)
}

/// The `sed` command that takes the token out of a log-in's answer.
fn extract(login: &Exchange) -> String {
    let answer: Option<serde_json::Value> = login
        .response
        .as_ref()
        .and_then(|answer| serde_json::from_str(&answer.body.text).ok());
    let member = answer.as_ref().and_then(|value| {
        value.as_object()?.iter().find_map(|(name, value)| {
            let plain = !name.is_empty()
                && name
                    .chars()
                    .all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '-');
            (plain && value.as_str()?.contains("«token")).then(|| name.clone())
        })
    });
    match member {
        Some(name) => format!("sed -n 's/.*\"{name}\" *: *\"\\([^\"]*\\)\".*/\\1/p'"),
        None => "tr -d '\"'".to_owned(),
    }
}

/// Appends one request; `filter` is a command that its output is piped into.
fn request(out: &mut String, base: &str, exchange: &Exchange, curl: &str, filter: Option<&str>) {
    let mut heredoc = None;
    let data = body(&exchange.request_body, &exchange.id, &mut heredoc);
    if let (Some(_), true) = (&heredoc, exchange.request_body.base64) {
        out.push_str("base64 -d <<'ASSAY_BODY' | ");
    }
    let _ = write!(
        out,
        "{curl} -X {} {}",
        quote(&exchange.method),
        target(base, &exchange.url)
    );
    let mut typed = false;
    for header in &exchange.request_headers {
        typed |= header.name.eq_ignore_ascii_case("content-type");
        if !OWN_HEADERS
            .iter()
            .any(|own| header.name.eq_ignore_ascii_case(own))
        {
            let _ = write!(out, " \\\n  -H {}", header_argument(header));
        }
    }
    if let Some(data) = data {
        if !typed {
            // Otherwise curl claims a form.
            out.push_str(" \\\n  -H 'Content-Type:'");
        }
        let _ = write!(out, " \\\n  --data-binary {data}");
    }
    match (heredoc, exchange.request_body.base64) {
        (Some((mark, text)), false) => {
            let _ = write!(out, " <<'{mark}'");
            if let Some(filter) = filter {
                let _ = write!(out, " | {filter}");
            }
            let _ = write!(out, "\n{text}\n{mark}\n");
        }
        (Some((_, text)), true) => {
            if let Some(filter) = filter {
                let _ = write!(out, " | {filter}");
            }
            let _ = write!(out, "\n{text}\nASSAY_BODY\n");
        }
        (None, _) => {
            if let Some(filter) = filter {
                let _ = write!(out, " \\\n  | {filter}");
            } else {
                out.push('\n');
            }
        }
    }
}

/// The body is too long for the script, or cannot stand in it.
fn stands_apart(body: &BodyText) -> bool {
    body.truncated || body.text.len() > MAX_BODY || body.text.contains('\0')
}

/// The part of an exchange id that can stand in a file name.
fn file_name(id: &str) -> String {
    id.chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect()
}

/// The argument of `--data-binary`, and the here-document it reads, if any.
fn body(body: &BodyText, id: &str, heredoc: &mut Option<(String, String)>) -> Option<String> {
    if body.text.is_empty() {
        return None;
    }
    if stands_apart(body) {
        let name = file_name(id);
        return Some(format!("@{name}-request-body"));
    }
    let mut mark = "ASSAY_BODY".to_owned();
    while !body.base64 && body.text.lines().any(|line| line == mark) {
        mark.push('_');
    }
    *heredoc = Some((mark, body.text.clone()));
    Some("@-".to_owned())
}

/// The URL as an argument, relative to `$BASE` where it is below it.
fn target(base: &str, url: &str) -> String {
    match url.strip_prefix(base) {
        Some("") => "\"$BASE\"".to_owned(),
        Some(rest) if rest.starts_with(['/', '?']) => format!("\"$BASE\"{}", quote(rest)),
        _ => quote(url),
    }
}

fn header_argument(header: &Header) -> String {
    let credential = header
        .name
        .eq_ignore_ascii_case("authorization")
        .then(|| credential_in(&header.value))
        .flatten();
    match credential {
        Some(credential) => {
            let variable = match credential {
                Credential::Token => "TOKEN",
                Credential::Secret => "ASSAY_CREDENTIAL",
            };
            // The scheme is part of what was tested; the rest of the value is not kept.
            let scheme = header.value.split(['«', ' ']).next().unwrap_or_default();
            if scheme.is_empty() {
                format!("{}\"${variable}\"", quote(&format!("{}: ", header.name)))
            } else {
                format!(
                    "{}\"${variable}\"",
                    quote(&format!("{}: {scheme} ", header.name))
                )
            }
        }
        // `Name:` would take the header away; `Name;` sends it empty.
        None if header.value.is_empty() => quote(&format!("{};", header.name)),
        None => quote(&format!("{}: {}", header.name, header.value)),
    }
}

/// Quotes a word for a POSIX shell; plain words stay as they are.
fn quote(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+=,".contains(c);
    if !word.is_empty() && !word.starts_with(['-', '=', '@']) && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\0', "").replace('\'', r"'\''"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;
    use std::process::Command;

    use super::super::fixtures::{exchange, hostile, one_of_each, with_text};
    use super::*;
    use crate::model::event::RunEvent;
    use crate::model::report::Report;
    use rstest::rstest;

    /// Runs a script with a `curl` that notes its arguments and its input, and answers
    /// with a token.
    fn run(script: &str) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let stub = folder.path().join("curl");
        let text = "#!/bin/sh\nfor a in \"$@\"; do printf '%s\\n' \"$a\" >>args; done\n\
                    case \" $* \" in *' @- '*) cat >>args;; esac\n\
                    printf '===\\n' >>args\nprintf '{\"AccessToken\": \"t0k\"}'\n";
        std::fs::write(&stub, text).expect("a stub");
        std::fs::set_permissions(&stub, std::fs::Permissions::from_mode(0o755)).expect("a mode");
        let path = format!(
            "{}:{}",
            folder.path().display(),
            std::env::var("PATH").unwrap_or_default()
        );
        let done = Command::new("sh")
            .arg("-c")
            .arg(script)
            .current_dir(folder.path())
            .env("PATH", path)
            .env("ASSAY_CREDENTIAL", "s3cret")
            .env("TOKEN", "given")
            .output()
            .expect("a shell");
        assert!(
            done.status.success(),
            "{}\n{script}",
            String::from_utf8_lossy(&done.stderr)
        );
        let mut left: Vec<String> = std::fs::read_dir(folder.path())
            .expect("a folder")
            .map(|entry| {
                entry
                    .expect("an entry")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        left.sort();
        assert_eq!(left, ["args", "curl"], "the script left something behind");
        let noted = std::fs::read(folder.path().join("args")).expect("notes");
        String::from_utf8_lossy(&noted)
            .split("===\n")
            .filter(|call| !call.is_empty())
            .map(str::to_owned)
            .collect()
    }

    fn script_of(report: &Report) -> String {
        let finding = report.findings.iter().find(|f| f.curl.is_some());
        finding.and_then(|f| f.curl.clone()).expect("a script")
    }

    #[test]
    fn a_script_logs_in_and_repeats_the_request() {
        let calls = run(&script_of(&one_of_each().report()));
        assert_eq!(
            calls,
            [
                "-sS\n-X\nPOST\nhttps://books.example/api/Login\n-H\nauthorization: Bearer s3cret\n\
                 -H\ncontent-type: application/json\n",
                "-sS\n-i\n-X\nPOST\nhttps://books.example/api/ListBooks\n-H\nauthorization: Bearer t0k\n\
                 -H\ncontent-type: application/json\n--data-binary\n@-\n{\"Shelf\":\"it's <here>\"}\n",
            ]
        );
    }

    #[test]
    fn a_recording_without_a_log_in_asks_for_the_token() {
        let run_without = one_of_each().configure(|head| {
            head.configuration = serde_json::json!({});
        });
        let script = script_of(&run_without.report());
        assert!(script.contains(": \"${TOKEN:?}\""), "{script}");
        let calls = run(&script);
        assert_eq!(calls.len(), 1);
        assert!(calls[0].contains("authorization: Bearer given"));
    }

    #[rstest]
    fn nothing_in_a_recording_becomes_a_command(#[values(0, 1, 2, 3, 4, 5, 6, 7, 9)] text: usize) {
        let text = &hostile()[text];
        let mut recording = with_text(text);
        recording.head.url = format!("https://books.example/{}", text.replace('\0', ""));
        for event in &mut recording.events {
            if let RunEvent::Exchanged(exchange) = event {
                exchange.method = "P'$(touch owned)".to_owned();
                exchange.request_headers[2].value = text.clone();
            }
        }
        let report = recording.report();
        for finding in &report.findings {
            if let Some(script) = &finding.curl
                && !script.contains("-request-body")
            {
                run(script);
            }
        }
    }

    #[test]
    fn a_long_body_stays_in_a_file() {
        let mut recording = one_of_each();
        for event in &mut recording.events {
            if let RunEvent::Exchanged(exchange) = event {
                exchange.request_body.text = "x".repeat(MAX_BODY + 1);
            }
        }
        let script = script_of(&recording.report());
        assert!(
            script.contains("--data-binary @E-0002-request-body"),
            "{script}"
        );
        assert!(script.contains("# Save the request body of E-0002"));
    }

    #[test]
    fn a_credential_that_was_wrong_on_purpose_is_sent_as_it_was() {
        let mut exchange = exchange("E-1", "ListBooks", "", "{}");
        exchange.request_headers[1].value = "Basic Zm9v".to_owned();
        let mut out = String::new();
        request(
            &mut out,
            "https://books.example/api",
            &exchange,
            "curl",
            None,
        );
        assert!(out.contains("-H 'authorization: Basic Zm9v'"), "{out}");
    }
}
