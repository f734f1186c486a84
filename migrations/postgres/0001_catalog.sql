-- The catalog's whole first schema: warehouses, the commit tree, the change feed, tokens.
-- Only tables, keys and unique indexes stand here: without them the data would be wrong. What only makes a query fast
-- is in indexes.sql. Names sort by bytes (COLLATE "C"), as they do in every other backend.

-- One row: which Catalog resource this schema belongs to, and the lock under which locations are compared: those of
-- warehouses with each other, and those of tables.
CREATE TABLE catalog (
  one       boolean PRIMARY KEY DEFAULT true CHECK (one),
  uid       uuid NOT NULL DEFAULT gen_random_uuid(),
  owner_uid text
);
INSERT INTO catalog DEFAULT VALUES;

CREATE TABLE warehouses (
  id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  uid        uuid NOT NULL UNIQUE,               -- the id that clients see
  name       text COLLATE "C" NOT NULL,
  location   text COLLATE "C" NOT NULL,          -- normalised, with a trailing slash
  profile    jsonb NOT NULL DEFAULT '{}',
  credential bytea,                              -- sealed
  revision   text NOT NULL,                      -- the hash of the PUT that wrote the row
  version    bigint NOT NULL DEFAULT 1,          -- goes up with each change: part of cache keys
  owner_uid  text,                               -- null: detached, the next owner adopts
  created_at timestamptz NOT NULL,
  deleted_at timestamptz
);
CREATE UNIQUE INDEX warehouses_name ON warehouses (name) WHERE deleted_at IS NULL;

-- Locked by every commit, never updated by one.
CREATE TABLE branches (
  id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  warehouse_id bigint NOT NULL REFERENCES warehouses,
  name         text COLLATE "C" NOT NULL,
  protected    boolean NOT NULL DEFAULT false,
  lineage      bigint[] NOT NULL DEFAULT '{}',   -- ancestors, nearest first, without itself
  upto         bigint[] NOT NULL DEFAULT '{}',   -- the seq of each ancestor that is visible
  floor_seq    bigint NOT NULL DEFAULT 0,        -- retention: nothing before this is promised, except at pins
  deleted_at   timestamptz,                      -- the row stays while it is in a lineage
  CHECK (cardinality(lineage) = cardinality(upto)),
  CHECK (cardinality(lineage) <= 16)
);
CREATE UNIQUE INDEX branches_name ON branches (warehouse_id, name) WHERE deleted_at IS NULL;

CREATE TABLE tags (
  warehouse_id bigint NOT NULL REFERENCES warehouses,
  name         text COLLATE "C" NOT NULL,
  branch_id    bigint NOT NULL REFERENCES branches,
  seq          bigint NOT NULL,
  commit_id    uuid NOT NULL,
  created_at   timestamptz NOT NULL,
  PRIMARY KEY (warehouse_id, name)
);

-- No foreign keys from here on: the lock on the branch's row guards commits, versions and names.
CREATE TABLE commits (
  branch_id    bigint NOT NULL,
  seq          bigint NOT NULL,
  id           uuid NOT NULL,                    -- made by the caller before anything is written
  parent_id    uuid,
  merge_branch bigint,                           -- only merges have these two
  merge_seq    bigint,
  origin_id    uuid,                             -- what a cherry-pick or revert was made from
  author       text NOT NULL,
  message      text NOT NULL DEFAULT '',
  committed_at timestamptz NOT NULL,             -- never before its parent's
  PRIMARY KEY (branch_id, seq)
);
CREATE UNIQUE INDEX commits_id ON commits (id);

-- What each key became at each commit: insert-only. A branch sees the newest row with seq <= upto.
CREATE TABLE versions (
  branch_id         bigint NOT NULL,
  seq               bigint NOT NULL,
  ns                text COLLATE "C" NOT NULL,   -- the levels joined with U+001F; '' is the root
  class             smallint NOT NULL,           -- 0 namespace, 1 table or view
  name              text COLLATE "C" NOT NULL,
  prev_seq          bigint,                      -- the key's version before, on this branch
  kind              smallint NOT NULL,           -- 0 tombstone, 1 namespace, 2 table, 3 view
  content_id        uuid,
  metadata_location text,
  properties        jsonb,                       -- of namespaces only
  CHECK ((kind = 0) = (content_id IS NULL)),
  PRIMARY KEY (branch_id, ns, class, name, seq)
);

-- For listing only: a row per key that the branch itself made or dropped, touched when a key appears or disappears.
CREATE TABLE names (
  branch_id bigint NOT NULL,
  ns        text COLLATE "C" NOT NULL,
  class     smallint NOT NULL,
  name      text COLLATE "C" NOT NULL,
  kind      smallint NOT NULL,
  seq       bigint NOT NULL,                     -- the last appearance or disappearance on this branch
  first_seq bigint NOT NULL,                     -- the first one; never changes
  PRIMARY KEY (branch_id, ns, class, name)
) WITH (fillfactor = 90);

-- Which content holds which directory: two tables never overlap, whatever warehouses they are in, for what warehouses
-- allow may overlap. Locations have a trailing slash.
CREATE TABLE locations (
  location     text COLLATE "C" PRIMARY KEY,
  warehouse_id bigint NOT NULL,                  -- the content's
  content_id   uuid NOT NULL
);

-- Dropped with a purge: the files die once no version that can be seen names them.
CREATE TABLE purges (
  id                bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  warehouse_id      bigint NOT NULL,
  content_id        uuid NOT NULL,
  metadata_location text NOT NULL,               -- the last one: what a sweep starts from
  requested_at      timestamptz NOT NULL
);

-- The feed's counter is updated last in a transaction, so that ids come without gaps and in commit order.
CREATE TABLE feed (
  one boolean PRIMARY KEY DEFAULT true CHECK (one),
  id  bigint NOT NULL
) WITH (fillfactor = 50);
INSERT INTO feed (id) VALUES (0);

CREATE TABLE changes (
  id    bigint PRIMARY KEY,
  topic smallint NOT NULL,                       -- 1 warehouse, 2 branch, 3 token
  key   text NOT NULL,
  at    timestamptz NOT NULL
);

-- A second request under a key is a replay if the fingerprint is the same, else a fault of the client.
CREATE TABLE idempotency (
  warehouse_id bigint NOT NULL,
  principal    text COLLATE "C" NOT NULL,
  key          uuid NOT NULL,
  fingerprint  bytea NOT NULL CHECK (length(fingerprint) = 32),
  status       smallint,
  expires_at   timestamptz NOT NULL,
  PRIMARY KEY (warehouse_id, principal, key)
);

CREATE TABLE active_tokens (
  token_id     text COLLATE "C" PRIMARY KEY,
  user_id      text COLLATE "C" NOT NULL,
  hash         bytea NOT NULL CHECK (length(hash) = 32),
  scopes       jsonb NOT NULL DEFAULT '[]',      -- the grants
  expires_at   timestamptz NOT NULL,
  confirmed_at timestamptz,
  revoked_at   timestamptz,
  owner_uid    text COLLATE "C" NOT NULL,
  revision     bigint NOT NULL
);
CREATE UNIQUE INDEX active_tokens_owner ON active_tokens (owner_uid, revision);
