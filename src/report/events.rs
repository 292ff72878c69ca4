//! Reads a recording: one event a line, as the run wrote them.

use std::io::BufRead;

use crate::model::event::RunEvent;

/// Reads a recording as far as it can be trusted.
///
/// A run that is killed leaves a last line that is cut; it is left out and the
/// warning says so. After a line that is no event nothing more is read: a recording
/// with a hole could lose a finding, so the rest counts as not seen and the report
/// becomes one of a truncated run, unless the run had already ended.
pub fn read_events(text: impl BufRead) -> (Vec<RunEvent>, Option<String>) {
    let mut events = Vec::new();
    for (index, line) in text.split(b'\n').enumerate() {
        let number = index + 1;
        let line = match line {
            Ok(line) => line,
            Err(error) => {
                return (
                    events,
                    Some(format!(
                        "line {number} cannot be read ({error}); the recording is used up to there"
                    )),
                );
            }
        };
        if line.iter().all(u8::is_ascii_whitespace) {
            continue;
        }
        match serde_json::from_slice(&line) {
            Ok(event) => events.push(event),
            Err(error) => {
                return (
                    events,
                    Some(format!(
                        "line {number} is not an event ({error}); the recording is used up to there"
                    )),
                );
            }
        }
    }
    (events, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINISHED: &str =
        r#"{"event":"finished","ending":"completed","at":"2026-11-02T08:00:00Z"}"#;

    #[test]
    fn a_whole_recording_has_no_warning() {
        let (events, warning) = read_events(format!("{FINISHED}\n\n").as_bytes());
        assert_eq!(events.len(), 1);
        assert_eq!(warning, None);
    }

    #[test]
    fn a_line_that_is_cut_is_left_out_with_a_warning() {
        let (events, warning) = read_events(format!("{FINISHED}\n{{\"event\":\"fin").as_bytes());
        assert_eq!(events.len(), 1);
        let warning = warning.unwrap_or_default();
        assert!(warning.starts_with("line 2 is not an event"), "{warning}");
    }

    #[test]
    fn nothing_after_a_broken_line_is_believed() {
        let (events, warning) = read_events(format!("\u{0}\n{FINISHED}\n").as_bytes());
        assert!(events.is_empty());
        assert!(warning.is_some());
    }

    #[test]
    fn bytes_that_are_not_utf8_are_a_warning() {
        let (events, warning) = read_events(&b"\xff\xfe\n"[..]);
        assert!(events.is_empty() && warning.is_some());
    }
}
