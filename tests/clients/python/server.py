"""Servers of this repository, run as their users run them."""

import os
import signal
import socket
import subprocess
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


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
