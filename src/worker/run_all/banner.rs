//! `displayUI()`: what the terminal shows at start.

use ext_php_rs::types::Zval;
use ouvrier_process::banner::{Banner, Closing};

use super::{LAUNCH, echo, files, is_daemon};
use crate::{
    worker::{all_workers, event_loop, slots, socket_name},
    zend::{Call, Object, Result, array, library, property::static_property, value},
};

/// The columns of the banner, and the property that each shows.
const UI_COLUMNS: [(&str, &str); 7] = [
    ("event-loop", "eventLoopName"),
    ("proto", "transport"),
    ("user", "user"),
    ("worker", "name"),
    ("socket", "statusSocket"),
    ("count", "count"),
    ("state", "statusState"),
];

pub(super) fn get_ui_columns(_: &mut Call) -> Result<Zval> {
    let mut columns = Zval::new_array();
    for (column, property) in UI_COLUMNS {
        array::set_name(&mut columns, column, value::bytes(property));
    }
    Ok(columns)
}

pub(super) fn display_ui(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    if LAUNCH.with_borrow(|launch| launch.command.is_some_and(|command| command.quiet)) {
        return Ok(());
    }
    let heading = |column: &str| if column == "socket" { "listen" } else { column }.to_owned();
    let banner = Banner {
        title: "WORKERMAN".to_owned(),
        version_line: version_line()?,
        columns: UI_COLUMNS
            .iter()
            .map(|(column, _)| heading(column))
            .collect(),
        rows: all_workers()
            .iter()
            .map(|worker| {
                UI_COLUMNS
                    .iter()
                    .map(|(_, property)| cell(worker, property))
                    .collect()
            })
            .collect(),
    };
    let start_file = files(class).start_file_name();
    let closing = if is_daemon(class) {
        Closing::Daemon {
            start_file: &start_file,
        }
    } else if static_property(class, "command")
        .string()
        .unwrap_or_default()
        .is_empty()
    {
        Closing::Debug
    } else {
        Closing::Library
    };
    echo(class, &(banner.render() + &closing.render()))
}

fn cell(worker: &Object, property: &str) -> String {
    let slots = slots();
    let text = |slot| String::from_utf8_lossy(&worker.bytes(slot)).into_owned();
    match property {
        "transport" => text(slots.transport),
        "user" => text(slots.user),
        "name" => text(slots.name),
        "statusSocket" => socket_name(worker),
        "count" => worker.long(slots.count).to_string(),
        "statusState" => "<g> [OK] </g>".to_owned(),
        _ => event_loop::name(worker),
    }
}

/// What runs here, in one line.
pub(super) fn version_line() -> Result<String> {
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
    Ok(format!(
        "{ouvrier:<24}{:<30}{}",
        format!("PHP/{php}"),
        system.join("/")
    ))
}
