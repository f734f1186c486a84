-- A purge is worked on by one server at a time and can be put off; until it has ended, its content keeps its locations.
-- One row a content: the last drop's.
DELETE FROM purges WHERE id NOT IN (SELECT max(id) FROM purges GROUP BY content_id);
ALTER TABLE purges ADD COLUMN due_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE purges ADD COLUMN lease BLOB CHECK (length(lease) = 16);
ALTER TABLE purges ADD COLUMN begun INTEGER NOT NULL DEFAULT 0 CHECK (begun IN (0, 1));
CREATE UNIQUE INDEX purges_content ON purges (content_id);
CREATE INDEX purges_due ON purges (due_at);
