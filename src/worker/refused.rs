//! Methods of Workerman that have no meaning here, and say so.

use crate::zend::{Call, Class, Result, exception};

/// What Workerman does on Windows.
const WINDOWS: [&str; 5] = [
    "forkWorkersForWindows",
    "getStartFilesForWindows",
    "forkOneWorkerForWindows",
    "checkWorkerStatusForWindows",
    "monitorWorkersForWindows",
];

pub(super) fn methods(class: Class) -> Class {
    let class = WINDOWS
        .into_iter()
        .fold(class, |class, name| class.method(name, refuse_windows));
    class
        .method("acceptTcpConnection", refuse_accept)
        .method("acceptUdpConnection", refuse_accept)
}

fn refuse_windows(_: &mut Call) -> Result<()> {
    exception::throw_runtime("Ouvrier does not run on Windows")
}

fn refuse_accept(_: &mut Call) -> Result<()> {
    exception::throw_runtime(
        "Ouvrier accepts connections itself: listen(), pauseAccept() and resumeAccept() say when",
    )
}
