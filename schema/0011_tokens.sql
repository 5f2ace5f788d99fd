-- Tokens of clients that keep no session's cookie.

-- Refresh tokens; only their SHA-256 is stored. Those of one session are a family, each made by using its parent.
CREATE TABLE refresh_tokens (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  session_id UUID NOT NULL,
  token_hash TEXT NOT NULL CONSTRAINT refresh_tokens_token_hash_ck CHECK (length(token_hash) <= 64),
  parent_id UUID,
  expires_at TIMESTAMPTZ NOT NULL,
  consumed_at TIMESTAMPTZ,
  child_used BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT refresh_tokens_pk PRIMARY KEY (user_id, id),
  CONSTRAINT refresh_tokens_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT refresh_tokens_user_id_session_id_fk
    FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX refresh_tokens_user_id_token_hash_uq ON refresh_tokens (user_id, token_hash);
CREATE INDEX refresh_tokens_user_id_session_id_ix ON refresh_tokens (user_id, session_id);
-- Whose a token is. On a cluster it asks every machine.
CREATE INDEX refresh_tokens_token_hash_ix ON refresh_tokens (token_hash);
-- job index
CREATE INDEX refresh_tokens_expires_at_ix ON refresh_tokens (expires_at);

-- Access tokens that were killed before their time; of no use after `expires_at`.
CREATE TABLE revoked_tokens (
  jti UUID NOT NULL,
  user_id UUID NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  reason TEXT NOT NULL CONSTRAINT revoked_tokens_reason_ck CHECK (length(reason) <= 40),
  CONSTRAINT revoked_tokens_pk PRIMARY KEY (jti)
);
CREATE INDEX revoked_tokens_user_id_ix ON revoked_tokens (user_id);
-- job index
CREATE INDEX revoked_tokens_expires_at_ix ON revoked_tokens (expires_at);

-- down
-- Clients that keep tokens sign in again.
DROP TABLE revoked_tokens;
DROP TABLE refresh_tokens;
