-- The catalog's whole first schema, as postgres/0001_catalog.sql, and its performance indexes: SQLite has no other task
-- that would build them. Ids that clients see are 16 bytes, times are microseconds since 1970 in UTC, lists and maps
-- are JSON. Text sorts by bytes.

CREATE TABLE catalog (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  uid       BLOB NOT NULL CHECK (length(uid) = 16),
  owner_uid TEXT
) STRICT;
INSERT INTO catalog (one, uid) VALUES (1, randomblob(16));

CREATE TABLE warehouses (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,  -- never given out again: part of cache keys
  uid        BLOB NOT NULL UNIQUE CHECK (length(uid) = 16),
  name       TEXT NOT NULL,
  location   TEXT NOT NULL,
  profile    TEXT NOT NULL DEFAULT '{}',
  credential BLOB,
  revision   TEXT NOT NULL,
  version    INTEGER NOT NULL DEFAULT 1,
  owner_uid  TEXT,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX warehouses_name ON warehouses (name) WHERE deleted_at IS NULL;

CREATE TABLE branches (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  warehouse_id INTEGER NOT NULL REFERENCES warehouses,
  name         TEXT NOT NULL,
  protected    INTEGER NOT NULL DEFAULT 0 CHECK (protected IN (0, 1)),
  lineage      TEXT NOT NULL DEFAULT '[]',
  upto         TEXT NOT NULL DEFAULT '[]',
  floor_seq    INTEGER NOT NULL DEFAULT 0,
  deleted_at   INTEGER,
  CHECK (json_array_length(lineage) = json_array_length(upto)),
  CHECK (json_array_length(lineage) <= 16)
) STRICT;
CREATE UNIQUE INDEX branches_name ON branches (warehouse_id, name) WHERE deleted_at IS NULL;

CREATE TABLE tags (
  warehouse_id INTEGER NOT NULL REFERENCES warehouses,
  name         TEXT NOT NULL,
  branch_id    INTEGER NOT NULL REFERENCES branches,
  seq          INTEGER NOT NULL,
  commit_id    BLOB NOT NULL CHECK (length(commit_id) = 16),
  created_at   INTEGER NOT NULL,
  PRIMARY KEY (warehouse_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX tags_pin ON tags (branch_id, seq);

CREATE TABLE commits (
  branch_id    INTEGER NOT NULL,
  seq          INTEGER NOT NULL,
  id           BLOB NOT NULL CHECK (length(id) = 16),
  parent_id    BLOB CHECK (length(parent_id) = 16),
  merge_branch INTEGER,
  merge_seq    INTEGER,
  origin_id    BLOB CHECK (length(origin_id) = 16),
  author       TEXT NOT NULL,
  message      TEXT NOT NULL DEFAULT '',
  committed_at INTEGER NOT NULL,
  PRIMARY KEY (branch_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX commits_id ON commits (id);
CREATE INDEX commits_parent ON commits (parent_id);
CREATE INDEX commits_merges ON commits (branch_id, merge_branch, seq) WHERE merge_branch IS NOT NULL;

CREATE TABLE versions (
  branch_id         INTEGER NOT NULL,
  seq               INTEGER NOT NULL,
  ns                TEXT NOT NULL,
  class             INTEGER NOT NULL,
  name              TEXT NOT NULL,
  prev_seq          INTEGER,
  kind              INTEGER NOT NULL,
  content_id        BLOB CHECK (length(content_id) = 16),
  metadata_location TEXT,
  properties        TEXT,
  CHECK ((kind = 0) = (content_id IS NULL)),
  PRIMARY KEY (branch_id, ns, class, name, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX versions_log ON versions (branch_id, seq);
CREATE INDEX versions_content ON versions (content_id) WHERE content_id IS NOT NULL;

CREATE TABLE names (
  branch_id INTEGER NOT NULL,
  ns        TEXT NOT NULL,
  class     INTEGER NOT NULL,
  name      TEXT NOT NULL,
  kind      INTEGER NOT NULL,
  seq       INTEGER NOT NULL,
  first_seq INTEGER NOT NULL,
  PRIMARY KEY (branch_id, ns, class, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX names_dropped ON names (branch_id, ns, class, name) WHERE kind = 0;

CREATE TABLE locations (
  location     TEXT NOT NULL PRIMARY KEY,
  warehouse_id INTEGER NOT NULL,
  content_id   BLOB NOT NULL CHECK (length(content_id) = 16)
) STRICT, WITHOUT ROWID;
CREATE INDEX locations_content ON locations (content_id);

CREATE TABLE purges (
  id                INTEGER PRIMARY KEY AUTOINCREMENT,
  warehouse_id      INTEGER NOT NULL,
  content_id        BLOB NOT NULL CHECK (length(content_id) = 16),
  metadata_location TEXT NOT NULL,
  requested_at      INTEGER NOT NULL
) STRICT;

CREATE TABLE feed (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  id  INTEGER NOT NULL
) STRICT;
INSERT INTO feed (one, id) VALUES (1, 0);

CREATE TABLE changes (
  id    INTEGER PRIMARY KEY,
  topic INTEGER NOT NULL,
  key   TEXT NOT NULL,
  at    INTEGER NOT NULL
) STRICT;

CREATE TABLE idempotency (
  warehouse_id INTEGER NOT NULL,
  principal    TEXT NOT NULL,
  key          BLOB NOT NULL CHECK (length(key) = 16),
  fingerprint  BLOB NOT NULL CHECK (length(fingerprint) = 32),
  status       INTEGER,
  expires_at   INTEGER NOT NULL,
  PRIMARY KEY (warehouse_id, principal, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

CREATE TABLE active_tokens (
  token_id     TEXT NOT NULL PRIMARY KEY,
  user_id      TEXT NOT NULL,
  hash         BLOB NOT NULL CHECK (length(hash) = 32),
  scopes       TEXT NOT NULL DEFAULT '[]',
  expires_at   INTEGER NOT NULL,
  confirmed_at INTEGER,
  revoked_at   INTEGER,
  owner_uid    TEXT NOT NULL,
  revision     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX active_tokens_owner ON active_tokens (owner_uid, revision);
CREATE INDEX active_tokens_user ON active_tokens (user_id, expires_at);
CREATE INDEX active_tokens_expiry ON active_tokens (expires_at);
