"""ADBC's Flight SQL driver: ways to connect, calls about the catalogue, results and parameters."""

import adbc_driver_flightsql
import adbc_driver_flightsql.dbapi as flight
import adbc_driver_manager
from adbc_driver_flightsql import DatabaseOptions

from common import LONG, WELL, given, refused, tell, until_stopped

client = given()
uri = f"grpc://{client['flight']}"


def connect(**options):
    return flight.connect(uri, db_kwargs=options, autocommit=True)


def bearer(token):
    return connect(**{DatabaseOptions.AUTHORIZATION_HEADER.value: f"Bearer {token}"})


def tables(objects):
    """Returns the names of all tables that the catalogue calls gave, with how many columns they know of each."""
    found = {}
    for catalog in objects.read_all().to_pylist():
        for schema in catalog["catalog_db_schemas"] or []:
            for table in schema["db_schema_tables"] or []:
                found[table["table_name"]] = len(table["table_columns"] or [])
    return found


with connect(username="dataforge", password=client["token"]) as con, con.cursor() as cursor:
    cursor.execute("select count(*) from wells")
    by_password = cursor.fetchone()[0]

with bearer(client["token"]) as con:
    info = con.adbc_get_info()
    depths = {depth: tables(con.adbc_get_objects(depth=depth)) for depth in ["catalogs", "db_schemas", "tables", "all"]}
    one = tables(con.adbc_get_objects(depth="columns", table_name_filter="well_"))
    kinds = con.adbc_get_table_types()
    schema = con.adbc_get_table_schema("wells")
    unknown = refused(adbc_driver_manager.Error, lambda: con.adbc_get_table_schema("no_such_table"))
    with con.cursor() as cursor:
        assert cursor.adbc_execute_schema("select * from wells").names == schema.names
        cursor.execute("select well, run, curve, value from samples order by well, run, curve, index_value")
        table = cursor.fetch_arrow_table()
        # By parts, as large results are read.
        cursor.execute("select value from samples")
        parts = sum(batch.num_rows for batch in cursor.fetch_record_batch())
        sql = "select count(*) as n, sum(value) as total from samples where well = $1 and depth_m between $2 and $3"
        parameters = cursor.adbc_prepare(sql)
        prepared = []
        for _ in range(3):
            cursor.execute(sql, parameters=(WELL, 1050.0, 1100.0))
            prepared.append(cursor.fetchone())
        cursor.execute(sql.replace("$1", "?").replace("$2", "?").replace("$3", "?"), parameters=(WELL, 1050.0, 1100.0))
        prepared.append(cursor.fetchone())
        misspelt = refused(adbc_driver_manager.Error, lambda: cursor.execute("select nmae from wells"))
        changed = refused(adbc_driver_manager.Error, lambda: cursor.executescript("delete from wells"))
    with con.cursor() as cursor:
        def stop():
            try:
                cursor.adbc_cancel()
            except adbc_driver_manager.Error:
                # It has not begun.
                pass

        def ask():
            cursor.execute(LONG)
            cursor.fetchall()

        stopped = until_stopped(stop, lambda: refused(Exception, ask))
    with con.cursor() as cursor:
        cursor.execute("select count(*) from wells")
        after = cursor.fetchone()[0]


def try_token(make):
    def call():
        with make() as con, con.cursor() as cursor:
            cursor.execute("select name from wells")
            cursor.fetchall()

    return refused(adbc_driver_manager.Error, call)


wrong = [
    try_token(lambda: connect(username="dataforge", password=client["wrong"])),
    try_token(lambda: bearer(client["wrong"])),
    try_token(connect),
]

tell(
    driver=adbc_driver_flightsql.__version__,
    vendor=info.get("vendor_name"),
    by_password=by_password,
    depths={depth: sorted(found) for depth, found in depths.items()},
    columns_at_all=depths["all"],
    one=one,
    kinds=kinds,
    schema=[[field.name, str(field.type)] for field in schema],
    unknown=unknown,
    rows=table.num_rows,
    parts=parts,
    values=table["value"].to_pylist()[:500],
    parameters=len(parameters) if parameters is not None else None,
    prepared=[list(row) for row in prepared],
    misspelt=misspelt,
    changed=changed,
    stopped=stopped,
    after=after,
    wrong=wrong,
)
