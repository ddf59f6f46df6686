//! What systemd is told about the state of the service, over the socket that `NOTIFY_SOCKET` names; see `sd_notify(3)`.
//!
//! Nothing happens where there is no such variable, and nothing that goes wrong here concerns the service: every function is silent.

use std::env;
use std::ffi::OsStr;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

use nix::time::{ClockId, clock_gettime};
use nix::unistd::Pid;

/// The service is up, or has reloaded. `main` is the process that systemd is to watch, if that is not the one that it has started; from a
/// process that it does not watch yet it takes this with `NotifyAccess=all` only.
pub fn ready(main: Option<Pid>) {
    match main {
        Some(pid) => send(&format!("READY=1\nMAINPID={pid}")),
        None => send("READY=1"),
    }
}

/// The service reloads; [`ready`] says when it is done. The time is what `Type=notify-reload` asks for.
pub fn reloading() {
    send(&format!("RELOADING=1\nMONOTONIC_USEC={}", monotonic_usec()));
}

/// The service stops.
pub fn stopping() {
    send("STOPPING=1");
}

/// A line for `systemctl status`. A newline ends it.
pub fn status(text: &str) {
    send(&format!(
        "STATUS={}",
        text.lines().next().unwrap_or_default()
    ));
}

fn send(message: &str) {
    if let Some(address) = env::var_os("NOTIFY_SOCKET") {
        let _ = send_to(&address, message);
    }
}

/// An address with `@` in front is abstract. A socket whose reader is slow is not waited for.
fn send_to(address: &OsStr, message: &str) -> io::Result<()> {
    let address = match address.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name)?,
        path => SocketAddr::from_pathname(OsStr::from_bytes(path))?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_nonblocking(true)?;
    socket
        .send_to_addr(message.as_bytes(), &address)
        .map(|_| ())
}

fn monotonic_usec() -> i64 {
    // This clock cannot be missing.
    clock_gettime(ClockId::CLOCK_MONOTONIC)
        .map_or(0, |time| time.tv_sec() * 1_000_000 + time.tv_nsec() / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scratch::Scratch;

    fn received(socket: &UnixDatagram) -> String {
        let mut message = [0; 256];
        let length = socket.recv(&mut message).unwrap();
        String::from_utf8(message[..length].to_vec()).unwrap()
    }

    #[test]
    fn sockets_have_a_path_or_an_abstract_name() {
        let directory = Scratch::new("notify");
        let path = directory.file("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        send_to(path.as_os_str(), "READY=1").unwrap();
        assert_eq!(received(&socket), "READY=1");

        let name = format!("ouvrier-notify-{}", std::process::id());
        let address = SocketAddr::from_abstract_name(name.as_bytes()).unwrap();
        let socket = UnixDatagram::bind_addr(&address).unwrap();
        send_to(OsStr::new(&format!("@{name}")), "STOPPING=1").unwrap();
        assert_eq!(received(&socket), "STOPPING=1");
    }

    #[test]
    fn nobody_who_listens_is_an_error_and_no_more() {
        let directory = Scratch::new("notify-nobody");
        assert!(send_to(directory.file("socket").as_os_str(), "READY=1").is_err());
        assert!(send_to(OsStr::new(""), "READY=1").is_err());
    }

    #[test]
    fn the_clock_runs() {
        assert!(monotonic_usec() > 0);
    }
}
