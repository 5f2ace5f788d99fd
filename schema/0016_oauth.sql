-- Signing in with an account at another provider: which ones belong to whom, and the two short-lived rows of a sign-in.

-- Accounts at providers. Whose an identity is, over all users, stands in directory.
CREATE TABLE accounts (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  type TEXT NOT NULL DEFAULT 'oidc' CONSTRAINT accounts_type_ck CHECK (type IN ('oidc')),
  provider TEXT NOT NULL CONSTRAINT accounts_provider_ck CHECK (provider IN ('google', 'azure-ad')),
  provider_account_id TEXT NOT NULL
    CONSTRAINT accounts_provider_account_id_ck CHECK (length(provider_account_id) BETWEEN 1 AND 255),
  issuer TEXT NOT NULL CONSTRAINT accounts_issuer_ck CHECK (length(issuer) BETWEEN 1 AND 255),
  email_at_link TEXT CONSTRAINT accounts_email_at_link_ck CHECK (length(email_at_link) <= 254),
  scope TEXT CONSTRAINT accounts_scope_ck CHECK (length(scope) <= 500),
  access_token_enc BYTEA,
  refresh_token_enc BYTEA,
  last_used_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT accounts_pk PRIMARY KEY (user_id, id),
  CONSTRAINT accounts_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX accounts_user_id_identity_uq ON accounts (user_id, provider, issuer, provider_account_id);

-- Sign-ins under way; a row goes with the answer of the provider. Of the state only its SHA-256 is stored.
CREATE TABLE oauth_states (
  state_hash TEXT NOT NULL CONSTRAINT oauth_states_state_hash_ck CHECK (length(state_hash) <= 64),
  provider TEXT NOT NULL CONSTRAINT oauth_states_provider_ck CHECK (provider IN ('google', 'azure-ad')),
  pkce_verifier TEXT NOT NULL CONSTRAINT oauth_states_pkce_verifier_ck CHECK (length(pkce_verifier) <= 128),
  nonce TEXT NOT NULL CONSTRAINT oauth_states_nonce_ck CHECK (length(nonce) <= 43),
  browser_hash TEXT NOT NULL CONSTRAINT oauth_states_browser_hash_ck CHECK (length(browser_hash) <= 64),
  redirect_uri TEXT CONSTRAINT oauth_states_redirect_uri_ck CHECK (length(redirect_uri) <= 4096),
  purpose TEXT NOT NULL CONSTRAINT oauth_states_purpose_ck CHECK (purpose IN ('signin', 'link', 'reauth')),
  user_id UUID,
  client_type TEXT NOT NULL CONSTRAINT oauth_states_client_type_ck CHECK (client_type IN ('web', 'native')),
  client_challenge TEXT CONSTRAINT oauth_states_client_challenge_ck CHECK (length(client_challenge) <= 43),
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT oauth_states_pk PRIMARY KEY (state_hash)
);
-- job index
CREATE INDEX oauth_states_expires_at_ix ON oauth_states (expires_at);

-- What an application that keeps its tokens itself gets for its sign-in in a browser, once.
CREATE TABLE oauth_exchange_codes (
  code_hash TEXT NOT NULL CONSTRAINT oauth_exchange_codes_code_hash_ck CHECK (length(code_hash) <= 64),
  user_id UUID NOT NULL,
  session_context JSONB NOT NULL,
  client_challenge TEXT NOT NULL
    CONSTRAINT oauth_exchange_codes_client_challenge_ck CHECK (length(client_challenge) <= 43),
  created_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT oauth_exchange_codes_pk PRIMARY KEY (code_hash)
);
CREATE INDEX oauth_exchange_codes_user_id_ix ON oauth_exchange_codes (user_id);
-- job index
CREATE INDEX oauth_exchange_codes_expires_at_ix ON oauth_exchange_codes (expires_at);

-- down
-- Whoever signs in with a provider only must prove the address again.
DROP TABLE oauth_exchange_codes;
DROP TABLE oauth_states;
DROP TABLE accounts;
