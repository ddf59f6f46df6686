"""Our client against the server of the `websockets` package of PyPI."""

import http
import queue
import socket
import threading
import unittest

from websockets.exceptions import ConnectionClosedOK
from websockets.sync.server import serve

from server import Server


class DialTest(unittest.TestCase):
    def visit(self, handler, **options):
        """Lets our client visit a server, and returns what `handler` returns."""
        results = queue.Queue()
        websockets = serve(lambda websocket: results.put(handler(websocket)), "127.0.0.1", 0, **options)
        port = websockets.socket.getsockname()[1]
        thread = threading.Thread(target=websockets.serve_forever)
        thread.start()
        client = Server("tests/clients/dial.php", URL=f"ws://127.0.0.1:{port}/chat?room=1")
        try:
            return results.get(timeout=20)
        finally:
            client.stop()
            websockets.shutdown()
            thread.join()

    def test_a_conversation(self) -> None:
        def talk(websocket):
            heard = [websocket.request.path, websocket.request.headers["X-Token"], websocket.recv(timeout=20)]
            for said in ["echo hello", "echo \u20ac", "echo " + "x" * 100_000]:
                websocket.send(said)
                heard.append(websocket.recv(timeout=20))
            websocket.ping().wait(20)
            websocket.send("binary")
            websocket.send(["echo in", " fragments"])
            heard.append(websocket.recv(timeout=20))
            websocket.send("close")
            heard.append(websocket.recv(timeout=20))
            try:
                websocket.recv(timeout=20)
            except ConnectionClosedOK as closed:
                heard.append(closed.rcvd.code)
            return heard

        heard = self.visit(talk, subprotocols=["wamp"], compression=None)
        self.assertEqual(
            heard,
            ["/chat?room=1", "secret", "let in with wamp", "hello", "\u20ac", "x" * 100_000, b"in fragments", b"bye", 1000],
        )

    def test_a_server_that_compresses_if_it_may(self) -> None:
        def talk(websocket):
            websocket.recv(timeout=20)
            websocket.send("echo hello")
            return websocket.recv(timeout=20)

        self.assertEqual(self.visit(talk, subprotocols=["wamp"]), "hello")

    def test_a_refusal(self) -> None:
        websockets = serve(
            lambda websocket: None,
            "127.0.0.1",
            0,
            process_request=lambda connection, request: connection.respond(http.HTTPStatus.UNAUTHORIZED, "no"),
        )
        thread = threading.Thread(target=websockets.serve_forever)
        thread.start()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(20)
            client = Server(
                "tests/clients/dial.php",
                URL=f"ws://127.0.0.1:{websockets.socket.getsockname()[1]}",
                REPORT_TO=f"text://127.0.0.1:{listener.getsockname()[1]}",
            )
            try:
                report, _ = listener.accept()
                with report, report.makefile() as lines:
                    self.assertEqual(
                        lines.readline(), "1 websocket handshake: the server answered 401 Unauthorized\n"
                    )
            finally:
                client.stop()
                websockets.shutdown()
                thread.join()


if __name__ == "__main__":
    unittest.main()
