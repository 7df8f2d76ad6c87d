"""The Python package: pandas, polars and pyarrow, and a curve that is written back as a derived run."""

import dataforge
import pandas
import polars
import pyarrow

from common import WELL, given, refused, tell

client = given()
SQL = "select depth_m, value from samples where well = 'Well 0001' and curve = 'GR' order by depth_m"

node = dataforge.connect(directory=client["directory"])
frame = node.sql(SQL).pandas()
assert isinstance(frame, pandas.DataFrame), type(frame)
table = node.sql(SQL).arrow()
assert isinstance(table, pyarrow.Table), type(table)
fast = node.sql(SQL).polars()
assert isinstance(fast, polars.DataFrame), type(fast)
assert fast["value"].to_list() == table["value"].to_pylist()
tell(
    columns=list(frame.columns),
    rows=len(frame),
    values=[None if pandas.isna(value) else value for value in frame["value"].tolist()],
    arrow=table["value"].to_pylist(),
    misspelt=refused(Exception, lambda: node.sql("select nmae from wells").pandas()),
    changed=refused(Exception, lambda: node.sql("delete from wells").pandas()),
)
