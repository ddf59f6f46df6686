//! `connections`: the connections of a service.

use std::fmt::Write;

use serde::Serialize;

use super::QueryError;
use super::columns::{Columns, printable};
use super::query::query;
use crate::files::Files;
use crate::report::{ConnectionRow, Service};
use crate::signal;

const HEADINGS: [&str; 14] = [
    "PID",
    "Worker",
    "CID",
    "Trans",
    "Protocol",
    "ipv4",
    "ipv6",
    "Recv-Q",
    "Send-Q",
    "Bytes-R",
    "Bytes-W",
    "Status",
    "Local Address",
    "Foreign Address",
];

/// What a narrow terminal does without, the first to go first.
const EXPENDABLE: [usize; 9] = [6, 5, 3, 10, 9, 12, 7, 4, 1];

/// The title of the wide layout, in the middle of a rule.
const TITLE: &str = " WORKERMAN CONNECTION STATUS ";

/// How wide the wide layout is.
const WIDE: usize = 178;

/// All connections of a service at one moment.
///
/// As JSON: `service` and `connections`, with the keys of [`Service`] and [`ConnectionRow`], and `unresponsive`, the processes that have
/// not answered.
#[derive(Clone, Debug, Serialize)]
pub struct ConnectionList {
    /// From the master.
    pub service: Service,
    /// From the processes that have answered, in the order of their numbers and of the connections'.
    pub connections: Vec<ConnectionRow>,
    /// The processes that have not.
    pub unresponsive: Vec<i32>,
}

/// Asks the service of `files`. Takes up to a second if a process does not answer.
///
/// # Errors
///
/// See [`QueryError`].
pub fn connections(files: &Files) -> Result<ConnectionList, QueryError> {
    let answers = query(files, &files.connections_file(), signal::CONNECTIONS)?;
    let has_answered = |pid| answers.connections.iter().any(|answer| answer.pid == pid);
    let expected = answers.service.processes.iter().map(|process| process.pid);
    let unresponsive = expected.filter(|&pid| !has_answered(pid)).collect();
    let mut connections: Vec<ConnectionRow> = answers
        .connections
        .into_iter()
        .flat_map(|answer| answer.connections)
        .collect();
    connections.sort_by_key(|connection| (connection.pid, connection.id));
    Ok(ConnectionList {
        service: answers.service,
        connections,
        unresponsive,
    })
}

impl ConnectionList {
    /// For people, as Workerman shows it. On a terminal with less than `width` columns for that, less important ones give way; `None`
    /// is as wide as it takes.
    #[must_use]
    pub fn table(&self, width: Option<usize>) -> String {
        let wide = self.wide();
        let is_fitting = width.is_none_or(|width| wide.lines().all(|line| line.len() <= width));
        let mut text = if is_fitting {
            wide
        } else {
            self.narrow(width.unwrap_or(WIDE))
        };
        for pid in &self.unresponsive {
            // Writing to a string does not fail.
            let _ = writeln!(text, "{pid:<9}N/A {}", self.service.silence_of(*pid));
        }
        printable(&text)
    }

    /// For programs.
    #[must_use]
    pub fn json(&self) -> String {
        // Neither a map with other keys than strings nor a value that refuses is in it.
        serde_json::to_string_pretty(self).expect("plain data")
    }

    fn wide(&self) -> String {
        let mut text = format!("{TITLE:-^WIDE$}\n{}", wide_line(&HEADINGS));
        for connection in &self.connections {
            text.push_str(&wide_line(&cells(connection)));
        }
        text
    }

    fn narrow(&self, width: usize) -> String {
        let mut columns = Columns::new(&HEADINGS, &EXPENDABLE);
        for connection in &self.connections {
            columns.push(cells(connection).into());
        }
        format!("{TITLE:-^width$}\n{}", columns.render(width))
    }
}

