//! Files as PHP opens them: `open_basedir` holds, and paths may name a stream wrapper, such as `phar://`.

use std::{
    borrow::Cow,
    ffi::{CStr, CString, OsStr},
    fs::{self, File, OpenOptions},
    io::Seek,
    os::{
        fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, RawFd},
        unix::{ffi::OsStrExt, fs::OpenOptionsExt},
    },
    path::Path,
    ptr::{self, null, null_mut},
};

use ext_php_rs::{
    ffi::{IS_STRING_EX, php_stream},
    types::{ZendStr, Zval},
};
use nix::{fcntl::OFlag, libc::PATH_MAX};

use super::{callback::guarded, engine, exception::Result, value};

/// A file that was opened for reading.
pub(crate) enum Opened {
    /// A file of the system.
    Plain(File),
    /// What a stream wrapper of PHP made of the path, read to its end: a string.
    Wrapped(Zval),
}

/// `is_file($path)`.
pub(crate) fn is_file(path: &[u8]) -> Result<bool> {
    let mut name = ZendStr::new(path, false);
    guarded(|| {
        let mut answer = value::boolean(false);
        // SAFETY: the name is a live string; the answer is a place of our own.
        unsafe { engine::php_stat(name.as_mut_ptr(), engine::FS_IS_FILE, &raw mut answer) };
        answer.bool().unwrap_or_default()
    })
}

/// Opens a file for reading; `None` when that cannot be done.
pub(crate) fn open(path: &[u8]) -> Result<Option<Opened>> {
    let Ok(path) = CString::new(path) else {
        return Ok(None);
    };
    guarded(|| match plain_path(&path) {
        Some(plain) => open_plain(plain).map(Opened::Plain),
        None => open_wrapped(&path),
    })
}

/// What the path of a file of the system is to the system; `None` where a stream wrapper stands before it, which may be one of the script's for all files.
fn plain_path(path: &CStr) -> Option<&CStr> {
    let mut plain = path.as_ptr();
    // SAFETY: the path is a C string, and what it is without its scheme a part of it; of the wrappers the addresses are compared.
    unsafe {
        let wrapper = engine::php_stream_locate_url_wrapper(path.as_ptr(), &raw mut plain, 0);
        ptr::eq(wrapper, &raw const engine::php_plain_files_wrapper).then(|| CStr::from_ptr(plain))
    }
}

/// Opens a file of the system as PHP does, without what a stream costs. A pipe does not wait for somebody to write.
fn open_plain(path: &CStr) -> Option<File> {
    // SAFETY: the path is a C string. What is not allowed is a warning, which may run PHP.
    let is_allowed = unsafe { engine::php_check_open_basedir(path.as_ptr()) } == 0;
    let path = absolute(Path::new(OsStr::from_bytes(path.to_bytes())));
    let mut options = OpenOptions::new();
    options.read(true).custom_flags(OFlag::O_NONBLOCK.bits());
    is_allowed.then(|| options.open(path).ok()).flatten()
}

/// Where a path leads that a script gives to the system. `chdir()` of a thread-safe PHP does not move the process, so what is relative is
/// looked for where PHP believes to be.
pub(crate) fn absolute(path: &Path) -> Cow<'_, Path> {
    if path.is_absolute() || path.as_os_str().is_empty() {
        return Cow::Borrowed(path);
    }
    let mut place = [0; PATH_MAX as usize];
    let name = CString::new(path.as_os_str().as_bytes()).ok();
    // SAFETY: the name is a C string, and PHP writes no more than the longest path, ended by zero.
    let expanded = name.and_then(|name| unsafe {
        let expanded = engine::expand_filepath(name.as_ptr(), place.as_mut_ptr());
        (!expanded.is_null()).then(|| CStr::from_ptr(expanded).to_bytes())
    });
    match expanded {
        Some(expanded) => Cow::Owned(OsStr::from_bytes(expanded).into()),
        None => Cow::Borrowed(path),
    }
}

/// Opens a file with a stream wrapper.
fn open_wrapped(path: &CStr) -> Option<Opened> {
    with_stream(path, |stream| {
        // SAFETY: the stream is open.
        unsafe {
            duplicate(stream)
                .map(Opened::Plain)
                .or_else(|| read(stream))
        }
    })
}

