"""A node that answers what a test tells it to, on an address of this machine."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Callable, Dict, Iterator, List, Tuple

TOKEN = "0123456789abcdef" * 4


class Seen:
    """A request as it came."""

    def __init__(self, handler: BaseHTTPRequestHandler, body: bytes) -> None:
        self.method = handler.command
        self.target = handler.path
        self.headers = dict(handler.headers.items())
        self.body = body

    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[BaseHTTPRequestHandler, Seen], None]


def answer(content: bytes, media_type: str, status: int = 200) -> Answer:
    """Answers with a body of known length."""

    def send(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        handler.send_response(status)
        handler.send_header("Content-Type", media_type)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    return send


def tell(value: Any, status: int = 200) -> Answer:
    """Answers with JSON."""
    return answer(json.dumps(value).encode(), "application/json", status)


def chunks(parts: List[bytes], media_type: str, ends: bool) -> Answer:
    """Answers in chunks, with the last one or without."""

    def send(handler: BaseHTTPRequestHandler, _: Seen) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", media_type)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for part in parts:
            handler.wfile.write(f"{len(part):x}\r\n".encode() + part + b"\r\n")
        if ends:
            handler.wfile.write(b"0\r\n\r\n")
        handler.close_connection = True

    return send


class FakeNode:
    """Answers by method and path; keeps what was asked."""

    def __init__(self, answers: Dict[Tuple[str, str], Any]) -> None:
        self.answers = answers
        self.seen: List[Seen] = []
        node = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _handle(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                seen = Seen(self, body)
                node.seen.append(seen)
                found = node.answers.get((self.command, self.path.split("?")[0]))
                if isinstance(found, list):
                    found = found.pop(0) if len(found) > 1 else found[0]
                missing = tell({"error": {"kind": "not_found", "message": f"nothing at {self.path}"}}, 404)
                (found or missing)(self, seen)

            do_GET = do_POST = _handle

            def log_message(self, *_: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, *_: Any) -> None:
                # Clients that go away are part of the tests.
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), name="fake-node", daemon=True)

    @property
    def port(self) -> int:
        return self._server.server_address[1]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "FakeNode":
        self._thread.start()
        return self

    def __exit__(self, *_: Any) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def write_private(path: str, text: str, mode: int = 0o600) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.chmod(path, mode)


@contextlib.contextmanager
def data_directory(port: int, runs: bool = True) -> Iterator[str]:
    """A data directory as a node that runs has it."""
    with tempfile.TemporaryDirectory() as directory:
        write_private(os.path.join(directory, "faces.token"), TOKEN)
        write_private(os.path.join(directory, "faces.json"), json.dumps({"http": f"127.0.0.1:{port}"}))
        lock = os.path.join(directory, "lock")
        write_private(lock, "")
        with open(lock, "rb") as held:
            if runs:
                try:
                    import fcntl

                    fcntl.flock(held, fcntl.LOCK_EX)
                except ImportError:
                    pass
            yield directory
