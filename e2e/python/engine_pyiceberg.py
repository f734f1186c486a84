"""PyIceberg against a catalog, configured from nothing but the pyiceberg.yaml that comes with a token.

    engine_pyiceberg.py write  SECRETS STATE   everything up to the restart
    engine_pyiceberg.py read   SECRETS STATE   everything after it
    engine_pyiceberg.py follow SECRETS STATE   a client that re-reads its file before each call, until the token
                                               changed twice; fails at the first 401

Tables in a bucket want the reader's own keys, in the variables that Amazon's tools read.
SECRETS is the folder of the token; STATE a file that carries what was written from `write` to `read`.
Each check is an assertion with a sentence; the last line is the summary that the case prints.
"""

import hashlib
import json
import os
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote, urlparse

SECRETS, STATE = Path(sys.argv[2]), Path(sys.argv[3])

# PyIceberg reads `.pyiceberg.yaml` below PYICEBERG_HOME: point it there, and hide any file of the user's own.
home = tempfile.TemporaryDirectory()
(Path(home.name) / ".pyiceberg.yaml").symlink_to(SECRETS.absolute() / "pyiceberg.yaml")
os.environ["PYICEBERG_HOME"] = os.environ["HOME"] = home.name
os.chdir(home.name)

import pyarrow as pa  # noqa: E402
import pyarrow.parquet as pq  # noqa: E402
from pyarrow.fs import LocalFileSystem, S3FileSystem  # noqa: E402
from pyiceberg.catalog import load_catalog  # noqa: E402
from pyiceberg.exceptions import NoSuchTableError  # noqa: E402
from pyiceberg.expressions import EqualTo  # noqa: E402
from pyiceberg.partitioning import PartitionField, PartitionSpec  # noqa: E402
from pyiceberg.schema import Schema  # noqa: E402
from pyiceberg.transforms import DayTransform, IdentityTransform  # noqa: E402
from pyiceberg.types import LongType, NestedField, StringType, TimestampType  # noqa: E402
from pyiceberg.utils.config import Config  # noqa: E402

TRIPS = ("travel", "trips")
RENAMED = ("travel", "journeys")
DOOMED = ("travel", "doomed")


