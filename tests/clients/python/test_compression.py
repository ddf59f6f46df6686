"""The `websockets` package of PyPI, with compression, as client and as server."""

import itertools
import json
import os
import queue
import ssl
import threading
import unittest

from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory, ServerPerMessageDeflateFactory
from websockets.sync.client import connect
from websockets.sync.server import serve

from server import Server, certificate, free_port

OURS = [{"threshold": 0}, {"threshold": 0, "context_takeover": True}]
THEIRS = [
    {},
    {"server_no_context_takeover": True},
    {"client_no_context_takeover": True},
    {"server_max_window_bits": 9, "client_max_window_bits": 9},
]
MESSAGES = ["again " * 1000, "short", "", json.dumps(THEIRS) * 1000]


def extension(websocket) -> list[str]:
    return [extension.name for extension in websocket.protocol.extensions]


class CompressionTest(unittest.TestCase):
    def test_clients_are_served(self) -> None:
        for ours in OURS:
            port = free_port()
            server = Server("tests/clients/echo.php", PORT=str(port), COMPRESSION=json.dumps(ours))
            try:
                for theirs in THEIRS:
                    offer = ClientPerMessageDeflateFactory(**{"client_max_window_bits": True, **theirs})
                    with (
                        self.subTest(ours=ours, theirs=theirs),
                        connect(f"ws://127.0.0.1:{port}", compression=None, extensions=[offer]) as websocket,
                    ):
                        self.assertEqual(extension(websocket), ["permessage-deflate"])
                        for message in MESSAGES:
                            websocket.send(message)
                            self.assertEqual(websocket.recv(timeout=20), message)
            finally:
                server.stop()

    def test_clients_are_served_over_tls(self) -> None:
        file = certificate()
        self.addCleanup(os.unlink, file)
        trust = ssl.create_default_context(cafile=file)
        for ours in OURS:
            port = free_port()
            server = Server("tests/clients/echo.php", PORT=str(port), COMPRESSION=json.dumps(ours), CERTIFICATE=file)
            try:
                with self.subTest(ours=ours), connect(f"wss://127.0.0.1:{port}", ssl=trust, max_size=None) as websocket:
                    self.assertEqual(extension(websocket), ["permessage-deflate"])
                    for message in [*MESSAGES, "large " * 500_000]:
                        websocket.send(message)
                        self.assertEqual(websocket.recv(timeout=20), message)
            finally:
                server.stop()

    def test_servers_are_visited(self) -> None:
        for ours, theirs in itertools.product(OURS, THEIRS):
            with self.subTest(ours=ours, theirs=theirs):
                extensions, *heard = self.visit(ours, ServerPerMessageDeflateFactory(**theirs))
                self.assertEqual(extensions, ["permessage-deflate"])
                self.assertEqual(heard, MESSAGES)

    def visit(self, ours: dict, theirs: ServerPerMessageDeflateFactory) -> list:
        """Lets our client visit a server, and returns what was agreed upon and what came back."""
        results = queue.Queue()

        def talk(websocket) -> None:
            heard = [extension(websocket)]
            websocket.recv(timeout=20)
            for message in MESSAGES:
                websocket.send(f"echo {message}")
                heard.append(websocket.recv(timeout=20))
            results.put(heard)

        websockets = serve(talk, "127.0.0.1", 0, subprotocols=["wamp"], compression=None, extensions=[theirs])
        thread = threading.Thread(target=websockets.serve_forever)
        thread.start()
        url = f"ws://127.0.0.1:{websockets.socket.getsockname()[1]}/"
        client = Server("tests/clients/dial.php", URL=url, COMPRESSION=json.dumps(ours))
        try:
            return results.get(timeout=20)
        finally:
            client.stop()
            websockets.shutdown()
            thread.join()


if __name__ == "__main__":
    unittest.main()
