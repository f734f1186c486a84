-- What a repeated request is answered beside its status: the type of an error, or what the state no longer tells.
ALTER TABLE idempotency ADD COLUMN detail text;
