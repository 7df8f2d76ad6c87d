"""HTTP to an address of this machine: no proxy, no redirect, and an end that is an end.

``http.client`` follows neither proxies nor redirects by itself. A body that breaks off raises: an answer has
a length or comes in chunks, and whatever ends earlier is no result.
"""

from __future__ import annotations

import http.client
import io
import json
import socket
from typing import Any, Dict, Mapping, Optional, Tuple
from urllib.parse import urlencode

from ._discovery import Address
from ._error import Error

ARROW = "application/vnd.apache.arrow.stream"
PARQUET = "application/vnd.apache.parquet"
JSON = "application/json"

#: Bytes of an answer that says why there is none.
MAX_PROBLEM_BYTES = 1 << 20
#: Bytes of a list.
MAX_LIST_BYTES = 1 << 30

_GONE_HINT = "the node may have been stopped or be busy: dataforge status says how it is"


class Body(io.RawIOBase):
    """The bytes of an answer; raises when they break off."""

    def __init__(self, connection: http.client.HTTPConnection, response: http.client.HTTPResponse) -> None:
        super().__init__()
        self._connection = connection
        self._response = response
        self.media_type = (response.getheader("Content-Type") or "").split(";")[0].strip().lower()
        if not response.chunked and response.length is None:
            self.close()
            raise Error("network", "the answer does not say where it ends")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if len(buffer) == 0:
            return 0
        try:
            count = self._response.readinto(buffer)
        except (http.client.HTTPException, OSError) as error:
            self.close()
            raise broken_off(error) from error
        if count == 0 and self._response.length not in (None, 0):
            self.close()
            raise broken_off()
        return count or 0

    def close(self) -> None:
        if not self.closed:
            self._response.close()
            self._connection.close()
        super().close()


def broken_off(error: Optional[BaseException] = None) -> Error:
    """The error of an answer that broke off."""
    why = f": {error}" if error is not None and str(error) else ""
    return Error(
        "network",
        f"the result broke off, what came of it is not the whole{why}",
        "the query failed after its first rows, or the node went away: ask again; dataforge query says why it fails",
    )


class Transport:
    """Requests to one node. A connection for each, so that several threads may ask."""

    def __init__(self, address: Address, token: str, timeout: Optional[float]) -> None:
        self.address = address
        self._token = token
        self._timeout = timeout

    def __repr__(self) -> str:
        return f"Transport(http://{self.address.host})"

    def get(self, path: str, query: Mapping[str, Optional[str]]) -> Any:
        """Returns a list or another JSON answer."""
        with self._open("GET", _with_query(path, query), None, {"Accept": JSON}) as body:
            return _json(body, MAX_LIST_BYTES)

    def fetch(self, path: str, query: Mapping[str, Optional[str]]) -> bytes:
        """Returns all bytes of a Parquet file."""
        with self._open("GET", _with_query(path, query), None, {"Accept": PARQUET}) as body:
            content = bytearray()
            while True:
                part = body.read(1 << 20)
                if not part:
                    return bytes(content)
                content += part

    def ask(self, question: Mapping[str, Any], accept: str) -> Body:
        """Runs a statement; returns its result as it comes."""
        try:
            content = json.dumps(question, allow_nan=False).encode()
        except (TypeError, ValueError) as error:
            raise Error("usage", f"a parameter cannot be sent: {error}", "use text, numbers, booleans or None") from error
        body = self._open("POST", "/v1/sql", content, {"Content-Type": JSON, "Accept": accept})
        if body.media_type != accept:
            body.close()
            raise Error("internal", f"the node answered with {body.media_type or 'nothing known'}, not {accept}")
        return body

    def send(self, path: str, query: Mapping[str, Any], content: bytes, media_type: str) -> Any:
        """Sends something to be kept; returns the JSON answer."""
        headers = {"Content-Type": media_type, "Accept": JSON, "X-DataForge": "1"}
        with self._open("POST", _with_query(path, query), content, headers) as body:
            return _json(body, MAX_LIST_BYTES)

    def _open(self, method: str, target: str, content: Optional[bytes], headers: Dict[str, str]) -> Body:
        connection = http.client.HTTPConnection(self.address.ip, self.address.port, timeout=self._timeout)
        headers = {
            "Host": self.address.host,
            "Authorization": f"Bearer {self._token}",
            "Accept-Encoding": "identity",
            "Connection": "close",
            **headers,
        }
        try:
            try:
                connection.request(method, target, body=content, headers=headers)
            except (BrokenPipeError, ConnectionResetError):
                # Who refuses a body before all of it was sent may have said why.
                if connection.sock is None:
                    raise
            response = connection.getresponse()
        except (http.client.HTTPException, OSError) as error:
            connection.close()
            raise self._unreachable(error) from error
        body = Body(connection, response)
        if response.status in (200, 201):
            return body
        with body:
            raise _problem(response.status, body)

    def _unreachable(self, error: BaseException) -> Error:
        if isinstance(error, socket.timeout):
            return Error("network", f"the node at {self.address.host} did not answer in time", _GONE_HINT)
        return Error("network", f"the node at {self.address.host} does not answer: {error}", _GONE_HINT)


def _with_query(path: str, query: Mapping[str, Any]) -> str:
    pairs = [(key, value) for key, value in query.items() if value is not None]
    return f"{path}?{urlencode(pairs, doseq=True)}" if pairs else path


def _read(body: Body, most: int) -> bytes:
    content = bytearray()
    while len(content) <= most:
        part = body.read(1 << 16)
        if not part:
            return bytes(content)
        content += part
    raise Error("network", f"the answer is larger than {most} bytes")


def _json(body: Body, most: int) -> Any:
    try:
        return json.loads(_read(body, most))
    except ValueError as error:
        raise Error("internal", f"the node's answer is no json: {error}") from error


def _problem(status: int, body: Body) -> Error:
    try:
        told: Tuple[Any, ...] = (json.loads(_read(body, MAX_PROBLEM_BYTES)),)
    except (ValueError, Error):
        told = ()
    error = told[0].get("error") if told and isinstance(told[0], dict) else None
    if not isinstance(error, dict) or not isinstance(error.get("message"), str):
        # A redirect comes here too: the token goes to nobody else.
        return Error("network", f"the node answered with status {status} and no reason", _GONE_HINT, status=status)
    message = "; ".join([error["message"], *(cause for cause in error.get("causes") or [] if isinstance(cause, str))])
    position = {key: error[key] for key in ("line", "column") if isinstance(error.get(key), int)}
    return Error(str(error.get("kind")), message, error.get("hint"), position or None, status)
