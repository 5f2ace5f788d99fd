-- Jobs: by what they find rows that are kept long enough, and mails that were given up.

ALTER TABLE mail_outbox ADD COLUMN failed_at TIMESTAMPTZ;
-- job index
CREATE INDEX mail_outbox_sent_at_ix ON mail_outbox (sent_at) WHERE sent_at IS NOT NULL;
-- job index
CREATE INDEX mail_outbox_failed_at_ix ON mail_outbox (failed_at) WHERE failed_at IS NOT NULL;
-- job index
CREATE INDEX sessions_revoked_at_ix ON sessions (revoked_at) WHERE revoked_at IS NOT NULL;

-- down
-- Which mails were given up is lost.
DROP INDEX sessions_revoked_at_ix;
DROP INDEX mail_outbox_failed_at_ix;
DROP INDEX mail_outbox_sent_at_ix;
ALTER TABLE mail_outbox DROP COLUMN failed_at;
