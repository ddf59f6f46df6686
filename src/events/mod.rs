//! `Workerman\Events`.

use crate::zend::Class;

/// Registers the classes.
pub(crate) fn register() {
    Class::declared(include_str!("event_interface.stub.php")).register();
}
