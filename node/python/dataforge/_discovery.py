"""Finds the running node: its data directory, where its HTTP face is open, and the token.

A token opens everything that this user's node has, so it is read only from a file that nobody else can
read, and shown only to an address of this machine where the node is known to run.
"""

from __future__ import annotations

import ipaddress
import json
import os
import stat
import sys
from typing import Callable, Mapping, NamedTuple, Optional, Union
from urllib.parse import urlsplit

from ._error import Error

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: The file with the token, in the data directory.
TOKEN_FILE = "faces.token"
#: The file that says where faces are open, in the data directory.
PLACES_FILE = "faces.json"
#: The file that a process which has the directory keeps locked.
LOCK_FILE = "lock"
#: Hex digits of a token.
TOKEN_DIGITS = 64
#: Bytes that are read of one of these files.
MAX_FILE_BYTES = 4096

OPEN_HINT = "open its HTTP face: dataforge config set faces.http 127.0.0.1:7414, then dataforge up or the desktop"

PathLike = Union[str, "os.PathLike[str]"]


class Address(NamedTuple):
    """Where a face is open: an address of this machine, and what the face goes by in ``Host``."""

    ip: str
    port: int

    @property
    def host(self) -> str:
        name = f"[{self.ip}]" if ":" in self.ip else self.ip
        return f"{name}:{self.port}"


def data_directory(
    given: Optional[PathLike] = None,
    environment: Optional[Mapping[str, str]] = None,
    platform: Optional[str] = None,
    home: Optional[Callable[[], str]] = None,
) -> str:
    """Returns the data directory: the given one, that of ``DATAFORGE_DIR``, else that of the system."""
    environment = os.environ if environment is None else environment
    platform = sys.platform if platform is None else platform
    if given is not None:
        return os.path.abspath(os.fspath(given))
    named = environment.get("DATAFORGE_DIR")
    if named:
        return os.path.abspath(named)
    base = _system_base(environment, platform, home or (lambda: os.path.expanduser("~")))
    return os.path.join(base, "dataforge")


def _system_base(environment: Mapping[str, str], platform: str, home: Callable[[], str]) -> str:
    def absolute(name: str) -> Optional[str]:
        path = environment.get(name)
        return path if path and os.path.isabs(path) else None

    own = home()
    if not own or own == "~":
        raise Error("usage", "there is no home directory to look for data in", "give directory= or DATAFORGE_DIR")
    if platform.startswith("win"):
        return absolute("LOCALAPPDATA") or os.path.join(own, "AppData", "Local")
    if platform == "darwin":
        return os.path.join(own, "Library", "Application Support")
    return absolute("XDG_DATA_HOME") or os.path.join(own, ".local", "share")


def loopback(text: str) -> Address:
    """Understands ``HOST:PORT``; only addresses of this machine itself are taken."""
    try:
        parts = urlsplit(f"//{text}")
        name, port = parts.hostname, parts.port
    except ValueError:
        name, port = None, None
    if not name or not port or parts.path or parts.query or parts.fragment or parts.username or parts.password:
        raise Error("usage", f"{text!r} is no address and port", "write 127.0.0.1:7414")
    if name.lower() == "localhost":
        name = "127.0.0.1"
    try:
        ip = ipaddress.ip_address(name)
    except ValueError:
        ip = None
    if ip is None or not ip.is_loopback:
        raise Error(
            "not_allowed",
            f"{text} may be another machine: the token is shown to this one only",
            "a node elsewhere needs a tunnel, such as ssh -L 7414:127.0.0.1:7414 HOST",
        )
    return Address(str(ip), port)


def address_of_url(url: str) -> Address:
    """Understands ``http://HOST:PORT``."""
    parts = urlsplit(url)
    if parts.scheme != "http" or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise Error("usage", f"{url!r} is no address of a node", "write http://127.0.0.1:7414")
    return loopback(parts.netloc)


def _read_private(path: str) -> Optional[str]:
    """Reads a small file of this user that nobody else can read or write; None when there is none."""
    flags = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        descriptor = os.open(path, flags)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Error("storage", f"cannot read {path}: {error.strerror or error}") from error
    with os.fdopen(descriptor, "rb") as file:
        _check_private(path, os.fstat(descriptor))
        content = file.read(MAX_FILE_BYTES + 1)
    if len(content) > MAX_FILE_BYTES:
        raise Error("input", f"{path} is too large to be what it is named after")
    try:
        return content.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise Error("input", f"{path} is not what it is named after") from error


def _check_private(path: str, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Error("not_allowed", f"{path} is no plain file")
    if not hasattr(os, "geteuid"):
        # Who may read a file on Windows follows from its directory.
        return
    if found.st_uid != os.geteuid():
        raise Error("not_allowed", f"{path} belongs to another user", "run as the user whose node it is")
    if stat.S_IMODE(found.st_mode) & 0o077:
        raise Error(
            "not_allowed",
            f"{path} can be read by others, so it is no secret",
            "start the node again: it makes another one that only you can read",
        )


def read_token(directory: str) -> str:
    """Reads the token of a data directory."""
    path = os.path.join(directory, TOKEN_FILE)
    token = _read_private(path)
    if token is None:
        raise Error("not_found", f"there is no token {path}", OPEN_HINT)
    return check_token(token)


def check_token(token: str) -> str:
    """Sees that a text is a token, and nothing that would become another header."""
    token = token.strip()
    if len(token) != TOKEN_DIGITS or any(digit not in "0123456789abcdefABCDEF" for digit in token):
        raise Error("input", f"the token is not {TOKEN_DIGITS} hex digits", "dataforge faces --token prints it")
    return token


def find_address(directory: str) -> Address:
    """Finds where the node of a data directory gives HTTP."""
    if not os.path.isdir(directory):
        raise Error("not_found", f"there is no data directory {directory}", "give directory= or DATAFORGE_DIR")
    if not _has_node(directory):
        raise Error("not_found", f"no node is running on {directory}", OPEN_HINT)
    path = os.path.join(directory, PLACES_FILE)
    text = _read_private(path)
    places = None
    if text is not None:
        try:
            places = json.loads(text)
        except ValueError as error:
            raise Error("input", f"{path} is no json: {error}") from error
    place = places.get("http") if isinstance(places, dict) else None
    if not isinstance(place, str):
        raise Error("not_found", f"the node of {directory} does not give HTTP", OPEN_HINT)
    return loopback(place)


def _has_node(directory: str) -> bool:
    """Whether a process has the directory.

    One that was killed leaves its address behind, and whoever listens there now must not be shown the token.
    """
    if fcntl is None:
        return True
    try:
        descriptor = os.open(os.path.join(directory, LOCK_FILE), os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    except OSError as error:
        raise Error("storage", f"cannot open the lock of {directory}: {error.strerror or error}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
