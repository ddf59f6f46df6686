"""The `websockets` package of PyPI against examples/push/push.php."""

import json
import socket
import unittest

from websockets.sync.client import connect

from server import Server


def push(message: dict) -> str:
    with socket.create_connection(("127.0.0.1", 5678), timeout=20) as back_end:
        back_end.sendall(json.dumps(message).encode() + b"\n")
        return back_end.recv(8192).decode()


class PushTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls) -> None:
        cls.server = Server("examples/push/push.php")

    @classmethod
    def tearDownClass(cls) -> None:
        cls.server.stop()

    def test_a_push_reaches_the_client_of_its_uid_alone(self) -> None:
        with connect("ws://127.0.0.1:1234") as first, connect("ws://127.0.0.1:1234") as second:
            for websocket, uid in ((first, "uid1"), (second, "uid2")):
                websocket.send(uid)
                websocket.ping().wait(timeout=20)
            self.assertEqual(push({"uid": "uid1", "percent": "88%"}), "ok\n")
            self.assertEqual(push({"uid": "uid2", "percent": "12%"}), "ok\n")
            self.assertEqual(json.loads(first.recv(timeout=20))["percent"], "88%")
            self.assertEqual(json.loads(second.recv(timeout=20))["percent"], "12%")

    def test_a_push_to_nobody_fails(self) -> None:
        self.assertEqual(push({"uid": "nobody"}), "fail\n")


if __name__ == "__main__":
    unittest.main()
