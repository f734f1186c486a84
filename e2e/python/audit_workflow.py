"""What engine_branch_pyiceberg and engine_branch_spark have in common: an audit workflow on branches of a catalog.

New rows are written on a branch, looked at, and merged; a merge that is in conflict changes nothing; a dropped table comes
back. The engine writes and reads, and switches the branch by one string, `warehouse=lake@BRANCH`; refs, diffs and merges
are requests to the management API. URI, WAREHOUSE and TOKEN come from the environment.

Each check is an assertion with a sentence; `run` gives the summary that the case prints.
"""

import json
import os
import urllib.error
import urllib.parse
import urllib.request

URI, WAREHOUSE, TOKEN = (os.environ[name] for name in ("URI", "WAREHOUSE", "TOKEN"))
NAMESPACE = "shop"


def check(holds, sentence):
    if not holds:
        raise AssertionError(sentence)


def check_same(found, expected, sentence):
    check(found == expected, f"{sentence}: expected {expected}, found {found}")


def ask(method, path, body=None):
    """A request to the management API; status and JSON of the answer."""
    data = None if body is None else json.dumps(body).encode()
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    url = f"{URI}/api/v1/warehouses/{WAREHOUSE}{path}"
    request = urllib.request.Request(url, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def told(method, path, body=None):
    """The answer to a request that must succeed."""
    status, answer = ask(method, path, body)
    check(status < 300, f"{method} {path}: {status} {answer}")
    return answer


def warehouse(branch):
    """The one string by which an engine switches to a branch."""
    return WAREHOUSE if branch == "main" else f"{WAREHOUSE}@{branch}"


def make_branch(name):
    told("POST", "/refs", {"name": name, "type": "branch"})


def head(branch):
    return told("GET", f"/refs/{urllib.parse.quote(branch, safe='')}")["commit"]


def changed(before, after):
    """Which tables a diff names, and what has become of each."""
    query = urllib.parse.urlencode({"from": before, "to": after})
    items = told("GET", f"/diff?{query}")["items"]
    kinds = {(True, True): "changed", (False, True): "new", (True, False): "gone"}
    return {item["name"]: kinds["before" in item, "after" in item] for item in items}


def run(engine):
    engine.create("main", "orders", [1, 2])
    engine.create("main", "stock", [7])
    audited(engine)
    conflicting(engine)
    undropped(engine)
    return f"{engine.name}: written on a branch, looked at, merged; a conflict changed nothing; a drop was undone"


def audited(engine):
    """Written on a branch of its own, in two tables, and merged at once."""
    make_branch("feature/returns")
    engine.append("feature/returns", "orders", [3])
    engine.create("feature/returns", "returns", [1])
    check_same(engine.read("feature/returns", "orders"), [1, 2, 3], "the branch has the new row")
    check_same(engine.read("main", "orders"), [1, 2], "main has not")
    check_same(engine.tables("main"), ["orders", "stock"], "nor has it the new table")
    expected = {"orders": "changed", "returns": "new"}
    check_same(changed("main", "feature/returns"), expected, "the diff")
    merge = {"from": "feature/returns", "into": "main"}
    tried = told("POST", "/merge", {**merge, "dry_run": True})
    check_same((tried["changes"], engine.read("main", "orders")), (2, [1, 2]), "a dry run changes nothing")
    report = told("POST", "/merge", merge)
    check_same(report["commit"]["origin"]["merge"]["branch"], "feature/returns", "where the merge comes from")
    check_same(engine.read("main", "orders"), [1, 2, 3], "main has the row")
    check_same(engine.read("main", "returns"), [1], "and the table")
    check_same(changed("main", "feature/returns"), {}, "nothing is left to merge")
    check_same(told("POST", "/merge", merge)["changes"], 0, "the same merge again")
    engine.append("main", "returns", [2])
    check_same(engine.read("feature/returns", "returns"), [1], "the branch stays as it is")


def conflicting(engine):
    """Both sides write to one table: the merge tells so, and changes nothing, until a mode decides."""
    make_branch("hotfix")
    engine.append("hotfix", "orders", [4])
    engine.append("hotfix", "stock", [8])
    engine.append("main", "orders", [5])
    before = head("main")
    merge = {"from": "hotfix", "into": "main"}
    status, answer = ask("POST", "/merge", merge)
    check_same((status, answer["error"]["type"]), (409, "ConflictException"), "the merge is refused")
    conflicts = answer["report"]["conflicts"]
    named = [(c["kind"], c["namespace"], c["name"], c["reason"]) for c in conflicts]
    check_same(named, [("table", [NAMESPACE], "orders", "both_changed")], "the report")
    sides = conflicts[0]
    check_same(sides["ours"]["commit"], before, "the commit on our side")
    check(sides["ours"]["metadata_location"] != sides["theirs"]["metadata_location"], "both sides are the same")
    check_same(head("main"), before, "main has not moved")
    check_same((engine.read("main", "orders"), engine.read("main", "stock")), ([1, 2, 3, 5], [7]), "nothing changed")
    theirs = [{"kind": "table", "namespace": [NAMESPACE], "name": "orders", "mode": "theirs"}]
    told("POST", "/merge", {**merge, "modes": theirs})
    check_same((engine.read("main", "orders"), engine.read("main", "stock")), ([1, 2, 3, 4], [7, 8]), "their side won")


def undropped(engine):
    """A dropped table comes back with all its rows, and can be written."""
    engine.drop("main", "stock")
    dropped = told("GET", "/dropped")["items"]
    check_same([item["name"] for item in dropped], ["stock"], "the list of what was dropped")
    told("POST", "/undrop", {"kind": "table", "namespace": [NAMESPACE], "name": "stock"})
    check_same(engine.read("main", "stock"), [7, 8], "the rows are back")
    engine.append("main", "stock", [9])
    check_same(engine.read("main", "stock"), [7, 8, 9], "the table can be written")
