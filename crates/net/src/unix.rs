//! Unix domain sockets, which leave a file behind.

use std::{
    fs, io,
    os::unix::{ffi::OsStrExt, fs::FileTypeExt},
    path::Path,
};

use socket2::{Domain, SockAddr, Socket, Type};

/// Bytes of the longest path (`sun_path`, which ends in a zero byte). An abstract name has one byte more, since it does not.
const LONGEST: usize = 107;

/// A socket bound to `path`. One that begins with a zero byte is a name without a file (an abstract socket, Linux only).
///
/// The file of a socket that nobody listens on any more is replaced. What is no socket is left alone.
///
/// # Errors
/// "Address already in use" when somebody listens, and the system's others.
pub(crate) fn bind(path: &Path) -> io::Result<Socket> {
    if path.as_os_str().len() > LONGEST {
        return Err(refuse(format!(
            "the path of a unix socket has at most {LONGEST} bytes: {}",
            path.display()
        )));
    }
    let address = SockAddr::unix(path)?;
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    match socket.bind(&address) {
        Err(error) if error.kind() == io::ErrorKind::AddrInUse && is_abandoned(path, &address)? => {
            fs::remove_file(path)?;
            socket.bind(&address)?;
        }
        other => other?,
    }
    Ok(socket)
}

/// Whether `path` is the file of a socket that nobody listens on.
fn is_abandoned(path: &Path, address: &SockAddr) -> io::Result<bool> {
    if path.as_os_str().as_bytes().starts_with(b"\0") {
        return Ok(false);
    }
    if !fs::symlink_metadata(path)?.file_type().is_socket() {
        return Err(refuse(format!(
            "{} exists and is no socket",
            path.display()
        )));
    }
    let knock = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    // Whoever listens but has no room says so at once, instead of making us wait.
    knock.set_nonblocking(true)?;
    Ok(knock
        .connect(address)
        .is_err_and(|error| error.kind() == io::ErrorKind::ConnectionRefused))
}

fn refuse(reason: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, reason)
}

#[cfg(test)]
mod tests {
    use std::{os::unix::net::UnixListener, path::PathBuf};

    use super::*;

    fn path(name: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("ouvrier-{}-{name}", std::process::id()));
        let _ = fs::remove_file(&path);
        path
    }

    #[test]
    fn a_file_that_nobody_listens_on_is_replaced() {
        let path = path("abandoned");
        drop(UnixListener::bind(&path).unwrap());
        assert!(fs::exists(&path).unwrap());
        let socket = bind(&path).unwrap();
        socket.listen(1).unwrap();
        assert_eq!(bind(&path).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn what_is_no_socket_is_left_alone() {
        let path = path("precious");
        fs::write(&path, "precious").unwrap();
        let error = bind(&path).unwrap_err().to_string();
        assert!(
            error.ends_with("-precious exists and is no socket"),
            "{error}"
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), "precious");
        fs::remove_file(&path).unwrap();
    }

    #[test]
    fn a_path_that_is_too_long_is_refused_with_its_length() {
        let error = bind(Path::new(&"x".repeat(108))).unwrap_err().to_string();
        assert!(error.starts_with("the path of a unix socket has at most 107 bytes: xx"));
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn a_name_that_begins_with_a_zero_byte_has_no_file() {
        let name = PathBuf::from(format!("\0ouvrier-{}", std::process::id()));
        let first = bind(&name).unwrap();
        assert_eq!(bind(&name).unwrap_err().kind(), io::ErrorKind::AddrInUse);
        drop(first);
        bind(&name).unwrap();
    }
}