def check(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def catalog():
    """A catalog from the file as it is now: the first entry, as a newcomer would take it."""
    config = Config()
    name = config.get_known_catalogs()[0]
    return load_catalog(name, **config.get_catalog_config(name))


def row(number, city, day):
    return {"id": number, "city": city, "at": datetime(2026, 3, day, 12, number % 60)}


def arrow(rows, table):
    """Rows in the table's own schema."""
    schema = table.schema().as_arrow()
    filled = [{name: one.get(name) for name in schema.names} for one in rows]
    return pa.Table.from_pylist(filled, schema=schema)


def by_id(rows):
    return sorted(rows, key=lambda one: one["id"])


def scanned(table, **scan):
    return by_id(table.scan(**scan).to_arrow().to_pylist())


def file(table, path):
    """A data file, opened by PyArrow alone: where storage is comes from the catalog, how to sign in from the reader."""
    url = urlparse(path)
    if url.scheme == "file":
        return LocalFileSystem().open_input_file(unquote(url.path))
    told = table.io.properties
    s3 = S3FileSystem(region=told["s3.region"], endpoint_override=told["s3.endpoint"])
    return s3.open_input_file(unquote(url.netloc + url.path))


def from_files(table):
    """What the data files hold, read by PyArrow alone: columns found by field id, as the specification says."""
    names = {field.field_id: field.name for field in table.schema().fields}
    rows = []
    for task in table.scan().plan_files():
        check(not task.delete_files, "a data file has delete files, so reading it alone is not the truth")
        held = pq.ParquetFile(file(table, task.file.file_path)).read()
        present = {int(field.metadata[b"PARQUET:field_id"]): field.name for field in held.schema}
        rows += [{name: one.get(present.get(number)) for number, name in names.items()} for one in held.to_pylist()]
    return by_id(rows)


def filled(rows, columns):
    """The rows as a reader with these columns sees them."""
    return by_id([{name: one.get(name) for name in columns} for one in rows])


def check_contents(table, rows, when):
    expected = filled(rows, [field.name for field in table.schema().fields])
    check(scanned(table) == expected, f"{when}: the scan differs from what was written")
    check(from_files(table) == expected, f"{when}: PyArrow reads other rows from the files than were written")


def create_trips(cat):
    schema = Schema(
        NestedField(1, "id", LongType(), required=False),
        NestedField(2, "city", StringType(), required=False),
        NestedField(3, "at", TimestampType(), required=False),
    )
    spec = PartitionSpec(
        PartitionField(source_id=2, field_id=1000, transform=IdentityTransform(), name="city"),
        PartitionField(source_id=3, field_id=1001, transform=DayTransform(), name="at_day"),
    )
    return cat.create_table(TRIPS, schema=schema, partition_spec=spec, properties={"owner": "e2e"})


def write():
    cat = catalog()
    cat.create_namespace("travel", {"about": "the journey of this case"})
    check(("travel",) in cat.list_namespaces(), "the new namespace is not listed")
    check(cat.load_namespace_properties("travel")["about"] == "the journey of this case", "its property is not there")
    table = create_trips(cat)
    check(cat.list_tables("travel") == [TRIPS], "the new table is not listed alone")

    rows, snapshots = [], {}

    def remember(table):
        snapshots[str(table.current_snapshot().snapshot_id)] = list(rows)

    for append in range(3):
        batch = [row(append * 10 + i, ("Lima", "Oslo", "Pune")[i % 3], 1 + (append + i) % 3) for i in range(10)]
        # A fresh catalog for each: the token may have been rotated since.
        table = catalog().load_table(TRIPS)
        table.append(arrow(batch, table))
        rows += batch
        check_contents(table, rows, f"append {append + 1}")
        remember(table)
    check(len(table.spec().fields) == 2 and len(table.inspect.partitions()) > 3, "the table is not partitioned")

    table = catalog().load_table(TRIPS)
    lima = [row(100, "Lima", 9), row(101, "Lima", 9)]
    table.overwrite(arrow(lima, table), overwrite_filter=EqualTo("city", "Lima"))
    rows = [one for one in rows if one["city"] != "Lima"] + lima
    check_contents(table, rows, "overwrite")
    remember(table)

    table = catalog().load_table(TRIPS)
    with table.update_schema() as update:
        update.add_column("note", StringType(), doc="added later")
        update.rename_column("city", "town")
    rows = [{**{key: value for key, value in one.items() if key != "city"}, "town": one["city"]} for one in rows]
    noted = [{"id": 200, "town": "Kyiv", "at": datetime(2026, 4, 1, 8), "note": "new column, old name gone"}]
    table = catalog().load_table(TRIPS)
    table.append(arrow(noted, table))
    rows += noted
    check_contents(table, rows, "schema evolution")

    for snapshot, then in snapshots.items():
        # A scan of a snapshot has that snapshot's schema.
        check(
            scanned(table, snapshot_id=int(snapshot)) == filled(then, ["id", "city", "at"]),
            f"time travel to snapshot {snapshot} reads other rows than were there",
        )

    doomed = catalog().create_table(DOOMED, schema=table.schema().as_arrow())
    doomed.append(arrow(noted, doomed))
    STATE.write_text(json.dumps({"rows": rows, "snapshots": snapshots}, default=datetime.isoformat))
    print(f"wrote {len(rows)} rows in {len(snapshots) + 1} snapshots")


def remembered():
    def revive(one):
        return {**one, "at": datetime.fromisoformat(one["at"])}

    state = json.loads(STATE.read_text())
    snapshots = {int(key): [revive(one) for one in rows] for key, rows in state["snapshots"].items()}
    return [revive(one) for one in state["rows"]], snapshots


def read():
    rows, snapshots = remembered()
    cat = catalog()
    check(sorted(cat.list_tables("travel")) == sorted([TRIPS, DOOMED]), "the restart lost a table")
    table = cat.load_table(TRIPS)
    check(table.properties["owner"] == "e2e", "the restart lost a table's property")
    check_contents(table, rows, "after the restart")
    for snapshot, then in snapshots.items():
        check(scanned(table, snapshot_id=snapshot) == filled(then, ["id", "city", "at"]), "time travel after the restart")

    cat.rename_table(TRIPS, RENAMED)
    check(not cat.table_exists(TRIPS) and cat.table_exists(RENAMED), "the rename did not move the name")
    table = catalog().load_table(RENAMED)
    check_contents(table, rows, "after the rename")
    more = [{"id": 300, "town": "Lima", "at": datetime(2026, 5, 1), "note": None}]
    table.append(arrow(more, table))
    check_contents(table, rows + more, "an append after the rename")

    cat = catalog()
    cat.drop_table(DOOMED)
    check(cat.list_tables("travel") == [RENAMED], "the dropped table is still listed")
    try:
        cat.load_table(DOOMED)
        raise AssertionError("the dropped table still loads")
    except NoSuchTableError:
        pass
    check_contents(catalog().load_table(RENAMED), rows + more, "after the drop of its neighbour")
    print(f"read {len(rows) + len(more)} rows after the restart; renamed one table, dropped one")


def follow():
    """Every error is fatal: the server is up all the time that this runs."""
    seen, calls, deadline = set(), 0, time.monotonic() + 120
    while len(seen) < 3:
        check(time.monotonic() < deadline, f"the token changed {len(seen) - 1} times in 120 s, twice were due")
        # Taken before the call: the call is made with this token or a newer one.
        seen.add(hashlib.sha256((SECRETS / "token").read_bytes()).hexdigest())
        catalog().list_namespaces()
        calls += 1
        time.sleep(0.05)
    print(f"followed {len(seen) - 1} rotations with {calls} calls, each answered")


if __name__ == "__main__":
    {"write": write, "read": read, "follow": follow}[sys.argv[1]]()
