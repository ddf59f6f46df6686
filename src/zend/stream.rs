//! Sockets as PHP streams.

use std::os::fd::{IntoRawFd, OwnedFd};

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
            engine::_php_stream_sock_open_from_socket(socket.into_raw_fd(), std::ptr::null());
        if let Some(stream) = stream.as_mut() {
            stream.set___exposed(1);
            value.value.res = stream.res;
            value.u1.type_info = IS_RESOURCE_EX;
        }
    }
    value
}
