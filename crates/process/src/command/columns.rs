//! Tables that fit the terminal.

/// A table in which the least important columns give way to a narrow terminal.
pub(super) struct Columns<'a> {
    headings: &'a [&'a str],
    /// Indices into the headings, the first to go first.
    expendable: &'a [usize],
    rows: Vec<Vec<String>>,
}

impl<'a> Columns<'a> {
    pub(super) const fn new(headings: &'a [&'a str], expendable: &'a [usize]) -> Self {
        Self {
            headings,
            expendable,
            rows: Vec::new(),
        }
    }

    /// One cell for each heading.
    pub(super) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    /// The table, each column as wide as what is in it, and as many columns as `width` has room for. Cells are never cut: what cannot
    /// be dropped makes the lines longer than the terminal.
    pub(super) fn render(&self, width: usize) -> String {
        let widths: Vec<usize> = (0..self.headings.len())
            .map(|column| self.width_of(column))
            .collect();
        let mut shown: Vec<usize> = (0..self.headings.len()).collect();
        for &column in self.expendable {
            let total: usize = shown.iter().map(|&shown| widths[shown] + 1).sum();
            if total <= width + 1 {
                break;
            }
            shown.retain(|&other| other != column);
        }
        let headings = self.headings.iter().map(|&heading| heading.to_owned());
        let heading_row: Vec<String> = headings.collect();
        std::iter::once(&heading_row)
            .chain(&self.rows)
            .map(|row| line(row, &shown, &widths))
            .collect()
    }

    fn width_of(&self, column: usize) -> usize {
        let cells = self.rows.iter().filter_map(|row| row.get(column));
        cells
            .map(|cell| cell.chars().count())
            .chain([self.headings[column].len()])
            .max()
            .unwrap_or(0)
    }
}

/// What a terminal may be shown: a control character in a name is not obeyed.
pub(super) fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && !matches!(c, '\n' | '\t') {
                '?'
            } else {
                c
            }
        })
        .collect()
}

fn line(row: &[String], shown: &[usize], widths: &[usize]) -> String {
    let mut line = String::new();
    for &column in shown {
        let cell = row.get(column).map_or("", String::as_str);
        line.push_str(&format!("{cell:width$} ", width = widths[column]));
    }
    line.truncate(line.trim_end().len());
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(width: usize) -> String {
        let mut columns = Columns::new(&["pid", "memory", "name"], &[1, 2]);
        columns.push(["12345", "1.5M", "web"].map(str::to_owned).into());
        columns.push(["7", "", "chat"].map(str::to_owned).into());
        columns.render(width)
    }

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let expected = "\
pid   memory name
12345 1.5M   web
7            chat
";
        assert_eq!(table(17), expected);
    }

    #[test]
    fn the_least_important_go_first() {
        assert_eq!(table(16), "pid   name\n12345 web\n7     chat\n");
        assert_eq!(table(9), "pid\n12345\n7\n");
        assert_eq!(table(1), table(9));
    }

    #[test]
    fn control_characters_are_not_obeyed() {
        assert_eq!(printable("a\x1b[2Jb\n\tc"), "a?[2Jb\n\tc");
    }
}
