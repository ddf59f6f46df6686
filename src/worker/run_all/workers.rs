//! `initWorkers()`: what is bound, and how wide the banner will be, while the terminal still listens.

use ext_php_rs::zend::ClassEntry;
use ouvrier_process::user;

use super::banner;
use crate::{
    worker::{all_workers, event_loop, log, slots, socket_name},
    zend::{Call, Class, Object, Result, array, callback as php, statics::with_static, value},
};

pub(super) fn methods(class: Class) -> Class {
    class
        .method("getCurrentUser", |_: &mut Call| {
            Ok(value::bytes(user::current()))
        })
        .method("checkPortAvailable", |_: &mut Call| Ok(()))
        .method("initWorkers", init_workers)
}

fn init_workers(call: &mut Call) -> Result<()> {
    let class = call.called_class();
    for worker in all_workers() {
        if worker.bytes(slots().name).is_empty() {
            worker.set(slots().name, value::bytes("none"));
        }
        choose_user(class, &worker)?;
        describe(&worker)?;
        measure(class, &worker)?;
        worker.call("listen", &mut [value::boolean(false)])?;
    }
    Ok(())
}

fn choose_user(class: &ClassEntry, worker: &Object) -> Result<()> {
    let current = php::call_static(class, "getCurrentUser", &mut [])?;
    let wanted = worker.bytes(slots().user);
    if wanted.is_empty() {
        worker.set(slots().user, current);
    } else if Some(wanted) != current.zend_str().map(|name| name.as_bytes().to_vec())
        && !user::is_root()
    {
        let warning = "Warning: You must have the root privileges to change uid and gid.";
        log::line(class, warning)?;
    }
    Ok(())
}

/// Puts what the banner shows of a worker, and is no property of it, into its `$context`.
fn describe(worker: &Object) -> Result<()> {
    let context = match worker.object(slots().context) {
        Some(context) => context,
        None => Object::new(ext_php_rs::zend::ce::stdclass())?,
    };
    context.set_dynamic("statusSocket", value::bytes(socket_name(worker)));
    context.set_dynamic("eventLoopName", value::bytes(event_loop::name(worker)));
    context.set_dynamic("statusState", value::bytes("<g> [OK] </g>"));
    worker.set(slots().context, context.to_zval());
    Ok(())
}

/// Notes in `$uiLengthData` how long the entries of a worker are in the banner.
fn measure(class: &ClassEntry, worker: &Object) -> Result<()> {
    for (column, property) in banner::columns(class)? {
        let key = banner::length_key(&column);
        let length = banner::cell(worker, &property).len();
        with_static(class, "uiLengthData", |lengths| {
            let known = array::get_name(lengths, &key).and_then(|known| known.long());
            let longest = known.unwrap_or(banner::NARROWEST).max(length as i64);
            array::replace_name(lengths, &key, value::long(longest))
        });
    }
    Ok(())
}
