//! Logs of the binary, on standard error.

use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::ParseError;

use crate::settings::{Log, LogFormat};

/// # Errors
/// For a filter that cannot be read.
pub(super) fn start(log: &Log) -> Result<(), ParseError> {
    let filter = EnvFilter::builder().parse(&log.level)?;
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    match log.format {
        LogFormat::Json => logs.json().flatten_event(true).with_current_span(true).with_span_list(false).init(),
        LogFormat::Text => logs.with_ansi(false).init(),
    }
    // Through the log, so that a panic is one line as all else.
    std::panic::set_hook(Box::new(|panic| tracing::error!(%panic, "panic")));
    Ok(())
}
