-- The first of the tables; the store's engineer writes the rest in this file.
CREATE TABLE catalog (
  one       INTEGER PRIMARY KEY CHECK (one = 1),
  uid       BLOB NOT NULL,
  owner_uid TEXT
) STRICT;
