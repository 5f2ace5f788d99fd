-- The end of accounts: which are due, and what the log says of whom.

-- job index
CREATE INDEX users_delete_after_ix ON users (delete_after) WHERE delete_after IS NOT NULL;
CREATE INDEX audit_log_actor_user_id_created_at_ix ON audit_log (actor_user_id, created_at);

-- down
DROP INDEX audit_log_actor_user_id_created_at_ix;
DROP INDEX users_delete_after_ix;
