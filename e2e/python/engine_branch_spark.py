"""The audit workflow with Spark: see audit_workflow.py.

    engine_branch_spark.py JAR,JAR

The jars are Iceberg's. A branch is a catalog of Spark's own, whose setting `warehouse` names it.
"""

import os
import sys
import tempfile

settings = tempfile.TemporaryDirectory()
os.environ["SPARK_CONF_DIR"] = settings.name
os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
SMALL = ("spark.ui.enabled=false", "spark.ui.showConsoleProgress=false", "spark.sql.shuffle.partitions=1")
os.environ["PYSPARK_SUBMIT_ARGS"] = " ".join(
    ["--master local[1] --jars", sys.argv[1], *(f"--conf {setting}" for setting in SMALL), "pyspark-shell"]
)

from pyspark.sql import SparkSession  # noqa: E402

import audit_workflow  # noqa: E402
from audit_workflow import NAMESPACE, TOKEN, URI, warehouse  # noqa: E402

spark = SparkSession.builder.getOrCreate()


class Spark:
    name = f"Spark {spark.version}"

    def __init__(self):
        self.known = set()

    def catalog(self, branch):
        """The name of the branch's catalog. What is set in a session is on no command line, as a token must not be."""
        name = "".join(c if c.isalnum() else "_" for c in branch)
        if name not in self.known:
            setting = f"spark.sql.catalog.{name}"
            spark.conf.set(f"{setting}.type", "rest")
            spark.conf.set(f"{setting}.uri", URI)
            spark.conf.set(f"{setting}.token", TOKEN)
            spark.conf.set(f"{setting}.warehouse", warehouse(branch))
            # Another session's commits, and merges, are seen at once.
            spark.conf.set(f"{setting}.cache-enabled", "false")
            spark.conf.set(setting, "org.apache.iceberg.spark.SparkCatalog")
            self.known.add(name)
        return name

    def table(self, branch, table):
        return f"{self.catalog(branch)}.{NAMESPACE}.{table}"

    def create(self, branch, table, ids):
        sql(f"CREATE NAMESPACE IF NOT EXISTS {self.catalog(branch)}.{NAMESPACE}")
        sql(f"CREATE TABLE {self.table(branch, table)} (id BIGINT) USING iceberg")
        self.append(branch, table, ids)

    def append(self, branch, table, ids):
        sql(f"INSERT INTO {self.table(branch, table)} VALUES {', '.join(f'({number})' for number in ids)}")

    def read(self, branch, table):
        return [row[0] for row in sql(f"SELECT id FROM {self.table(branch, table)} ORDER BY id")]

    def tables(self, branch):
        return sorted(row[1] for row in sql(f"SHOW TABLES IN {self.catalog(branch)}.{NAMESPACE}"))

    def drop(self, branch, table):
        sql(f"DROP TABLE {self.table(branch, table)}")


def sql(statement):
    return [tuple(row) for row in spark.sql(statement).collect()]


if __name__ == "__main__":
    print(audit_workflow.run(Spark()))
