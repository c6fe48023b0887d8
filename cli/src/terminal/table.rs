//! Columns.

/// Rows of cells, as wide as their widest; cells must be visible texts.
#[derive(Debug)]
pub struct Table {
    rows: Vec<Vec<String>>,
    indent: &'static str,
}

impl Table {
    /// A table with the names of its columns.
    pub fn new(indent: &'static str, header: &[&str]) -> Self {
        Self { rows: vec![header.iter().map(ToString::to_string).collect()], indent }
    }

    /// Adds a row.
    pub fn row(&mut self, cells: Vec<String>) {
        self.rows.push(cells);
    }

    /// The lines, without the end of the last one.
    pub fn render(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns).map(|column| self.width(column)).collect();
        let lines: Vec<String> = self.rows.iter().map(|row| self.line(row, &widths)).collect();
        lines.join("\n")
    }

    fn width(&self, column: usize) -> usize {
        self.rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0)
    }

    fn line(&self, row: &[String], widths: &[usize]) -> String {
        let cells: Vec<String> = row.iter().zip(widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        format!("{}{}", self.indent, cells.join("  ")).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_they_must_be() {
        let mut table = Table::new("  ", &["ID", "VOLUME", "ERROR"]);
        table.row(vec!["7".to_owned(), "a3d 217".to_owned(), String::new()]);
        table.row(vec!["1200".to_owned(), "Größe".to_owned(), "deadline".to_owned()]);
        insta::assert_snapshot!(table.render(), @r"
          ID    VOLUME   ERROR
          7     a3d 217
          1200  Größe    deadline
        ");
    }
}
