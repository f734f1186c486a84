-- The one list of Postgres' performance indexes. Without them everything is right but slow, so they are built beside a
-- running server (CONCURRENTLY), watched, and built again when somebody drops them or a build was broken off.
-- Each has a comment with the query that it is for; one statement an index, no IF NOT EXISTS, no CONCURRENTLY here.

-- Tokens of a user, and all active tokens in order: list_active_tokens, count_active_tokens.
CREATE INDEX active_tokens_user ON active_tokens (user_id, expires_at);

-- The sweep that deletes tokens that have ended, oldest first: delete_expired_tokens.
CREATE INDEX active_tokens_expiry ON active_tokens (expires_at);

-- The sweep of idempotency records: expires_at <= now.
CREATE INDEX idempotency_expiry ON idempotency (expires_at);

-- The children of a commit, and the search for a merge base: parent_id = ?.
CREATE INDEX commits_parent ON commits (parent_id);

-- The last merge of one branch into another: branch_id = ? AND merge_branch = ? ORDER BY seq DESC.
CREATE INDEX commits_merges ON commits (branch_id, merge_branch, seq) WHERE merge_branch IS NOT NULL;

-- What a commit changed, and what a range of commits changed: branch_id = ? AND seq BETWEEN ? AND ?.
CREATE INDEX versions_log ON versions (branch_id, seq);

-- Who still names a metadata file of a content, on whatever branch: named_metadata and the purge.
CREATE INDEX versions_content ON versions (content_id) WHERE content_id IS NOT NULL;

-- The list of what can be undropped: branch_id = ? AND ns = ? AND class = ? AND kind = 0, by name.
CREATE INDEX names_dropped ON names (branch_id, ns, class, name) WHERE kind = 0;

-- What a content holds, to let it go when the content is dropped: content_id = ?.
CREATE INDEX locations_content ON locations (content_id);

-- The purge that is due: due_at <= now, the longest first.
CREATE INDEX purges_due ON purges (due_at);

-- The tags that pin a version: branch_id = ? AND seq BETWEEN ? AND ?.
CREATE INDEX tags_pin ON tags (branch_id, seq);

-- The branches that pin an ancestor: lineage @> ARRAY[?].
CREATE INDEX branches_lineage ON branches USING gin (lineage);
