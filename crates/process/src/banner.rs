//! The table that `start` shows.

use crate::terminal::visible_width;

/// Space between two columns.
const GAP: usize = 4;

/// The width of a column with nothing longer in it. The heading does not widen its column.
const NARROWEST: usize = 2 * GAP;

/// What the table is made of. Texts may carry the marks of [`terminal::decorate`](crate::terminal::decorate).
#[derive(Clone, Debug, Default)]
pub struct Banner {
    /// In the first rule: `WORKERMAN`.
    pub title: String,
    /// Under the first rule: versions of the package, of PHP and of the system, in one line.
    pub version_line: String,
    /// The headings, from left to right.
    pub columns: Vec<String>,
    /// One line for each worker. A row that is too short is filled up; what has no heading is not shown.
    pub rows: Vec<Vec<String>>,
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
    ///
    /// A column is as wide as the longest cell with its marks, as in Workerman, although they take no room: the last column, whose
    /// cells are marked, is wider than it looks.
    #[must_use]
    pub fn render(&self) -> String {
        let widths = self.widths();
        // The version line counts with its newline.
        let total = widths
            .iter()
            .sum::<usize>()
            .max(self.version_line.len() + 1);
        let mut table = format!(
            "<n>{}</n>\n{}\n{}\n",
            rule(&self.title, total),
            self.version_line,
            rule("WORKERS", total)
        );
        table.push_str(&line(
            self.columns
                .iter()
                .map(|heading| format!("<w>{heading}</w>")),
            &widths,
        ));
        for row in &self.rows {
            table.push_str(&line(row.iter().cloned(), &widths));
        }
        if !self.rows.is_empty() {
            table.push_str(&"-".repeat(total));
            table.push('\n');
        }
        table
    }

    fn widths(&self) -> Vec<usize> {
        let narrowest = if self.rows.is_empty() { 0 } else { NARROWEST };
        (0..self.columns.len())
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(String::len).max().unwrap_or(0).max(narrowest) + GAP
            })
            .collect()
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

/// The cells of one line, each filled up to its width. The line ends with the space after the last cell.
fn line(cells: impl Iterator<Item = String>, widths: &[usize]) -> String {
    let mut line = String::new();
    for (cell, width) in cells.chain(std::iter::repeat(String::new())).zip(widths) {
        line.push_str(&cell);
        line.push_str(&" ".repeat(width.saturating_sub(visible_width(&cell))));
    }
    line.push('\n');
    line
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::terminal::decorate;

    const VERSION: &str =
        "Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44-fc-v669";
    const COLUMNS: [&str; 7] = [
        "event-loop",
        "proto",
        "user",
        "worker",
        "listen",
        "count",
        "state",
    ];

    fn banner(columns: &[&str], rows: &[&[&str]]) -> String {
        let owned = |texts: &[&str]| {
            texts
                .iter()
                .map(|&text| text.to_owned())
                .collect::<Vec<_>>()
        };
        let banner = Banner {
            title: "WORKERMAN".to_owned(),
            version_line: VERSION.to_owned(),
            columns: owned(columns),
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
        assert_eq!(banner(&COLUMNS, rows), expected);
    }

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows: &[&[&str]] = &[
            &[
                "select",
                "tcp",
                "root",
                "web",
                "http://127.0.0.1:28080",
                "2",
                "<g> [OK] </g>",
            ],
            &[
                "select",
                "tcp",
                "root",
                "a-rather-long-worker-name",
                "websocket://127.0.0.1:28081",
                "1",
                "<g> [OK] </g>",
            ],
        ];
        let expected = "\
--------------------------------------------------------- WORKERMAN ---------------------------------------------------------
Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44-fc-v669
---------------------------------------------------------- WORKERS ----------------------------------------------------------
event-loop  proto       user        worker                       listen                         count       state            
select      tcp         root        web                          http://127.0.0.1:28080         2            [OK]            
select      tcp         root        a-rather-long-worker-name    websocket://127.0.0.1:28081    1            [OK]            
-----------------------------------------------------------------------------------------------------------------------------
";
        assert_eq!(banner(&COLUMNS, rows), expected);
    }

    #[test]
    fn a_narrow_table_is_as_wide_as_the_version_line() {
        let expected = "\
-------------------------------- WORKERMAN ---------------------------------
Workerman/5.2.2         PHP/8.2.36 (JIT off)          Linux/6.18.44-fc-v669
--------------------------------- WORKERS ----------------------------------
worker      state            
web          [OK]            
----------------------------------------------------------------------------
";
        assert_eq!(
            banner(&["worker", "state"], &[&["web", "<g> [OK] </g>"]]),
            expected
        );
    }

    #[test]
    fn rows_of_another_length_do_no_harm() {
        assert!(
            banner(&["worker", "state"], &[&["web"], &["a", "b", "c"]])
                .contains("\nweb                     \na           b           \n")
        );
        assert!(
            banner(
                &["a-heading-wider-than-its-column", "state"],
                &[&["web", "x"]]
            )
            .contains("\na-heading-wider-than-its-columnstate")
        );
        assert!(banner(&[], &[]).ends_with("WORKERS ----------------------------------\n\n"));
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