/// Reads a file that is open already, from its beginning to its end, into a string that counts against `memory_limit`.
///
/// Where PHP cannot open the descriptor, the string is empty.
pub(crate) fn read_open(file: &impl AsFd) -> Result<Zval> {
    let own = file.as_fd().try_clone_to_owned().map(File::from);
    let own = own.and_then(|mut own| own.rewind().map(|()| own));
    let path = own.map(|own| (CString::new(format!("php://fd/{}", own.as_raw_fd())), own));
    let Ok((Ok(path), _own)) = path else {
        return Ok(value::bytes(""));
    };
    // SAFETY: the stream, a duplicate of the descriptor, is open.
    let read = guarded(|| with_stream(&path, |stream| unsafe { read(stream) }))?;
    Ok(match read {
        Some(Opened::Wrapped(content)) => content,
        _ => value::bytes(""),
    })
}

/// Opens a stream for reading, as long as `f` has it.
fn with_stream<T>(path: &CStr, f: impl FnOnce(*mut php_stream) -> Option<T>) -> Option<T> {
    let (mode, no_options) = (c"rb".as_ptr(), 0);
    // SAFETY: path and mode are C strings; a stream that was opened is closed before anyone else gets to see it.
    unsafe {
        let stream = engine::_php_stream_open_wrapper_ex(
            path.as_ptr(),
            mode,
            no_options,
            null_mut(),
            null_mut(),
        );
        if stream.is_null() {
            return None;
        }
        let result = f(stream);
        engine::_php_stream_free(stream, engine::PHP_STREAM_FREE_CLOSE);
        result
    }
}

/// A new file that only its owner may read.
pub(crate) struct Temporary {
    pub(crate) file: File,
    pub(crate) path: Vec<u8>,
}

/// Makes a new file in `folder`, or in the folder of the system if that cannot be done, whose name begins with `prefix`. `None` when neither
/// can be done.
pub(crate) fn temporary(folder: &[u8], prefix: &CStr) -> Result<Option<Temporary>> {
    let folder = CString::new(folder).unwrap_or_default();
    guarded(|| {
        let mut path = null_mut();
        // SAFETY: folder and prefix are C strings; the descriptor is ours, and so is the reference to the path, which the value takes over.
        unsafe {
            let descriptor =
                engine::php_open_temporary_fd(folder.as_ptr(), prefix.as_ptr(), &raw mut path);
            if descriptor < 0 || path.is_null() {
                return None;
            }
            let mut name = Zval::new();
            name.value.str_ = path;
            name.u1.type_info = IS_STRING_EX;
            Some(Temporary {
                file: File::from_raw_fd(descriptor),
                path: name.zend_str()?.as_bytes().to_vec(),
            })
        }
    })
}

/// Removes a file, if it is there. PHP forgets what it remembers of files, as it does at an `unlink()` of its own.
pub(crate) fn remove(path: &Path) {
    let _ = fs::remove_file(path);
    // SAFETY: without a name everything is forgotten.
    unsafe { engine::php_clear_stat_cache(false, null(), 0) };
}

/// # Safety
/// The stream must be open.
unsafe fn duplicate(stream: *mut php_stream) -> Option<File> {
    let mut descriptor: RawFd = -1;
    // SAFETY: the caller's promise; the descriptor stays open until it is duplicated.
    unsafe {
        let place = (&raw mut descriptor).cast();
        if engine::_php_stream_cast(stream, engine::PHP_STREAM_AS_FD, place, 0) != 0 {
            return None;
        }
        let descriptor = BorrowedFd::borrow_raw(descriptor).try_clone_to_owned();
        descriptor.ok().map(File::from)
    }
}

/// # Safety
/// The stream must be open.
unsafe fn read(stream: *mut php_stream) -> Option<Opened> {
    const TO_THE_END: usize = usize::MAX;
    let mut content = Zval::new();
    // SAFETY: the caller's promise; the value takes over the reference to the string.
    unsafe {
        let text = engine::_php_stream_copy_to_mem(stream, TO_THE_END, 0);
        if text.is_null() {
            return None;
        }
        content.value.str_ = text;
        content.u1.type_info = IS_STRING_EX;
    }
    Some(Opened::Wrapped(content))
}
