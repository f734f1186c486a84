-- How much of its past a warehouse keeps (null: what the server says), and what the task that deletes the rest remembers.
ALTER TABLE warehouses ADD COLUMN retention_age INTEGER; -- seconds
ALTER TABLE warehouses ADD COLUMN retention_commits INTEGER CHECK ((retention_age IS NULL) = (retention_commits IS NULL));
CREATE TABLE retention (
  warehouse_id INTEGER PRIMARY KEY REFERENCES warehouses,
  due_at       INTEGER NOT NULL,                 -- not taken before; the end of the lease while one works on it
  lease        BLOB CHECK (length(lease) = 16),  -- who works on it
  shown        TEXT,                             -- what was in sight at the last sweep: ranges of seqs a branch
  swept        TEXT                              -- what that sweep spared
) STRICT;
