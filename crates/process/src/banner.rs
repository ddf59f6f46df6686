//! The table that `start` shows.

use crate::terminal::visible_width;

/// What the table is made of. Texts may carry the marks of [`terminal::decorate`](crate::terminal::decorate).
#[derive(Clone, Debug, Default)]
pub struct Banner {
    /// In the first rule: `WORKERMAN`.
    pub title: String,
    /// Under the first rule: versions of the package, of PHP and of the system, in one line.
    pub version_line: String,
    /// How wide the rules are.
    pub total: usize,
    /// From left to right.
    pub columns: Vec<Column>,
    /// One line for each worker. A row that is too short is filled up; what has no heading is not shown.
    pub rows: Vec<Vec<String>>,
}

/// A column of the table.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// What it shows.
    pub heading: String,
    /// How wide it is, with the gap behind it. What is longer pushes the next column aside.
    pub width: usize,
}

/// The line that ends a start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closing<'a> {
    /// In the foreground of a terminal.
    Debug,
    /// In the background; the start file says what `stop` needs.
    Daemon {
        /// The start file, without its directory.
        start_file: &'a str,
    },
    /// The command came from the program itself, not from the user.
    Library,
}

impl Banner {
    /// The table, with marks, each line ended by a newline.
    #[must_use]
    pub fn render(&self) -> String {
        let mut table = format!(
            "<n>{}</n>\n{}\n{}\n",
            rule(&self.title, self.total),
            self.version_line,
            rule("WORKERS", self.total)
        );
        let headings = self.columns.iter().map(|column| &column.heading);
        table.push_str(&self.line(headings.map(|heading| format!("<w>{heading}</w>"))));
        for row in &self.rows {
            table.push_str(&self.line(row.iter().cloned()));
        }
        if !self.rows.is_empty() {
            table.push_str(&"-".repeat(self.total));
            table.push('\n');
        }
        table
    }

    /// The cells of one line, each filled up to its width. The line ends with the space after the last cell.
    fn line(&self, cells: impl Iterator<Item = String>) -> String {
        let mut line = String::new();
        let cells = cells.chain(std::iter::repeat(String::new()));
        for (cell, column) in cells.zip(&self.columns) {
            line.push_str(&cell);
            line.push_str(&" ".repeat(column.width.saturating_sub(visible_width(&cell))));
        }
        line.push('\n');
        line
    }
}

impl Closing<'_> {
    /// The line, or two, with newlines.
    #[must_use]
    pub fn render(self) -> String {
        match self {
            Self::Debug => "Press Ctrl+C to stop. Start success.\n".to_owned(),
            Self::Daemon { start_file } => {
                format!("Input \"php {start_file} stop\" to stop. Start success.\n\n")
            }
            Self::Library => "Start success.\n".to_owned(),
        }
    }
}

/// A line of dashes with a word in the middle; what does not divide evenly goes to the right.
fn rule(word: &str, total: usize) -> String {
    let dashes = total.saturating_sub(visible_width(word) + 2);
    let left = dashes / 2;
    format!(
        "{}<w> {word} </w>{}",
        "-".repeat(left),
        "-".repeat(dashes - left)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::decorate;

    const VERSION: &str =
        "Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44-fc-v669";
    const COLUMNS: [(&str, usize); 7] = [
        ("event-loop", 12),
        ("proto", 12),
        ("user", 12),
        ("worker", 12),
        ("listen", 26),
        ("count", 12),
        ("state", 17),
    ];

    fn banner(total: usize, columns: &[(&str, usize)], rows: &[&[&str]]) -> String {
        let owned = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let column = |&(heading, width): &(&str, usize)| Column {
            heading: heading.to_owned(),
            width,
        };
        let banner = Banner {
            title: "WORKERMAN".to_owned(),
            version_line: VERSION.to_owned(),
            total,
            columns: columns.iter().map(column).collect(),
            rows: rows.iter().map(|row| owned(row)).collect(),
        };
        decorate(&banner.render(), false)
    }

    #[test]
    fn one_worker() {
        let rows: &[&[&str]] = &[&[
            "select",
            "tcp",
            "root",
            "web",
            "http://127.0.0.1:28080",
            "2",
            "<g> [OK] </g>",
        ]];
        let expected = "\
---------------------------------------------- WORKERMAN ----------------------------------------------
Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44-fc-v669
----------------------------------------------- WORKERS -----------------------------------------------
event-loop  proto       user        worker      listen                    count       state            
select      tcp         root        web         http://127.0.0.1:28080    2            [OK]            
-------------------------------------------------------------------------------------------------------
";
        assert_eq!(banner(103, &COLUMNS, rows), expected);
    }

    #[test]
    fn the_rules_are_as_wide_as_they_are_told() {
        let expected = "\
-------------------------------- WORKERMAN ---------------------------------
Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44-fc-v669
--------------------------------- WORKERS ----------------------------------
worker      state            
web          [OK]            
----------------------------------------------------------------------------
";
        let columns = [("worker", 12), ("state", 17)];
        assert_eq!(banner(76, &columns, &[&["web", "<g> [OK] </g>"]]), expected);
    }

    #[test]
    fn rows_of_another_length_do_no_harm() {
        let columns = [("worker", 12), ("state", 12)];
        assert!(
            banner(76, &columns, &[&["web"], &["a", "b", "c"]])
                .contains("\nweb                     \na           b           \n")
        );
        let columns = [("a-heading-wider-than-its-column", 12), ("state", 12)];
        assert!(
            banner(76, &columns, &[&["web", "x"]])
                .contains("\na-heading-wider-than-its-columnstate")
        );
        assert!(banner(76, &[], &[]).ends_with("WORKERS ----------------------------------\n\n"));
    }

    #[test]
    fn the_closing_line_says_how_to_stop() {
        assert_eq!(
            Closing::Debug.render(),
            "Press Ctrl+C to stop. Start success.\n"
        );
        let daemon = Closing::Daemon {
            start_file: "start.php",
        };
        assert_eq!(
            daemon.render(),
            "Input \"php start.php stop\" to stop. Start success.\n\n"
        );
        assert_eq!(Closing::Library.render(), "Start success.\n");
    }
}
