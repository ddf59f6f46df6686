"""The `websockets` package of PyPI against an echo."""

import os
import unittest

from websockets.exceptions import ConnectionClosedOK
from websockets.sync.client import connect

from server import Server, free_port


class EchoTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        port = free_port()
        cls.url = f"ws://127.0.0.1:{port}"
        cls.server = Server("tests/clients/echo.php", PORT=str(port))

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def ask(self, message):
        with connect(self.url, compression=None) as websocket:
            if isinstance(message, bytes):
                websocket.send("binary")
            websocket.send(message)
            return websocket.recv(timeout=20)

    def test_text_comes_back_as_text(self) -> None:
        self.assertEqual(self.ask("grüße, 世界"), "grüße, 世界")

    def test_binary_comes_back_byte_for_byte(self) -> None:
        data = os.urandom(70_000)
        self.assertEqual(self.ask(data), data)

    def test_a_message_of_one_megabyte(self) -> None:
        text = os.urandom(500_000).hex()
        self.assertEqual(self.ask(text), text)

    def test_fragments_are_joined(self) -> None:
        with connect(self.url, compression=None) as websocket:
            websocket.send(["one ", "two ", "three"])
            self.assertEqual(websocket.recv(timeout=20), "one two three")

    def test_pings_are_answered(self) -> None:
        with connect(self.url) as websocket:
            self.assertTrue(websocket.ping(b"there?").wait(timeout=20))

    def test_the_server_closes_after_its_last_message(self) -> None:
        with connect(self.url) as websocket:
            websocket.send("close")
            self.assertEqual(websocket.recv(timeout=20), "bye")

    def test_the_client_closes_with_code_1000(self) -> None:
        websocket = connect(self.url)
        websocket.close(1000, "done")
        self.assertEqual(websocket.close_code, 1000)
        with self.assertRaises(ConnectionClosedOK):
            websocket.recv()

    def test_a_client_that_offers_compression_is_served(self) -> None:
        with connect(self.url, compression="deflate") as websocket:
            text = "again " * 1000
            websocket.send(text)
            self.assertEqual(websocket.recv(timeout=20), text)


if __name__ == "__main__":
    unittest.main()
