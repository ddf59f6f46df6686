//! `displayUI()`: what the terminal shows at start.

use ext_php_rs::{types::Zval, zend::ClassEntry};
use ouvrier_process::banner::{Banner, Closing, Column};

use super::{LAUNCH, echo, files, is_daemon, text};
use crate::{
    worker::{all_workers, slots},
    zend::{
        Call, Class, Object, Result, array, callback as php, library, statics::static_property,
        value,
    },
};

/// The columns of the banner, and the property that each shows: of the worker, or of its `$context`.
const UI_COLUMNS: [(&str, &str); 7] = [
    ("event-loop", "eventLoopName"),
    ("proto", "transport"),
    ("user", "user"),
    ("worker", "name"),
    ("socket", "statusSocket"),
    ("count", "count"),
    ("state", "statusState"),
];
/// What a column shows of a worker that does not have it.
const NOTHING: &str = "NNNN";
/// `Worker::UI_SAFE_LENGTH`: blank columns after the longest entry.
const GAP: i64 = 4;
/// The longest entry of a column with nothing longer in it.
pub(super) const NARROWEST: i64 = 2 * GAP;

pub(super) fn methods(class: Class) -> Class {
    class
        .method("getUiColumns", get_ui_columns)
        .method("getUiColumnLength", get_ui_column_length)
        .method("getSingleLineTotalLength", get_single_line_total_length)
        .method("getVersionLine", get_version_line)
        .method("displayUI", display_ui)
}

fn get_ui_columns(_: &mut Call) -> Result<Zval> {
    let mut columns = Zval::new_array();
    for (column, property) in UI_COLUMNS {
        array::set_name(&mut columns, column, value::bytes(property));
    }
    Ok(columns)
}

/// The columns that the service has: `getUiColumns()` may be overridden.
pub(super) fn columns(class: &ClassEntry) -> Result<Vec<(String, String)>> {
    let columns = php::call_static(class, "getUiColumns", &mut [])?;
    let columns = array::entries(&columns).into_iter();
    let name = |key: array::Key| String::from_utf8_lossy(&key.into_bytes()).into_owned();
    Ok(columns
        .map(|(column, property)| (name(column), property.string().unwrap_or_default()))
        .collect())
}

/// The key of a column in `$uiLengthData`.
pub(super) fn length_key(column: &str) -> String {
    let mut letters = column.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    let rest = letters.as_str().to_ascii_lowercase();
    format!(
        "max{}{rest}NameLength",
        first.map(String::from).unwrap_or_default()
    )
}

fn get_ui_column_length(call: &mut Call) -> Result<Zval> {
    let lengths = static_property(call.called_class(), "uiLengthData");
    let name = call.value(0).coerce_to_string().unwrap_or_default();
    Ok(array::get_name(&lengths, name).unwrap_or_else(|| value::long(0)))
}

/// The width of a column, with the gap behind it.
fn width(class: &ClassEntry, column: &str) -> Result<i64> {
    let key = value::bytes(length_key(column));
    let length = php::call_static(class, "getUiColumnLength", &mut [key])?;
    Ok(length.long().unwrap_or_default() + GAP)
}

fn get_single_line_total_length(call: &mut Call) -> Result<Zval> {
    let class = call.called_class();
    let mut total = 0;
    for (column, _) in columns(class)? {
        total += width(class, &column)?;
    }
    let version = php::call_static(class, "getVersionLine", &mut [])?;
    let version = version.string().unwrap_or_default().len() as i64;
    Ok(value::long(total.max(version)))
}

fn display_ui(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if LAUNCH.with_borrow(|launch| launch.command.is_some_and(|command| command.quiet)) {
        return Ok(());
    }
    let total = php::call_static(class, "getSingleLineTotalLength", &mut [])?;
    let shown = columns(class)?;
    let properties = || shown.iter().map(|(_, property)| property.as_str());
    let banner = Banner {
        title: "WORKERMAN".to_owned(),
        version_line: version_line(class)?,
        total: total
            .long()
            .and_then(|total| usize::try_from(total).ok())
            .unwrap_or_default(),
        columns: headings(class, &shown)?,
        rows: all_workers()
            .iter()
            .map(|worker| {
                properties()
                    .map(|property| cell(worker, property))
                    .collect()
            })
            .collect(),
    };
    let start_file = files(class).start_file_name();
    let closing = if is_daemon(class) {
        Closing::Daemon {
            start_file: &start_file,
        }
    } else if text(class, "command").is_empty() {
        Closing::Debug
    } else {
        Closing::Library
    };
    echo(class, &(banner.render() + &closing.render()))
}

fn headings(class: &ClassEntry, columns: &[(String, String)]) -> Result<Vec<Column>> {
    let mut headings = Vec::new();
    for (column, _) in columns {
        let heading = if column == "socket" { "listen" } else { column };
        headings.push(Column {
            heading: heading.to_owned(),
            width: usize::try_from(width(class, column)?).unwrap_or_default(),
        });
    }
    Ok(headings)
}

/// What a column shows of a worker.
pub(super) fn cell(worker: &Object, property: &str) -> String {
    let own = worker.named(property).filter(|value| !value.is_null());
    let value = own.or_else(|| worker.object(slots().context)?.named(property));
    let shown = value.and_then(|value| value.coerce_to_string());
    shown.unwrap_or_else(|| NOTHING.to_owned())
}

fn get_version_line(_: &mut Call) -> Result<Zval> {
    let php = library::call("phpversion", &mut [])?
        .string()
        .unwrap_or_default();
    let mut system = Vec::new();
    for part in ["s", "r"] {
        system.push(
            library::call("php_uname", &mut [value::bytes(part)])?
                .string()
                .unwrap_or_default(),
        );
    }
    let ouvrier = concat!("Ouvrier/", env!("CARGO_PKG_VERSION"));
    Ok(value::bytes(format!(
        "{ouvrier:<24}{:<30}{}\n",
        format!("PHP/{php}"),
        system.join("/")
    )))
}

/// What runs here, without the newline.
pub(super) fn version_line(class: &ClassEntry) -> Result<String> {
    let line = php::call_static(class, "getVersionLine", &mut [])?;
    Ok(line.string().unwrap_or_default().trim_end().to_owned())
}