fn cells(connection: &ConnectionRow) -> [String; 14] {
    let is_version = |version| u8::from(connection.ip_version == version).to_string();
    [
        connection.pid.to_string(),
        shortened(&connection.worker, 14),
        connection.id.to_string(),
        connection.transport.clone(),
        shortened(&connection.protocol, 15),
        is_version(4),
        is_version(6),
        size(connection.recv_queue),
        size(connection.send_queue),
        size(connection.bytes_read),
        size(connection.bytes_written),
        connection.status.clone(),
        connection.local.clone(),
        connection.remote.clone(),
    ]
}

fn wide_line(cells: &[impl AsRef<str>; 14]) -> String {
    let c: [&str; 14] = std::array::from_fn(|index| cells[index].as_ref());
    let line = format!(
        "{:9}{:16}{:10}{:8}{:16}{:7}{:7}{:13}{:13}{:13}{:13} {:14} {:22} {:22}",
        c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8], c[9], c[10], c[11], c[12], c[13],
    );
    format!("{}\n", line.trim_end())
}

/// A name with two dots in the place of what is too long.
fn shortened(name: &str, longest: usize) -> String {
    if name.chars().count() <= longest {
        return name.to_owned();
    }
    let start: String = name.chars().take(longest - 2).collect();
    format!("{start}..")
}

/// A number of bytes in the largest unit of which there is more than one.
fn size(bytes: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (1 << 40, "TB"),
        (1 << 30, "GB"),
        (1 << 20, "MB"),
        (1 << 10, "KB"),
    ];
    let unit = UNITS.into_iter().find(|&(unit, _)| bytes > unit);
    unit.map_or_else(
        || format!("{bytes}B"),
        |(unit, name)| {
            let number = format!("{:.1}", bytes as f64 / unit as f64);
            format!("{}{name}", number.trim_end_matches(".0"))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list() -> ConnectionList {
        let connection = ConnectionRow {
            pid: 4254,
            worker: "a-long-worker-name".to_owned(),
            id: 7,
            transport: "tcp".to_owned(),
            protocol: "Websocket".to_owned(),
            ip_version: 4,
            recv_queue: 0,
            send_queue: 1536,
            bytes_read: 1024,
            bytes_written: 3 << 20,
            status: "ESTABLISHED".to_owned(),
            local: "127.0.0.1:28080".to_owned(),
            remote: "127.0.0.1:50123".to_owned(),
        };
        ConnectionList {
            service: Service::default(),
            connections: vec![connection],
            unresponsive: vec![4255],
        }
    }

    #[test]
    fn the_wide_layout_is_that_of_workerman() {
        let expected = "\
PID      Worker          CID       Trans   Protocol        ipv4   ipv6   Recv-Q       Send-Q       Bytes-R      Bytes-W       Status         Local Address          Foreign Address
4254     a-long-worke..  7         tcp     Websocket       1      0      0B           1.5KB        1024B        3MB           ESTABLISHED    127.0.0.1:28080        127.0.0.1:50123
4255     N/A [busy]
";
        let table = list().table(None);
        assert!(table.ends_with(expected), "{table}");
        assert_eq!(list().table(Some(200)), table);
    }

    #[test]
    fn eighty_columns_are_enough() {
        let expected = "\
PID  Worker         CID Protocol  Recv-Q Send-Q Status      Foreign Address
4254 a-long-worke.. 7   Websocket 0B     1.5KB  ESTABLISHED 127.0.0.1:50123
4255     N/A [busy]
";
        let table = list().table(Some(80));
        assert!(table.ends_with(expected), "{table}");
        assert!(table.lines().all(|line| line.len() <= 80));
    }

    #[test]
    fn sizes_are_short() {
        let sizes = [0, 1024, 1025, 1 << 20, 5 << 30, 3 << 40].map(size);
        assert_eq!(sizes, ["0B", "1024B", "1KB", "1024KB", "5GB", "3TB"]);
    }
}
