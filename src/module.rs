//! Start, information and end of the extension.

use ext_php_rs::{
    flags::IniEntryPermission,
    info_table_end, info_table_row, info_table_start,
    prelude::*,
    zend::{IniEntryDef, IniEntryDefs, ModuleEntry},
};

use crate::{
    connection::{
        self,
        starttls::{self, EnableCrypto},
    },
    events::{self, guest, revolt},
    protocols::{self, http},
    timer, worker,
    zend::{callback, embedded, interception, loan, overriding, statics},
};

/// Settings in php.ini.
static SETTINGS: IniEntryDefs<3> = IniEntryDefs::new([
    // Milliseconds over which a process that is replaced parts from its clients.
    IniEntryDef::new(c"ouvrier.drain_ms", c"3000", IniEntryPermission::All),
    // Milliseconds that a callback may run before the network goes on without it.
    IniEntryDef::new(c"ouvrier.relief_ms", c"5", IniEntryPermission::All),
    IniEntryDef::end(),
]);

/// The module, as PHP finds it.
#[php_module]
#[php(startup = startup)]
#[allow(unsafe_code, reason = "the symbol that PHP looks for")]
fn module(module: ModuleBuilder) -> ModuleBuilder {
    module
        .info_function(information)
        .request_shutdown_function(request_shutdown)
}

fn startup(_: i32, module_number: i32) -> i32 {
    IniEntryDef::register(SETTINGS.as_slice(), module_number);
    events::register();
    worker::register();
    connection::register();
    protocols::register();
    timer::register();
    interception::intercept::<EnableCrypto>();
    loan::follow_fibers();
    embedded::register(http::session::CLASSES.iter().chain([&revolt::DRIVER]));
    0
}

extern "C" fn information(_: *mut ModuleEntry) {
    info_table_start!();
    info_table_row!("Ouvrier", "enabled");
    info_table_row!("Version", env!("CARGO_PKG_VERSION"));
    info_table_row!("Workerman API", "5.2.2");
    info_table_row!("Runtime", "tokio, current thread, with a relief driver");
    info_table_row!(
        "Protocols",
        "tcp, udp, unix, ssl, text, frame, http, websocket, ws"
    );
    info_table_end!();
}

/// The script is over: what was sent goes out, threads end.
extern "C" fn request_shutdown(_: i32, _: i32) -> i32 {
    worker::reactor::finish();
    guest::forget();
    starttls::forget_all();
    protocols::forget();
    callback::forget();
    loan::forget();
    overriding::forget();
    connection::broadcast::forget();
    statics::forget_static_places();
    0
}
