//! The recording of a run: events as NDJSON, written as they happen.

use std::fs::File;
use std::io::{BufReader, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use crate::model::event::RunEvent;
use crate::model::outcome::Outcome;
use crate::run::Sink;

use super::{Failure, output};

/// Name of the recording in the folder of a run.
pub(super) const FILE: &str = "events.ndjson";

/// The events of a recording: `run` is the folder of a run, or the file itself.
pub(super) fn read(run: &Path) -> Result<(PathBuf, Vec<RunEvent>), Failure> {
    let path = match run.is_dir() {
        true => run.join(FILE),
        false => run.to_owned(),
    };
    let file = File::open(&path)
        .map_err(|error| Failure::Usage(format!("{}: {error}", path.display())))?;
    let (events, warning) = crate::report::read_events(BufReader::new(file));
    if let Some(warning) = warning {
        output::complain(&warning);
    }
    Ok((path, events))
}

/// Keeps the events in memory for the report, and on disk for the case that the
/// process does not live to write one.
pub(super) struct Recorder {
    inner: Mutex<Inner>,
    interactive: bool,
}

struct Inner {
    events: Vec<RunEvent>,
    file: BufWriter<File>,
    failed: Option<String>,
    flushed: Instant,
    drawn: Instant,
    exchanges: u64,
    scenarios: usize,
    fails: u64,
    planned: usize,
}

impl Recorder {
    pub(super) fn create(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let now = Instant::now();
        Ok(Self {
            inner: Mutex::new(Inner {
                events: Vec::new(),
                file: BufWriter::new(File::create(folder.join(FILE))?),
                failed: None,
                flushed: now,
                drawn: now,
                exchanges: 0,
                scenarios: 0,
                fails: 0,
                planned: 0,
            }),
            interactive: output::interactive(),
        })
    }

    /// The events so far, and what went wrong while writing them.
    pub(super) fn finish(self) -> (Vec<RunEvent>, Option<String>) {
        let mut inner = self
            .inner
            .into_inner()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        if let Err(error) = inner.file.flush() {
            inner.failed.get_or_insert(error.to_string());
        }
        if self.interactive {
            output::progress("");
        }
        (inner.events, inner.failed)
    }
}

impl Sink for Recorder {
    fn emit(&self, event: RunEvent) {
        let mut inner = self
            .inner
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        let line = serde_json::to_string(&event).map_err(|error| error.to_string());
        let written =
            line.and_then(|line| writeln!(inner.file, "{line}").map_err(|error| error.to_string()));
        if let Err(error) = written {
            inner.failed.get_or_insert(error);
        }
        let judged = matches!(&event, RunEvent::Exchanged(_));
        // A kill loses at most the last tenth of a second, and never a result.
        if !judged || inner.flushed.elapsed() > Duration::from_millis(100) {
            let _ = inner.file.flush();
            inner.flushed = Instant::now();
        }
        match &event {
            RunEvent::Started(head) => inner.planned = head.plan.len(),
            RunEvent::Exchanged(_) => inner.exchanges += 1,
            RunEvent::ScenarioFinished { .. } => inner.scenarios += 1,
            RunEvent::Judged(result) if result.outcome == Outcome::Fail => inner.fails += 1,
            _ => {}
        }
        if self.interactive && inner.drawn.elapsed() > Duration::from_millis(80) {
            inner.drawn = Instant::now();
            output::progress(&format!(
                "{} of {} scenarios, {} exchanges, {} checks failed",
                inner.scenarios, inner.planned, inner.exchanges, inner.fails
            ));
        }
        inner.events.push(event);
    }
}
