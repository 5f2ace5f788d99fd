-- Signing in with a password: its hash, tokens that are mailed, and the mails to send.

-- Apart from users, so that reading a user never loads the hash.
CREATE TABLE password_credentials (
  user_id UUID NOT NULL,
  hash TEXT NOT NULL CONSTRAINT password_credentials_hash_ck CHECK (length(hash) BETWEEN 1 AND 255),
  changed_at TIMESTAMPTZ NOT NULL,
  must_change BOOLEAN NOT NULL DEFAULT FALSE,
  CONSTRAINT password_credentials_pk PRIMARY KEY (user_id),
  CONSTRAINT password_credentials_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Tokens that prove a mailbox; only their SHA-256 is stored. A token of an address that nobody has belongs to no user:
-- it is made so that asking takes the same time.
CREATE TABLE verification_tokens (
  id UUID NOT NULL,
  user_id UUID,
  purpose TEXT NOT NULL
    CONSTRAINT verification_tokens_purpose_ck CHECK (purpose IN ('register', 'verify_email', 'reset_password',
      'change_email', 'mfa_login')),
  token_hash TEXT NOT NULL CONSTRAINT verification_tokens_token_hash_ck CHECK (length(token_hash) <= 64),
  email TEXT CONSTRAINT verification_tokens_email_ck CHECK (length(email) <= 254),
  pending JSONB,
  attempts INT NOT NULL DEFAULT 0 CONSTRAINT verification_tokens_attempts_ck CHECK (attempts >= 0),
  expires_at TIMESTAMPTZ NOT NULL,
  consumed_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT verification_tokens_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX verification_tokens_token_hash_uq ON verification_tokens (token_hash);
CREATE INDEX verification_tokens_user_id_purpose_ix ON verification_tokens (user_id, purpose);
-- job index
CREATE INDEX verification_tokens_expires_at_ix ON verification_tokens (expires_at);

-- Mails to send. Secrets in `params` are encrypted.
CREATE TABLE mail_outbox (
  id UUID NOT NULL,
  to_address TEXT NOT NULL CONSTRAINT mail_outbox_to_address_ck CHECK (length(to_address) BETWEEN 3 AND 254),
  template TEXT NOT NULL CONSTRAINT mail_outbox_template_ck CHECK (length(template) BETWEEN 1 AND 40),
  params JSONB NOT NULL DEFAULT '{}',
  attempts INT NOT NULL DEFAULT 0 CONSTRAINT mail_outbox_attempts_ck CHECK (attempts >= 0),
  next_attempt_at TIMESTAMPTZ NOT NULL,
  sent_at TIMESTAMPTZ,
  last_error TEXT CONSTRAINT mail_outbox_last_error_ck CHECK (length(last_error) <= 500),
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT mail_outbox_pk PRIMARY KEY (id)
);
-- job index
CREATE INDEX mail_outbox_next_attempt_at_ix ON mail_outbox (next_attempt_at) WHERE sent_at IS NULL;

-- down
-- Passwords and mails that were not sent yet are lost.
DROP TABLE mail_outbox;
DROP TABLE verification_tokens;
DROP TABLE password_credentials;
