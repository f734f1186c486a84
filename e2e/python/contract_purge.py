"""The tables of contract_purge and contract_undrop, written by PyIceberg: real manifests, data files and metadata.

    contract_purge.py prepare         all tables, as the case begins
    contract_purge.py make TABLE      one small table, as contract_undrop begins
    contract_purge.py append TABLE    one row more
    contract_purge.py read TABLE …    prints the number of rows of each
    contract_purge.py ids TABLE       prints the ids of all rows, in order

URI, WAREHOUSE and TOKEN come from the environment, and so do the reader's own keys to a bucket.
"""

import os
import sys

import pyarrow as pa
from pyiceberg.catalog import load_catalog
from pyiceberg.expressions import EqualTo
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.schema import Schema
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import LongType, NestedField

ARROW = pa.schema([pa.field("id", pa.int64()), pa.field("part", pa.int64())])
# Partitions of the big tables: as many data files an append.
PARTS, APPENDS = 20, 12


def catalog():
    return load_catalog("purge", type="rest", uri=os.environ["URI"], warehouse=os.environ["WAREHOUSE"], token=os.environ["TOKEN"])


def rows(first, count):
    return pa.Table.from_pylist([{"id": first + n, "part": n} for n in range(count)], schema=ARROW)


def table(cat, name, appends, count):
    schema = Schema(NestedField(1, "id", LongType()), NestedField(2, "part", LongType()))
    spec = PartitionSpec(PartitionField(source_id=2, field_id=1000, transform=IdentityTransform(), name="part"))
    made = cat.create_table(("p", name), schema=schema, partition_spec=spec)
    for append in range(appends):
        made.append(rows(append * count, count))
    return made


def prepare():
    cat = catalog()
    cat.create_namespace("p")
    table(cat, "whole", 2, 2)
    whole = cat.load_table(("p", "whole"))
    whole.overwrite(rows(100, 2), overwrite_filter=EqualTo("part", 0))
    whole.delete(EqualTo("id", 101))
    table(cat, "first", 2, 2)
    cat.rename_table(("p", "first"), ("p", "renamed"))
    table(cat, "first", 1, 2)
    for name in ("tagged", "branched", "recent", "foreign", "shared", "expiring", "kept"):
        table(cat, name, 2, 2)
    for number in range(3):
        table(cat, f"big{number}", APPENDS, PARTS)
    print("prepared")


def make(name):
    cat = catalog()
    cat.create_namespace("p")
    table(cat, name, 2, 2)
    print("made")


def append(name):
    catalog().load_table(("p", name)).append(rows(1_000, 1))
    print("appended")


def read(*names):
    cat = catalog()
    print(*[cat.load_table(("p", name)).scan().to_arrow().num_rows for name in names])


def ids(name):
    print(*sorted(catalog().load_table(("p", name)).scan().to_arrow()["id"].to_pylist()))


if __name__ == "__main__":
    {"prepare": prepare, "make": make, "append": append, "read": read, "ids": ids}[sys.argv[1]](*sys.argv[2:])
