"""The audit workflow with PyIceberg: see audit_workflow.py."""

import pyarrow as pa
import pyiceberg
from pyiceberg.catalog import load_catalog

import audit_workflow
from audit_workflow import NAMESPACE, TOKEN, URI, warehouse

ARROW = pa.schema([pa.field("id", pa.int64())])


class PyIceberg:
    name = f"PyIceberg {pyiceberg.__version__}"

    def catalog(self, branch):
        return load_catalog("lake", type="rest", uri=URI, token=TOKEN, warehouse=warehouse(branch))

    def create(self, branch, table, ids):
        catalog = self.catalog(branch)
        catalog.create_namespace_if_not_exists(NAMESPACE)
        catalog.create_table((NAMESPACE, table), schema=ARROW).append(rows(ids))

    def append(self, branch, table, ids):
        self.catalog(branch).load_table((NAMESPACE, table)).append(rows(ids))

    def read(self, branch, table):
        return sorted(self.catalog(branch).load_table((NAMESPACE, table)).scan().to_arrow()["id"].to_pylist())

    def tables(self, branch):
        return sorted(name for _, name in self.catalog(branch).list_tables(NAMESPACE))

    def drop(self, branch, table):
        self.catalog(branch).drop_table((NAMESPACE, table))


def rows(ids):
    return pa.Table.from_pylist([{"id": number} for number in ids], schema=ARROW)


if __name__ == "__main__":
    print(audit_workflow.run(PyIceberg()))
