//! SIGINT and SIGTERM as the end of a run: the partial report is still written.

use crate::model::outcome::Ending;
use crate::run::Cancel;

/// Resolves on the first signal.
pub(super) fn cancel() -> Cancel {
    Box::pin(async {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            if let Ok(mut terminate) = signal(SignalKind::terminate()) {
                return tokio::select! {
                    _ = tokio::signal::ctrl_c() => Ending::Interrupted,
                    _ = terminate.recv() => Ending::Terminated,
                };
            }
        }
        let _ = tokio::signal::ctrl_c().await;
        Ending::Interrupted
    })
}
