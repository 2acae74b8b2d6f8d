//! The log: one file per process, readable by its owner only, bounded in size.
//!
//! Nothing is written unless `LogPath` names a folder. The engine logs through `tracing`;
//! a Rust host with a subscriber of its own gets the events there and may leave `LogPath`
//! out. Events carry query ids, states and counts, never statement parameters or
//! credentials.

mod file;

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::{Layer, Registry};

use crate::error::{Error, ErrorKind, Result};
use crate::options::LogConfig;

/// 0 off, 1 fatal, 2 error, 3 warning, 4 info, 5 debug, 6 trace.
static LEVEL: AtomicU8 = AtomicU8::new(0);
static WITH_SDK: AtomicBool = AtomicBool::new(false);

/// Highest level of `LogLevel`.
const MAX_LEVEL: u8 = 6;

/// Sets the level for the whole process: 0 off, 1 fatal, 2 error, 3 warning, 4 info, 5
/// debug, 6 trace. Takes effect at once; needs a `LogPath` to be seen.
///
/// Errors: `InvalidArgument` for any other number.
pub fn set_level(level: i32) -> Result<()> {
    match u8::try_from(level) {
        Ok(level) if level <= MAX_LEVEL => {
            LEVEL.store(level, Ordering::Relaxed);
            Ok(())
        }
        _ => Err(Error::new(
            ErrorKind::InvalidArgument,
            format!("the log level {level} is out of range; use 0 (off) to {MAX_LEVEL} (trace)"),
        )),
    }
}

/// Starts logging as a connection's options ask. The process has one log: a later
/// connection's folder takes the place of an earlier one's.
pub(crate) fn start(config: &LogConfig) -> Result<()> {
    let Some(folder) = &config.path else {
        return Ok(());
    };
    file::open(folder, config.max_file_bytes, config.max_files).map_err(|source| {
        Error::new(
            ErrorKind::LocalIo,
            format!("the log cannot be written to LogPath {folder:?}: {source}"),
        )
        .with_source(source)
    })?;
    LEVEL.store(config.level, Ordering::Relaxed);
    WITH_SDK.store(config.use_aws_logger, Ordering::Relaxed);
    let to_file = tracing_subscriber::fmt::layer()
        .with_ansi(false)
        .with_thread_names(true)
        .with_writer(file::Line::default)
        .with_filter(filter_fn(wanted));
    // Fails when a subscriber is set already: ours, or the Rust host's.
    drop(tracing::subscriber::set_global_default(
        Registry::default().with(to_file),
    ));
    Ok(())
}

fn wanted(event: &Metadata<'_>) -> bool {
    let limit = match LEVEL.load(Ordering::Relaxed) {
        0 => LevelFilter::OFF,
        1 | 2 => LevelFilter::ERROR,
        3 => LevelFilter::WARN,
        4 => LevelFilter::INFO,
        5 => LevelFilter::DEBUG,
        _ => LevelFilter::TRACE,
    };
    let ours = event.target().starts_with("athena");
    *event.level() <= limit && (ours || WITH_SDK.load(Ordering::Relaxed))
}
