"""Tables of a node as files for DuckDB, read by ranges over HTTP, and counted.

DuckDB reads http:// itself by its extension httpfs, which has to be fetched from its makers once. Where there
is none this does: a file system of fsspec, in the terms DuckDB's register_filesystem takes.
"""

import http.client
import urllib.parse

import fsspec
from fsspec.spec import AbstractBufferedFile


class NodeFiles(fsspec.AbstractFileSystem):
    """Reads node://HOST:PORT/PATH by HTTP with a token; `bytes_read` counts what came, `requests` how often."""

    protocol = "node"
    cachable = False

    def __init__(self, token, **kwargs):
        super().__init__(**kwargs)
        self.token = token
        self.bytes_read = 0
        self.requests = 0

    @classmethod
    def _strip_protocol(cls, path):
        return path.removeprefix("node://")

    def ask(self, method, path, headers=None):
        """Returns status, headers and body of an answer; raises for a status that is none of success."""
        host, _, rest = self._strip_protocol(path).partition("/")
        connection = http.client.HTTPConnection(host, timeout=120)
        try:
            url = "/" + urllib.parse.quote(rest, safe="/?=&")
            connection.request(method, url, headers={"Authorization": f"Bearer {self.token}", **(headers or {})})
            answer = connection.getresponse()
            body = answer.read()
        finally:
            connection.close()
        self.requests += 1
        self.bytes_read += len(body)
        if answer.status >= 400:
            raise OSError(f"{method} {url}: {answer.status} {body[:500]!r}")
        return answer.status, answer.headers, body

    def info(self, path, **kwargs):
        _, headers, _ = self.ask("HEAD", path)
        return {"name": path, "size": int(headers["Content-Length"]), "type": "file"}

    def glob(self, path, **kwargs):
        return [path]

    def exists(self, path, **kwargs):
        return True

    def modified(self, path):
        # What a hash names does not change.
        import datetime

        return datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)

    def _open(self, path, mode="rb", block_size=None, autocommit=True, cache_options=None, **kwargs):
        # What DuckDB does not ask for is not read ahead.
        return NodeFile(self, path, mode, cache_type="none", size=self.info(path)["size"])


class NodeFile(AbstractBufferedFile):
    """One such file."""

    def _fetch_range(self, start, end):
        status, _, body = self.fs.ask("GET", self.path, {"Range": f"bytes={start}-{end - 1}"})
        if status != 206 or len(body) != end - start:
            raise OSError(f"a range of {end - start} bytes was asked for, {len(body)} came with status {status}")
        return body
