"""Servers of this repository, run as their users run them."""

import os
import signal
import socket
import subprocess
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def certificate() -> str:
    """The file of a certificate for 127.0.0.1 that has signed itself, and of its key. Whoever asks removes it."""
    with tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False) as file:
        command = "openssl req -x509 -nodes -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=localhost -days 2".split()
        command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "-", "-out", "-"]
        file.write(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return file.name


class Server:
    """A PHP script that has started; `stop` ends it as Ctrl+C does."""

    def __init__(self, script: str, **environment: str) -> None:
        self._process = subprocess.Popen(
            [os.environ.get("PHP", "php"), str(REPOSITORY / script), "start"],
            env={**os.environ, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        for line in self._process.stdout:
            if "Start success" in line:
                break

    def stop(self) -> None:
        os.killpg(self._process.pid, signal.SIGINT)
        self._process.communicate(timeout=20)
