//! Logs: lines to standard error that never hold up or end the process.
//!
//! Lines wait in a bounded queue for one thread that writes them. A pipe that
//! is full or closed costs lines, which are counted, and nothing else.

use std::{
    io::{self, BufWriter, Write},
    mem, thread,
    time::Duration,
};

use anstream::{AutoStream, ColorChoice};
use tracing::{Level, warn};
use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{
    EnvFilter, Layer,
    filter::{self, LevelFilter},
    fmt,
    layer::SubscriberExt,
    registry,
    util::SubscriberInitExt,
};

use super::{Failure, variable};

/// Writes what is left in the queue when it is dropped, for a second at most.
#[must_use]
pub(super) struct Log {
    writer: Option<WorkerGuard>,
    lost: ErrorCounter,
}

/// Starts to log as RESCOPE_LOG, or `default`, and RESCOPE_LOG_FORMAT say.
///
/// # Errors
///
/// What one of them says is no good.
pub(super) fn start(default: &str) -> Result<Log, Failure> {
    let filter = chosen_filter(default)?;
    let json = is_json()?;
    let stderr = io::stderr();
    let colour = AutoStream::choice(&stderr) != ColorChoice::Never;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(true)
        .buffered_lines_limit(QUEUE_LINES)
        .thread_name("log")
        .finish(Batches(BufWriter::new(stderr)));
    let lost = writer.error_counter();
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let lines = match json {
        true => lines.json().flatten_event(true).boxed(),
        false => lines.with_ansi(colour).boxed(),
    };
    let subscriber = registry()
        .with(filter::filter_fn(|line| {
            may_be_logged(line.target(), *line.level())
        }))
        .with(filter)
        .with(lines);
    // It can only have been started already, by whoever runs this as a library.
    let _ = subscriber.try_init();
    Ok(Log {
        writer: Some(guard),
        lost,
    })
}

impl Drop for Log {
    fn drop(&mut self) {
        let lost = self.lost.dropped_lines();
        if lost == 0 {
            return;
        }
        warn!(lines = lost, "log lines were lost");
        if self.lost.dropped_lines() > lost {
            // The queue is full still: nobody reads, and waiting would not help.
            mem::forget(self.writer.take());
        }
    }
}

/// Writes what has gathered at once.
///
/// The thread flushes when its queue is empty and is then woken for the next
/// line. On a busy proxy that would be a wake and a write for each; so it
/// pauses first, and lines gather.
struct Batches<W: Write>(BufWriter<W>);

impl<W: Write> Write for Batches<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()?;
        thread::sleep(PAUSE);
        Ok(())
    }
}

/// Nobody who reads a log sees this.
const PAUSE: Duration = Duration::from_millis(5);

/// 16,384 lines of some 300 bytes are 5 MB at most, and seconds of a busy proxy.
const QUEUE_LINES: usize = 16_384;

fn chosen_filter(default: &str) -> Result<EnvFilter, Failure> {
    let Some(text) = variable("RESCOPE_LOG") else {
        return Ok(EnvFilter::new(default));
    };
    let text = text.to_string_lossy();
    // The filter takes a lone word that is no level for a module, and is then silent.
    let is_level = |word: &str| word.contains('=') || word.parse::<LevelFilter>().is_ok();
    let filter = EnvFilter::try_new(&text).ok();
    let is_clear = text.split(',').all(|word| is_level(word.trim()));
    filter.filter(|_| is_clear).ok_or_else(|| {
        let levels = "`off`, `error`, `warn`, `info`, `debug` or `trace`";
        let found = text.escape_debug();
        Failure::Usage(format!(
            "RESCOPE_LOG takes {levels}, or pairs such as `info,rescope::proxy=debug`, not `{found}`"
        ))
    })
}

fn is_json() -> Result<bool, Failure> {
    let format = variable("RESCOPE_LOG_FORMAT").unwrap_or_else(|| "text".into());
    match &*format.to_string_lossy() {
        "text" => Ok(false),
        "json" => Ok(true),
        other => {
            let found = other.escape_debug();
            let message = format!("RESCOPE_LOG_FORMAT takes `text` or `json`, not `{found}`");
            Err(Failure::Usage(message))
        }
    }
}

/// Whether a line may be logged, whatever RESCOPE_LOG asks for: below warnings,
/// these libraries print what they read and write, secrets and all.
fn may_be_logged(target: &str, level: Level) -> bool {
    let library = target.split("::").next().unwrap_or_default();
    level <= Level::WARN || !["hyper", "hyper_util", "h2"].contains(&library)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn libraries_that_print_buffers_are_silent_below_warnings() {
        for target in ["hyper", "hyper::proto::h1::io", "h2::codec", "hyper_util"] {
            assert!(may_be_logged(target, Level::WARN), "{target}");
            for level in [Level::INFO, Level::DEBUG, Level::TRACE] {
                assert!(!may_be_logged(target, level), "{target} {level}");
            }
        }
        assert!(may_be_logged("rescope::proxy", Level::TRACE));
        assert!(may_be_logged("h2o", Level::TRACE));
    }
}
