//! Sockets as PHP streams.

use std::{
    ffi::c_int,
    os::fd::{BorrowedFd, IntoRawFd, OwnedFd},
    ptr::null,
};

use ext_php_rs::{
    ffi::{IS_RESOURCE_EX, php_stream},
    types::Zval,
};

use super::engine;

/// A stream resource for a socket, which it closes when PHP lets go of it; null when the engine refuses.
pub(crate) fn from_socket(socket: OwnedFd) -> Zval {
    let mut value = Zval::null();
    // SAFETY: the stream takes over the descriptor; the value takes over the one reference to the stream's resource.
    unsafe {
        let stream: *mut php_stream =
            engine::_php_stream_sock_open_from_socket(socket.into_raw_fd(), null());
        if let Some(stream) = stream.as_mut() {
            stream.set___exposed(1);
            value.value.res = stream.res;
            value.u1.type_info = IS_RESOURCE_EX;
        }
    }
    value
}

/// Looks at the descriptor of a stream resource; `None` for anything else, and for streams that have none. `look` must not run PHP.
pub(crate) fn with_descriptor<T>(
    value: &Zval,
    look: impl FnOnce(BorrowedFd<'_>) -> T,
) -> Option<T> {
    const AS_DESCRIPTOR: c_int = 3;
    const INTERNAL: c_int = 0x2000_0000;
    if !value.is_resource() {
        return None;
    }
    // SAFETY: the engine checks the kind of the resource, which is open then. The descriptor is open as long as the stream, which `value` holds.
    unsafe {
        let stream: *mut php_stream = engine::zend_fetch_resource2(
            value.value.res,
            null(),
            engine::php_file_le_stream(),
            engine::php_file_le_pstream(),
        )
        .cast();
        let mut descriptor: c_int = -1;
        let place = (&raw mut descriptor).cast();
        let outcome = !stream.is_null()
            && engine::_php_stream_cast(stream, AS_DESCRIPTOR | INTERNAL, place, 0) == 0;
        (outcome && descriptor >= 0).then(|| look(BorrowedFd::borrow_raw(descriptor)))
    }
}
