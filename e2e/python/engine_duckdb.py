"""DuckDB against a catalog, attached by nothing but the duckdb.sql that comes with a token.

    engine_duckdb.py SECRETS EXTENSIONS

SECRETS is the folder of the token; EXTENSIONS a folder for DuckDB's extensions, which come from their wheels. For tables
in a bucket the reader creates a secret of its own, as DuckDB's documentation has it; its values come in the variables
S3_KEY_ID, S3_SECRET and S3_ENDPOINT. Each check is an assertion with a sentence; the last line is the summary that the case
prints.
"""

import os
import sys
from datetime import datetime
from importlib import import_module
from pathlib import Path

import duckdb

SECRETS, EXTENSIONS = Path(sys.argv[1]), sys.argv[2]
LAKE = (SECRETS / "warehouse").read_text()
TRIPS, STOPS, COPY = (f'"{LAKE}".travel.{name}' for name in ("trips", "stops", "copy"))
ROWS = [(1, "Lima", datetime(2026, 3, 1)), (2, "Oslo", datetime(2026, 3, 2)), (3, "Pune", datetime(2026, 3, 3))]


def install():
    """The three extensions, as `INSTALL` does it for somebody with a network."""
    with duckdb.connect(config={"extension_directory": EXTENSIONS}) as session:
        for name in ("httpfs", "avro", "iceberg"):
            home = Path(import_module(f"duckdb_extension_{name}").__path__[0])
            (file,) = home.glob("extensions/*/*.duckdb_extension")
            session.execute(f"INSTALL '{file}'")


def session():
    """A new process of a user, as far as the catalog can tell."""
    session = duckdb.connect(config={"extension_directory": EXTENSIONS, "autoinstall_known_extensions": False})
    if endpoint := os.environ.get("S3_ENDPOINT"):
        host = endpoint.removeprefix("http://")
        key_id, secret = os.environ["S3_KEY_ID"], os.environ["S3_SECRET"]
        session.execute(
            f"CREATE SECRET lake (TYPE s3, KEY_ID '{key_id}', SECRET '{secret}', ENDPOINT '{host}', "
            "REGION 'us-east-1', URL_STYLE 'path', USE_SSL false)"
        )
    session.execute((SECRETS / "duckdb.sql").read_text())
    return session


def check(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def check_rows(session, query, expected, sentence):
    rows = session.execute(query).fetchall()
    check(rows == expected, f"{sentence}: expected {expected}, found {rows}")


def write(session):
    session.execute(f'CREATE SCHEMA "{LAKE}".travel')
    session.execute(f"CREATE TABLE {TRIPS} (id BIGINT, city VARCHAR, day TIMESTAMP)")
    session.execute(f"INSERT INTO {TRIPS} VALUES (1, 'Lima', '2026-03-01'), (2, 'Oslo', '2026-03-02')")
    session.execute(f"INSERT INTO {TRIPS} VALUES (3, 'Pune', '2026-03-03')")
    check_rows(session, f"SELECT * FROM {TRIPS} ORDER BY id", ROWS, "what was inserted")
    session.execute(f"CREATE TABLE {STOPS} (id BIGINT, city VARCHAR) PARTITIONED BY (city)")
    session.execute(f"CREATE TABLE {COPY} AS SELECT city FROM {TRIPS}")
    check_rows(session, f"SELECT count(*) FROM {COPY}", [(3,)], "CREATE TABLE AS")


def change(session):
    session.execute(f"UPDATE {TRIPS} SET city = 'Cusco' WHERE id = 1")
    session.execute(f"DELETE FROM {TRIPS} WHERE id = 2")
    session.execute(f"ALTER TABLE {TRIPS} ADD COLUMN seats INTEGER")
    session.execute("BEGIN")
    session.execute(f"INSERT INTO {TRIPS} VALUES (4, 'Bern', '2026-03-04', 40)")
    session.execute(f"INSERT INTO {STOPS} VALUES (1, 'Bern'), (2, 'Graz')")
    session.execute("COMMIT")
    now = [(1, "Cusco", None), (3, "Pune", None), (4, "Bern", 40)]
    check_rows(session, f"SELECT id, city, seats FROM {TRIPS} ORDER BY id", now, "after UPDATE, DELETE and ALTER")
    check_rows(session, f"SELECT city FROM {STOPS} WHERE id = 2", [("Graz",)], "the other table of the transaction")


def look_back(session):
    """Another session reads what the first ones wrote, and what was before."""
    log = session.execute(f"SELECT snapshot_id FROM iceberg_snapshots({TRIPS}) ORDER BY sequence_number").fetchall()
    check(len(log) == 5, f"five changes of rows made {len(log)} snapshots")
    (first,), (second,) = log[:2]
    then = f"SELECT id, city, day FROM {TRIPS} AT (VERSION => {{}}) ORDER BY id"
    check_rows(session, then.format(first), ROWS[:2], "the first snapshot")
    check_rows(session, then.format(second), ROWS, "the second snapshot")


def drop(session):
    for table in (TRIPS, STOPS, COPY):
        session.execute(f"DROP TABLE {table}")
    session.execute(f'DROP SCHEMA "{LAKE}".travel')
    schemas = f"SELECT count(*) FROM duckdb_schemas() WHERE database_name = '{LAKE}' AND schema_name = 'travel'"
    check_rows(session, schemas, [(0,)], "the dropped schema is still listed")


if __name__ == "__main__":
    install()
    for part in (write, change, look_back, drop):
        with session() as user:
            part(user)
        print(part.__name__, flush=True)
    print(f"DuckDB {duckdb.__version__}: wrote, changed, looked back and dropped, each in a session of its own")
