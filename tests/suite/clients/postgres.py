"""psycopg 3: parameters on the server, text and binary results, cursors there, what is refused, and cancel."""

import psycopg

from common import LONG, WELL, given, refused, tell, until_stopped

client = given()
host, port = client["postgres"].rsplit(":", 1)


def connect(password, **more):
    return psycopg.connect(host=host, port=port, user="dataforge", password=password, dbname="Field",
                           connect_timeout=60, **more)


SQL = "select value from samples where curve = 'RHOB' order by well, run, index_value"
COUNT = "select count(*), sum(value) from samples where well = %s and depth_m between %s and %s"

with connect(client["token"], autocommit=True) as con:
    text = con.execute(SQL).fetchall()
    binary = con.cursor(binary=True).execute(SQL).fetchall()
    assert text == binary
    # From the fifth time on the statement is kept on the server.
    counts = [con.execute(COUNT, (WELL, 1050.0, 1100.0)).fetchone() for _ in range(8)]
    kinds = con.execute("select name, runs, top_m from wells order by name limit 1").description
    held = con.execute("select held, claimed_at from runs, entries where claimed_at is not null limit 1").fetchone()

    def copy(sql):
        with con.cursor() as cursor, cursor.copy(sql) as rows:
            list(rows)

    copied = refused(psycopg.Error, lambda: copy(f"copy wells to '{client['directory']}/never'"))
    changed = refused(psycopg.Error, lambda: con.execute("delete from wells"))

    def misspelt():
        try:
            con.execute("select well_id, nmae from wells")
        except psycopg.Error as error:
            return [error.sqlstate, error.diag.statement_position, error.diag.message_primary]
        raise AssertionError("it was not refused")

    place = misspelt()

    stopped = until_stopped(con.cancel, lambda: refused(psycopg.errors.QueryCanceled, lambda: con.execute(LONG)))
    after = con.execute("select count(*) from wells").fetchone()[0]

# With transactions, as it is without being told otherwise; a cursor that stays on the server needs one.
with connect(client["token"]) as con:
    with con.cursor("rows") as cursor:
        cursor.itersize = 100
        by_cursor = list(cursor.execute(SQL))
    con.commit()
    refused(psycopg.Error, lambda: con.execute("select nmae from wells"))
    in_failed = refused(psycopg.errors.InFailedSqlTransaction, lambda: con.execute("select 1"))
    con.rollback()
    assert con.execute("select 1").fetchone() == (1,)
    # Many statements without waiting for each.
    with con.pipeline():
        many = [con.execute("select %s::bigint + 1", (number,)) for number in range(20)]
        piped = [cursor.fetchone()[0] for cursor in many]

tell(
    version=psycopg.__version__,
    values=[row[0] for row in text],
    same_by_cursor=by_cursor == text,
    counts=[list(row) for row in counts],
    kinds=[[column.name, column.type_code] for column in kinds],
    held=[str(type(value).__name__) for value in held],
    copied=copied,
    changed=changed,
    place=place,
    stopped=stopped,
    after=after,
    in_failed=in_failed,
    piped=piped,
    wrong=refused(psycopg.OperationalError, lambda: connect(client["wrong"])),
)
