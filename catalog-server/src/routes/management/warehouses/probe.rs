//! Whether the storage of a warehouse can be used: a small file is written, read and deleted.

use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use catalog_api::ErrorType;
use tokio::time::timeout;

use crate::app::App;
use crate::error::ApiError;
use crate::locations::Location;
use crate::storage::{FileError, WarehouseContext};

/// The caller waits, the operator ten seconds; a store that takes longer is not fit for commits anyhow.
const PATIENCE: Duration = Duration::from_secs(8);
/// Characters of the store's own words that are passed on (CONTRACT §4).
const MAX_WORDS: usize = 200;
const CONTENT: &[u8] = b"Pangolin checks whether it can write here. This file may be deleted.\n";

pub(super) async fn probe(app: &App, warehouse: &WarehouseContext) -> Result<(), ApiError> {
    if let Some(s3) = &warehouse.profile.s3 {
        app.files.admit(s3).map_err(|e| ApiError::validation(format!("cannot use storage.s3: {e}")))?;
    }
    let root = Location::parse(&warehouse.row.location).map_err(ApiError::internal)?;
    let file = root.join(&format!(".pangolin-probe-{}", app.ids.random()));
    let tried = timeout(PATIENCE, try_file(app, warehouse, &file)).await;
    let slow = || {
        let message = format!("cannot reach the storage: no answer within {PATIENCE:?}");
        ApiError::new(ErrorType::StorageUnavailableException, message)
    };
    tried.map_err(|_| slow())?.map_err(explain)
}

async fn try_file(app: &App, warehouse: &WarehouseContext, file: &str) -> Result<(), FileError> {
    app.files.write_new(warehouse, file, Bytes::from_static(CONTENT)).await?;
    let read = app.files.read(warehouse, file).await;
    app.files.delete(warehouse, file).await?;
    read.map(|_| ())
}

/// What to change is a matter of the caller, so the store's own words are passed on: its code first.
pub(super) fn explain(error: FileError) -> ApiError {
    let words = words(&error);
    match error {
        FileError::Denied { .. } | FileError::NotFound { .. } => {
            ApiError::new(ErrorType::StorageRefusedException, format!("cannot use the location: {words}"))
        }
        FileError::NotAllowed { .. } => ApiError::validation(format!("cannot use the location: {words}")),
        FileError::Unavailable { .. } | FileError::NoRoom { .. } => {
            ApiError::new(ErrorType::StorageUnavailableException, format!("cannot reach the storage: {words}"))
        }
        FileError::Exists { .. } | FileError::Unusable { .. } => {
            ApiError::validation(format!("cannot use the storage: {words}"))
        }
    }
    .because(error)
}

fn words(error: &FileError) -> String {
    if let FileError::NotAllowed { reason, .. } = error {
        return reason.chars().take(MAX_WORDS).collect();
    }
    let mut last: &dyn Error = error;
    let mut text = String::new();
    while let Some(source) = last.source() {
        text = format!("{text}{}{source}", if text.is_empty() { "" } else { ": " });
        last = source;
    }
    let found = match (between(&text, "<Code>", "</Code>"), between(&text, "<Message>", "</Message>")) {
        (Some(code), Some(message)) => format!("{code}: {message}"),
        (Some(code), None) => code.to_owned(),
        // The last of the chain is the reason; what stands before repeats the address.
        _ if error.source().is_some() => last.to_string(),
        _ => error.to_string(),
    };
    found.chars().filter(|c| !c.is_control()).take(MAX_WORDS).collect()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(start)?;
    rest.split_once(end).map(|(found, _)| found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stores_code_and_few_of_its_words_are_passed_on() {
        let body = format!("<Error><Code>NoSuchBucket</Code><Message>{}</Message></Error>", "x".repeat(500));
        let error = FileError::Denied { location: "s3://b/x".into(), source: body.into() };
        let explained = explain(error);
        assert_eq!(explained.r#type, ErrorType::StorageRefusedException);
        assert!(explained.message.contains("NoSuchBucket: xxx"), "{explained}");
        assert!(explained.message.len() < 300);
    }

    #[test]
    fn a_store_that_is_away_is_not_the_callers_fault() {
        let error = FileError::Unavailable { location: "s3://b/x".into(), source: "connection refused".into() };
        let explained = explain(error);
        assert_eq!(
            (explained.r#type.code(), explained.message.as_str()),
            (503, "cannot reach the storage: connection refused")
        );
    }
}
