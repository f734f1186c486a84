//! Columns, in pieces: a list of any length is shown while it is read, and no column gets narrower on the way.

use comfy_table::presets::NOTHING;
use comfy_table::{Attribute, Cell, ColumnConstraint, ContentArrangement, Width};

/// Rows that are laid out together.
const PIECE: usize = 500;

/// A table that is being read.
pub(super) struct Table {
    header: &'static [&'static str],
    rows: Vec<Vec<Cell>>,
    /// The widest content so far, by column.
    widths: Vec<u16>,
    begun: bool,
}

impl Table {
    pub(super) fn new(header: &'static [&'static str]) -> Self {
        Self { header, rows: Vec::new(), widths: vec![0; header.len()], begun: false }
    }

    /// Takes a row; some text if a piece is full.
    pub(super) fn add(&mut self, cells: Vec<Cell>) -> Option<String> {
        self.rows.push(cells);
        if self.rows.len() < PIECE { None } else { self.piece() }
    }

    /// The rest.
    pub(super) fn finish(mut self) -> Option<String> {
        if self.rows.is_empty() { None } else { self.piece() }
    }

    fn piece(&mut self) -> Option<String> {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_content_arrangement(ContentArrangement::Dynamic);
        if !std::mem::replace(&mut self.begun, true) {
            table.set_header(self.header.iter().map(|name| Cell::new(name).add_attribute(Attribute::Bold)));
        }
        table.add_rows(self.rows.drain(..));
        self.widen(&table.column_max_content_widths());
        for (column, width) in table.column_iter_mut().zip(&self.widths) {
            column.set_padding((0, 2));
            column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width + 2)));
        }
        if !table.is_tty() {
            // Who reads it as text wants a row a line.
            table.set_content_arrangement(ContentArrangement::Disabled);
        }
        Some(table.lines().map(|line| line.trim_end().to_owned()).collect::<Vec<_>>().join("\n"))
    }

    fn widen(&mut self, widths: &[u16]) {
        self.widths.iter_mut().zip(widths).for_each(|(widest, width)| *widest = (*widest).max(*width));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_and_the_header_stands_once() {
        let mut table = Table::new(&["NAME", "KIND"]);
        let pieces: Vec<_> = (0..PIECE + 1).filter_map(|n| table.add(vec![Cell::new(n), Cell::new("table")])).collect();
        let text = format!("{}\n{}", pieces.concat(), table.finish().unwrap());
        assert_eq!(text.lines().count(), 1 + PIECE + 1);
        assert_eq!(text.lines().next(), Some("NAME  KIND"));
        assert_eq!(text.lines().last(), Some("500   table"), "the columns stay where they are");
        assert_eq!(text.matches("NAME").count(), 1);
    }

    #[test]
    fn nothing_is_no_table() {
        assert_eq!(Table::new(&["NAME"]).finish(), None);
    }
}
