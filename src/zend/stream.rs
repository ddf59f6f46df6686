//! PHP streams: sockets of ours as streams, and streams of scripts as something to wait for.

use std::{
    os::fd::{BorrowedFd, IntoRawFd, OwnedFd},
    ptr::{null, null_mut},
};

use ext_php_rs::{
    ffi::{IS_RESOURCE, IS_RESOURCE_EX, php_stream, zend_resource},
    types::Zval,
};

use super::{callback::guarded, engine, exception::Result};

/// A stream resource for a socket, which it closes when PHP lets go of it; null when the engine refuses.
pub(crate) fn from_socket(socket: OwnedFd) -> Zval {
    let mut value = Zval::null();
    // SAFETY: the stream takes over the descriptor; the value takes over the one reference to the stream's resource.
    unsafe {
        let stream: *mut php_stream =
            engine::_php_stream_sock_open_from_socket(socket.into_raw_fd(), null());
        if let Some(stream) = stream.as_mut() {
            stream.set___exposed(1);
            set_blocking(stream, false);
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
    let stream = Stream::of(value)?;
    // What a stream written in PHP has thrown stays pending.
    stream.with_descriptor(look).ok().flatten()
}

/// `stream_set_blocking()`.
///
/// # Safety
/// The stream must be open.
unsafe fn set_blocking(stream: *mut php_stream, blocking: bool) {
    const OPTION_BLOCKING: i32 = 1;
    // SAFETY: the caller's promise.
    unsafe {
        engine::_php_stream_set_option(stream, OPTION_BLOCKING, i32::from(blocking), null_mut())
    };
}

/// A reference to a stream of a script. The script may close it at any time; what is left then is a number.
pub(crate) struct Stream(Zval);

impl Stream {
    /// The stream in `value`; `None` when that is anything but an open stream.
    pub(crate) fn of(value: &Zval) -> Option<Self> {
        Self::of_resource(value).filter(Self::is_open)
    }

    /// The number of a stream, also of one that was closed.
    pub(crate) fn number_of(value: &Zval) -> Option<u64> {
        Self::of_resource(value).map(|stream| stream.number())
    }

    fn of_resource(value: &Zval) -> Option<Self> {
        let value = value.dereference();
        // SAFETY: reads the type of a live value.
        let kind = u32::from(unsafe { value.u1.v.type_ });
        (kind == IS_RESOURCE).then(|| Self(value.shallow_clone()))
    }

    /// `(int) $stream`, which is never used again.
    pub(crate) fn number(&self) -> u64 {
        // SAFETY: the value holds a reference to the resource.
        unsafe { (*self.resource()).handle as u64 }
    }

    pub(crate) fn to_zval(&self) -> Zval {
        self.0.shallow_clone()
    }

    pub(crate) fn is_open(&self) -> bool {
        self.pointer().is_some()
    }

    /// What PHP calls this kind of stream, such as `MEMORY`.
    pub(crate) fn kind(&self) -> String {
        let Some(stream) = self.pointer() else {
            return "closed".to_owned();
        };
        // SAFETY: an open stream has operations, whose label is a C string.
        unsafe { std::ffi::CStr::from_ptr((*(*stream).ops).label) }
            .to_string_lossy()
            .into_owned()
    }

    /// Whether PHP has read more than the script has taken.
    pub(crate) fn has_buffered(&self) -> bool {
        // SAFETY: the stream is open.
        self.pointer()
            .is_some_and(|stream| unsafe { (*stream).writepos > (*stream).readpos })
    }

    /// What PHP has read ahead of the script.
    pub(crate) fn buffered(&self) -> Vec<u8> {
        let Some(stream) = self.pointer() else {
            return Vec::new();
        };
        // SAFETY: the stream is open; what it has read and not given away stands between the two positions of its buffer.
        unsafe {
            let (from, to) = ((*stream).readpos, (*stream).writepos);
            match (usize::try_from(from), usize::try_from(to - from)) {
                (Ok(start), Ok(length)) if length > 0 => {
                    std::slice::from_raw_parts((*stream).readbuf.add(start), length).to_vec()
                }
                _ => Vec::new(),
            }
        }
    }

    /// Has the script never see that.
    pub(crate) fn forget_buffered(&self) {
        if let Some(stream) = self.pointer() {
            // SAFETY: the stream is open, and these are its own positions.
            unsafe {
                (*stream).position += (*stream).writepos - (*stream).readpos;
                (*stream).readpos = (*stream).writepos;
            }
        }
    }

    /// Whether the script has put filters between itself and the stream.
    pub(crate) fn is_filtered(&self) -> bool {
        // SAFETY: the stream is open.
        self.pointer().is_some_and(|stream| unsafe {
            !(*stream).readfilters.head.is_null() || !(*stream).writefilters.head.is_null()
        })
    }

    /// `stream_set_blocking()`.
    pub(crate) fn set_blocking(&self, blocking: bool) {
        if let Some(stream) = self.pointer() {
            // SAFETY: the stream is open.
            unsafe { set_blocking(stream, blocking) };
        }
    }

    /// `fclose()`. The resource stays, and says that it is closed.
    pub(crate) fn close(&self) {
        if let Some(stream) = self.pointer() {
            // SAFETY: the stream is open, and whoever has its resource sees that it is closed.
            unsafe {
                engine::_php_stream_free(
                    stream,
                    engine::PHP_STREAM_FREE_CLOSE | engine::PHP_STREAM_FREE_KEEP_RSRC,
                );
            }
        }
    }

    /// Looks at the descriptor that one has to wait for; `None` when the stream is closed or has none.
    ///
    /// The stream gets a chance to move into its buffer what a layer below holds back, as TLS does. A stream that is written in PHP is asked for
    /// the one that it stands for, so this may run PHP.
    ///
    /// # Errors
    /// What that PHP left behind.
    pub(crate) fn with_descriptor<T>(
        &self,
        look: impl FnOnce(BorrowedFd<'_>) -> T,
    ) -> Result<Option<T>> {
        /// `PHP_STREAM_AS_FD_FOR_SELECT | PHP_STREAM_CAST_INTERNAL`.
        const FOR_SELECT: i32 = 3 | 0x2000_0000;
        let Some(stream) = self.pointer() else {
            return Ok(None);
        };
        let mut place: *mut std::ffi::c_void = null_mut();
        let descriptor = &raw mut place;
        // SAFETY: the stream is open; an `int` fits into the place, which is read as one.
        let cast = || unsafe { engine::_php_stream_cast(stream, FOR_SELECT, descriptor, 0) };
        let result = guarded(cast)?;
        // SAFETY: as above.
        let descriptor = unsafe { descriptor.cast::<i32>().read() };
        if result != 0 || descriptor < 0 || !self.is_open() {
            return Ok(None);
        }
        // SAFETY: an open stream keeps its descriptor open, and no PHP runs while `look` has it.
        Ok(Some(look(unsafe { BorrowedFd::borrow_raw(descriptor) })))
    }

    fn resource(&self) -> *mut zend_resource {
        // SAFETY: the value is a resource.
        unsafe { self.0.value.res }
    }

    fn pointer(&self) -> Option<*mut php_stream> {
        // SAFETY: the value holds a reference to the resource; once a stream is closed, its type is none of a stream.
        unsafe {
            let resource = self.resource();
            let is_stream = (*resource).type_ == engine::php_file_le_stream()
                || (*resource).type_ == engine::php_file_le_pstream();
            (is_stream && !(*resource).ptr.is_null()).then(|| (*resource).ptr.cast())
        }
    }
}
