"""Spark against a catalog, configured from nothing but the spark-defaults.conf that comes with a token.

    engine_spark.py SECRETS JAR,JAR

SECRETS is the folder of the token; the jars are Iceberg's. Tables in a bucket want the reader's own keys, in the variables
that Amazon's tools read. Each check is an assertion with a sentence; the last line is the summary that the case prints.
"""

import os
import sys
import time
from pathlib import Path

SECRETS, JARS = Path(sys.argv[1]), sys.argv[2]

# What a person gives Spark beside the file: Iceberg's jars. The rest keeps a small run small.
SETTINGS = ("spark.ui.enabled=false", "spark.ui.showConsoleProgress=false", "spark.sql.shuffle.partitions=1")
os.environ["SPARK_CONF_DIR"] = str(SECRETS)
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join(
    ["--master local[1] --jars", JARS, *(f"--conf {setting}" for setting in SETTINGS), "pyspark-shell"]
)

from pyspark.sql import SparkSession  # noqa: E402

LAKE = (SECRETS / "warehouse").read_text()
TRIPS, COPY, LINEAGE, TOWNS = (f"{LAKE}.travel.{name}" for name in ("trips", "copy", "lineage", "towns"))
spark = SparkSession.builder.getOrCreate()


def sql(statement):
    return [tuple(row) for row in spark.sql(statement).collect()]


