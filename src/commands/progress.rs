//! The progress line: on stderr, on a terminal, once a run has lasted a second; never in a hook or CI.

use crate::cli::CheckArgs;
use std::io::{self, IsTerminal as _, Write as _};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{JoinHandle, spawn};
use std::time::{Duration, Instant};

/// How long a run may last in silence, and how often the line is written anew.
const STEP: Duration = Duration::from_secs(1);

/// A line that shows that something goes on, until it is dropped.
pub(super) struct Progress(Option<(Sender<()>, JoinHandle<()>)>);

impl Progress {
    /// Starts the clock, where somebody looks at it.
    pub(super) fn start(args: &CheckArgs) -> Self {
        let wanted = !args.quiet && is_for_eyes(io::stderr().is_terminal(), |name| std::env::var_os(name).is_some());
        Self(wanted.then(|| {
            let (stop, stopped) = channel();
            (stop, spawn(move || show(&stopped)))
        }))
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some((stop, line)) = self.0.take() {
            drop(stop);
            // A line that cannot be written is no reason to fail.
            let _ = line.join();
        }
    }
}

/// Whether a person waits: a terminal, and neither CI nor a hook of git or pre-commit.
fn is_for_eyes(terminal: bool, is_set: impl Fn(&str) -> bool) -> bool {
    terminal && !["CI", "PRE_COMMIT", "GIT_INDEX_FILE", "GIT_DIR"].into_iter().any(is_set)
}

fn show(stopped: &Receiver<()>) {
    let started = Instant::now();
    let mut shown = false;
    while stopped.recv_timeout(STEP) == Err(RecvTimeoutError::Timeout) {
        let _ = write!(io::stderr(), "\rnoclobber: reading the project, {} s\u{1b}[K", started.elapsed().as_secs());
        shown = true;
    }
    if shown {
        let _ = write!(io::stderr(), "\r\u{1b}[K");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_looks_at_it_in_a_hook_or_in_ci() {
        assert!(is_for_eyes(true, |_| false));
        assert!(!is_for_eyes(false, |_| false));
        for name in ["CI", "PRE_COMMIT", "GIT_INDEX_FILE"] {
            assert!(!is_for_eyes(true, |set| set == name), "{name}");
        }
    }
}
