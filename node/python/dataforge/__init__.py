"""Well logs of a running DataForge node as pandas, polars and pyarrow frames.

>>> import dataforge
>>> db = dataforge.connect()                              # doctest: +SKIP
>>> db.sql("select well, count(*) from runs group by 1").rows()    # doctest: +SKIP
>>> frame = db.well("North 1", "gr,rhob", step=0.5)       # doctest: +SKIP

The node is on this machine and has its HTTP face open: ``dataforge config set faces.http
127.0.0.1:7414``, then ``dataforge up`` or the desktop. Nothing is changed but by ``derive``, which
appends what was computed as a run of its own and never overwrites anything.
"""

from ._client import Connection, Derived, connect
from ._error import Error
from ._result import Result

__all__ = ["Connection", "Derived", "Error", "Result", "connect"]
__version__ = "0.1.0"
