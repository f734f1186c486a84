-- Metadata files that are written where no sweep of a table's directory would find them if the commit never came: a new
-- table's or view's, and the first in a new directory. The row is there before the file.
CREATE TABLE intents (
  warehouse_id INTEGER NOT NULL,
  commit_id    BLOB NOT NULL CHECK (length(commit_id) = 16),
  location     TEXT NOT NULL UNIQUE,
  condemned    INTEGER NOT NULL DEFAULT 0 CHECK (condemned IN (0, 1)),
  PRIMARY KEY (warehouse_id, commit_id, location)
) STRICT, WITHOUT ROWID;
