-- How much of its past a warehouse keeps (null: what the server says), and what the task that deletes the rest remembers.
ALTER TABLE warehouses
  ADD COLUMN retention_age     bigint,           -- seconds
  ADD COLUMN retention_commits bigint,
  ADD CHECK ((retention_age IS NULL) = (retention_commits IS NULL));
CREATE TABLE retention (
  warehouse_id bigint PRIMARY KEY REFERENCES warehouses,
  due_at       timestamptz NOT NULL,             -- not taken before; the end of the lease while one works on it
  lease        uuid,                             -- who works on it
  shown        jsonb,                            -- what was in sight at the last sweep: ranges of seqs a branch
  swept        jsonb                             -- what that sweep spared
);