def check(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def check_rows(query, expected, sentence):
    rows = sql(query)
    check(rows == expected, f"{sentence}: expected {expected}, found {rows}")


def snapshots():
    return [row[0] for row in sql(f"SELECT snapshot_id FROM {TRIPS}.snapshots ORDER BY committed_at")]


def ref(name):
    found = sql(f"SELECT type, snapshot_id FROM {TRIPS}.refs WHERE name = '{name}'")
    return found[0] if found else None


def rows():
    sql(f"CREATE NAMESPACE {LAKE}.travel COMMENT 'the journey of this case'")
    check(("travel",) in sql(f"SHOW NAMESPACES IN {LAKE}"), "the new namespace is not listed")
    sql(f"CREATE TABLE {TRIPS} (id BIGINT NOT NULL, city STRING, day DATE) USING iceberg PARTITIONED BY (days(day))")
    sql(f"INSERT INTO {TRIPS} VALUES (1, 'Lima', DATE '2026-03-01'), (2, 'Oslo', DATE '2026-03-02')")
    changes = "SELECT 2 AS id, 'Pune' AS city, DATE '2026-03-02' AS day UNION ALL SELECT 3, 'Kyiv', DATE '2026-03-03'"
    sql(
        f"MERGE INTO {TRIPS} t USING ({changes}) s ON t.id = s.id "
        "WHEN MATCHED THEN UPDATE SET city = s.city WHEN NOT MATCHED THEN INSERT *"
    )
    named = f"SELECT id, city FROM {TRIPS} ORDER BY id"
    check_rows(named, [(1, "Lima"), (2, "Pune"), (3, "Kyiv")], "MERGE")
    sql(f"UPDATE {TRIPS} SET city = 'Cusco' WHERE id = 1")
    check_rows(named, [(1, "Cusco"), (2, "Pune"), (3, "Kyiv")], "UPDATE")
    sql(f"DELETE FROM {TRIPS} WHERE city = 'Kyiv'")
    check_rows(named, [(1, "Cusco"), (2, "Pune")], "DELETE")


def layout():
    sql(f"ALTER TABLE {TRIPS} ADD COLUMN (note STRING COMMENT 'added later', seats INT)")
    sql(f"ALTER TABLE {TRIPS} RENAME COLUMN city TO town")
    sql(f"ALTER TABLE {TRIPS} ALTER COLUMN seats TYPE BIGINT")
    sql(f"ALTER TABLE {TRIPS} ALTER COLUMN seats AFTER id")
    sql(f"ALTER TABLE {TRIPS} DROP COLUMN note")
    check(spark.table(TRIPS).dtypes == [("id", "bigint"), ("seats", "bigint"), ("town", "string"), ("day", "date")],
          f"ALTER of the schema: {spark.table(TRIPS).dtypes}")
    sql(f"ALTER TABLE {TRIPS} ADD PARTITION FIELD bucket(4, id) AS shard")
    sql(f"ALTER TABLE {TRIPS} REPLACE PARTITION FIELD day_day WITH months(day) AS month")
    sql(f"ALTER TABLE {TRIPS} WRITE ORDERED BY town, id DESC")
    sql(f"ALTER TABLE {TRIPS} SET TBLPROPERTIES ('purpose' = 'e2e')")
    sql(f"INSERT INTO {TRIPS} VALUES (4, 40, 'Bern', DATE '2026-04-01')")
    partition = f"SELECT partition.month, partition.shard IS NOT NULL, sort_order_id FROM {TRIPS}.files WHERE spec_id > 0"
    check_rows(partition, [(675, True, 1)], "a file of the new partition spec and sort order")
    check_rows(f"SELECT * FROM {TRIPS} WHERE id <> 2 ORDER BY id",
               [(1, None, "Cusco", day("2026-03-01")), (4, 40, "Bern", day("2026-04-01"))], "rows across the changes")
    check(("purpose", "e2e") in sql(f"SHOW TBLPROPERTIES {TRIPS}"), "the table's property is not there")


def day(text):
    return sql(f"SELECT DATE '{text}'")[0][0]


def refs():
    before = snapshots()[-1]
    sql(f"ALTER TABLE {TRIPS} CREATE BRANCH audit RETAIN 7 DAYS WITH SNAPSHOT RETENTION 2 SNAPSHOTS")
    sql(f"ALTER TABLE {TRIPS} CREATE TAG opening RETAIN 365 DAYS")
    sql(f"INSERT INTO {TRIPS}.branch_audit VALUES (5, 50, 'Graz', DATE '2026-04-02')")
    count = f"SELECT count(*) FROM {TRIPS}"
    check_rows(f"{count} VERSION AS OF 'audit'", [(4,)], "the branch has the new row")
    check_rows(count, [(3,)], "main does not")
    check(ref("opening") == ("TAG", before), "the tag is at another snapshot")
    sql(f"CALL {LAKE}.system.fast_forward('{TRIPS}', 'main', 'audit')")
    check_rows(count, [(4,)], "fast_forward")
    sql(f"CALL {LAKE}.system.rollback_to_snapshot('{TRIPS}', {before})")
    check_rows(count, [(3,)], "rollback_to_snapshot")
    history = sql(f"SELECT snapshot_id FROM {TRIPS}.history ORDER BY made_current_at")
    check(history[-1] == (before,), "the history does not end where it was rolled back to")
    sql(f"ALTER TABLE {TRIPS} REPLACE TAG opening AS OF VERSION {snapshots()[0]}")
    check_rows(f"{count} VERSION AS OF 'opening'", [(2,)], "REPLACE TAG")
    sql(f"ALTER TABLE {TRIPS} DROP BRANCH audit")
    sql(f"ALTER TABLE {TRIPS} DROP TAG opening")
    check(ref("audit") is None and ref("opening") is None, "a dropped ref is still there")


def maintenance():
    for number in (6, 7):
        sql(f"INSERT INTO {TRIPS} VALUES ({number}, 0, 'Graz', DATE '2026-04-03')")
    everything = f"SELECT * FROM {TRIPS} ORDER BY id"
    files, held = f"SELECT count(*) FROM {TRIPS}.files", sql(everything)
    before = sql(files)[0][0]
    rewritten = sql(f"CALL {LAKE}.system.rewrite_data_files(table => '{TRIPS}', options => map('rewrite-all', 'true'))")
    check(rewritten[0][0] == before and sql(files)[0][0] == rewritten[0][1], f"rewrite_data_files: {rewritten}")
    check(sql(everything) == held, "rewrite_data_files changed rows")
    expired = sql(
        f"CALL {LAKE}.system.expire_snapshots(table => '{TRIPS}', older_than => TIMESTAMP '2999-01-01', retain_last => 1)"
    )
    check(expired[0][0] > 0 and expired[0][4] > 0, f"expire_snapshots deleted no file: {expired}")
    check(len(snapshots()) == 1, "expire_snapshots left several snapshots")
    check(sql(everything) == held, "expire_snapshots changed rows")


def views():
    sql(f"CREATE VIEW {TOWNS} (town COMMENT 'its name') TBLPROPERTIES ('a' = '1') AS SELECT town FROM {TRIPS} WHERE id < 3")
    names = f"SELECT town FROM {TOWNS} ORDER BY town"
    check_rows(names, [("Cusco",), ("Pune",)], "a view")
    sql(f"CREATE OR REPLACE VIEW {TOWNS} AS SELECT DISTINCT town FROM {TRIPS}")
    check_rows(names, [("Bern",), ("Cusco",), ("Graz",), ("Pune",)], "a replaced view")
    sql(f"ALTER VIEW {TOWNS} SET TBLPROPERTIES ('b' = '2')")
    check(("b", "2") in sql(f"SHOW TBLPROPERTIES {TOWNS}"), "the view's property is not there")
    sql(f"ALTER VIEW {TOWNS} RENAME TO {LAKE}.travel.places")
    check([row[1] for row in sql(f"SHOW VIEWS IN {LAKE}.travel")] == ["places"], "the renamed view is not listed alone")
    sql(f"DROP VIEW {LAKE}.travel.places")
    check(sql(f"SHOW VIEWS IN {LAKE}.travel") == [], "the dropped view is still listed")


def lineage():
    v3 = "TBLPROPERTIES ('format-version' = '3', 'write.update.mode' = 'merge-on-read')"
    sql(f"CREATE TABLE {LINEAGE} USING iceberg {v3} AS SELECT 1 AS id, 'a' AS x UNION ALL SELECT 2, 'b'")
    numbers = f"SELECT id, x, _row_id, _last_updated_sequence_number FROM {LINEAGE} ORDER BY id"
    born = {row[0]: row[2] for row in sql(numbers)}
    check(sorted(born.values()) == [0, 1], f"row ids of a new table: {born}")
    sql(f"INSERT INTO {LINEAGE} VALUES (3, 'c')")
    sql(f"UPDATE {LINEAGE} SET x = 'B' WHERE id = 2")
    expected = [(1, "a", born[1], 1), (2, "B", born[2], 3), (3, "c", 2, 2)]
    check_rows(numbers, expected, "a row that changes keeps its id")
    check_rows(f"SELECT file_format FROM {LINEAGE}.delete_files", [("PUFFIN",)], "the update is a deletion vector")
    sql(f"CALL {LAKE}.system.rewrite_data_files(table => '{LINEAGE}', options => map('rewrite-all', 'true'))")
    check_rows(numbers, expected, "rows keep id and sequence number when their files are rewritten")


def replace_and_drop():
    sql(f"CREATE TABLE {COPY} USING iceberg AS SELECT id FROM {TRIPS}")
    sql(f"CREATE OR REPLACE TABLE {COPY} USING iceberg AS SELECT town, count(*) AS trips FROM {TRIPS} GROUP BY town")
    check_rows(f"SELECT * FROM {COPY} WHERE trips > 1", [("Graz", 2)], "a replaced table")
    sql(f"ALTER TABLE {COPY} RENAME TO travel.counts")
    tables = [row[1] for row in sql(f"SHOW TABLES IN {LAKE}.travel")]
    check(sorted(tables) == ["counts", "lineage", "trips"], f"tables after the rename: {tables}")
    for table in tables:
        sql(f"DROP TABLE {LAKE}.travel.{table}" + (" PURGE" if table == "counts" else ""))
    sql(f"DROP NAMESPACE {LAKE}.travel")
    check(("travel",) not in sql(f"SHOW NAMESPACES IN {LAKE}"), "the dropped namespace is still listed")


PARTS = (rows, layout, refs, maintenance, views, lineage, replace_and_drop)

if __name__ == "__main__":
    took = []
    for part in PARTS:
        start = time.monotonic()
        part()
        took.append(f"{part.__name__} {time.monotonic() - start:.0f} s")
        print(took[-1], flush=True)
    print(f"Spark {spark.version}: {', '.join(took)}")
