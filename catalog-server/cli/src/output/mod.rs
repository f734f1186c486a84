//! Results on standard output: a table for people, JSON or YAML for programs. Lists are written while they come.

mod rows;
mod table;

use std::io::{self, Stdout, Write as _};

use anstream::AutoStream;
use catalog_client::Result as ClientResult;
use clap::ValueEnum;
use futures::{Stream, TryStreamExt as _};
use serde::Serialize;

use crate::failure::Outcome;

pub(crate) use rows::Row;
use table::Table;

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    #[default]
    Table,
    /// One value; a list is an array with an item a line
    Json,
    /// One document; a list is a sequence
    Yaml,
}

/// Standard output. Colours are left out unless it is a terminal, and if `NO_COLOR` says so.
pub(crate) struct Output {
    format: Format,
    out: AutoStream<Stdout>,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format, out: anstream::stdout() }
    }

    pub(crate) fn is_for_people(&self) -> bool {
        self.format == Format::Table
    }

    /// For people only.
    pub(crate) fn line(&mut self, text: &str) -> io::Result<()> {
        writeln!(self.out, "{}", text.trim_end())
    }

    /// One value; `sentence` is for people.
    pub(crate) fn value(&mut self, value: &impl Serialize, sentence: &str) -> Outcome {
        match self.format {
            Format::Table => self.line(sentence)?,
            Format::Json => writeln!(self.out, "{}", json(value)?)?,
            Format::Yaml => write!(self.out, "{}", yaml(value)?)?,
        }
        Ok(())
    }

    /// All items, and how many they were.
    pub(crate) async fn list<T: Row>(&mut self, items: impl Stream<Item = ClientResult<T>> + Unpin) -> Outcome<usize> {
        match self.format {
            Format::Table => self.rows(items).await,
            Format::Json => self.array(items).await,
            Format::Yaml => self.sequence(items).await,
        }
    }

    async fn rows<T: Row>(&mut self, mut items: impl Stream<Item = ClientResult<T>> + Unpin) -> Outcome<usize> {
        let mut table = Table::new(T::HEADER);
        let mut count = 0;
        while let Some(item) = items.try_next().await? {
            count += 1;
            if let Some(text) = table.add(item.cells()) {
                self.line(&text)?;
            }
        }
        if let Some(text) = table.finish() {
            self.line(&text)?;
        }
        Ok(count)
    }

    async fn array<T: Row>(&mut self, mut items: impl Stream<Item = ClientResult<T>> + Unpin) -> Outcome<usize> {
        let mut count = 0;
        write!(self.out, "[")?;
        while let Some(item) = items.try_next().await? {
            let comma = if count == 0 { "" } else { "," };
            write!(self.out, "{comma}\n{}", json(&item)?)?;
            count += 1;
        }
        writeln!(self.out, "{}]", if count == 0 { "" } else { "\n" })?;
        Ok(count)
    }

    async fn sequence<T: Row>(&mut self, mut items: impl Stream<Item = ClientResult<T>> + Unpin) -> Outcome<usize> {
        let mut count = 0;
        while let Some(item) = items.try_next().await? {
            write!(self.out, "{}", yaml(&[item])?)?;
            count += 1;
        }
        if count == 0 {
            writeln!(self.out, "[]")?;
        }
        Ok(count)
    }
}

/// What stands beside the results: on standard error, and only for people.
pub(crate) fn remark(text: &str) {
    // A remark that cannot be written is not missed.
    let _ = writeln!(io::stderr(), "{text}");
}

fn json(value: &impl Serialize) -> io::Result<String> {
    serde_json::to_string(value).map_err(io::Error::other)
}

fn yaml(value: &impl Serialize) -> io::Result<String> {
    serde_saphyr::to_string(value).map_err(io::Error::other)
}
