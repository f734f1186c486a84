-- A purge is worked on by one server at a time and can be put off; until it has ended, its content keeps its locations.
-- One row a content: the last drop's.
DELETE FROM purges a USING purges b WHERE a.content_id = b.content_id AND a.id < b.id;
ALTER TABLE purges
  ADD COLUMN due_at timestamptz NOT NULL DEFAULT now(),  -- not taken before; the end of the lease while one works on it
  ADD COLUMN lease  uuid,                                -- who works on it
  ADD COLUMN begun  boolean NOT NULL DEFAULT false;      -- files may be gone: nothing brings the content back
CREATE UNIQUE INDEX purges_content ON purges (content_id);
