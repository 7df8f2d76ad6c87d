"""What can go wrong, as the node says it."""

from __future__ import annotations

from typing import Any, Optional


class Error(Exception):
    """A request that failed.

    ``kind`` is one of the node's words (``usage``, ``not_found``, ``input``, ``not_allowed``, ``busy``,
    ``network``, ``storage``, ``damaged``, ``query``, ``sealed``, ``internal``), ``hint`` what can be done,
    ``position`` the ``line`` and ``column`` in a statement where the node says them, ``status`` the HTTP status if
    there was an answer. All but ``kind`` and ``message`` may be None.
    """

    def __init__(
        self,
        kind: str,
        message: str,
        hint: Optional[str] = None,
        position: Any = None,
        status: Optional[int] = None,
    ) -> None:
        super().__init__(kind, message, hint, position, status)
        self.kind = kind
        self.message = message
        self.hint = hint
        self.position = position
        self.status = status

    def __str__(self) -> str:
        return self.message if not self.hint else f"{self.message} (hint: {self.hint})"
