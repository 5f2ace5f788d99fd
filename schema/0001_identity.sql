-- Identity: accounts, the directory of global names, sessions, settings, flags, and what every write needs
-- (idempotency, audit, leases). One portable text serves SQLite and PostgreSQL.
--
-- Tables of users have the key (user_id, ...) and leave with their user. Names that are unique over all users stand in
-- `directory` only, so that the store can be spread over machines by user_id.

-- Accounts. The row is the lock of its user; `revision` rises with every committed write of the user.
CREATE TABLE users (
  id UUID NOT NULL,
  email TEXT NOT NULL CONSTRAINT users_email_ck CHECK (length(email) BETWEEN 3 AND 254),
  email_verified_at TIMESTAMPTZ,
  username TEXT CONSTRAINT users_username_ck CHECK (length(username) <= 50),
  name TEXT NOT NULL DEFAULT 'User' CONSTRAINT users_name_ck CHECK (length(name) BETWEEN 1 AND 100),
  image TEXT,
  role TEXT NOT NULL DEFAULT 'user'
    CONSTRAINT users_role_ck CHECK (role IN ('user', 'premium', 'moderator', 'admin', 'super_admin')),
  approved BOOLEAN NOT NULL DEFAULT FALSE,
  approved_at TIMESTAMPTZ,
  approved_by UUID,
  approval_note TEXT CONSTRAINT users_approval_note_ck CHECK (length(approval_note) <= 500),
  age_attested INT CONSTRAINT users_age_attested_ck CHECK (age_attested BETWEEN 0 AND 150),
  age_attested_at TIMESTAMPTZ,
  tos_version TEXT CONSTRAINT users_tos_version_ck CHECK (length(tos_version) <= 20),
  tos_accepted_at TIMESTAMPTZ,
  disabled_at TIMESTAMPTZ,
  disabled_reason TEXT CONSTRAINT users_disabled_reason_ck CHECK (disabled_reason IN ('admin', 'deleted', 'abuse')),
  delete_after TIMESTAMPTZ,
  last_login_at TIMESTAMPTZ,
  last_seen_at TIMESTAMPTZ,
  revision BIGINT NOT NULL DEFAULT 0 CONSTRAINT users_revision_ck CHECK (revision >= 0),
  home_shard INT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT users_disabled_ck CHECK ((disabled_at IS NULL) = (disabled_reason IS NULL)),
  CONSTRAINT users_pk PRIMARY KEY (id)
);
-- job index
CREATE INDEX users_created_at_ix ON users (created_at);
-- job index
CREATE INDEX users_last_seen_at_id_ix ON users (last_seen_at, id);

-- Everything by which somebody is found before the user is known, and every uniqueness over all users. Rows never
-- change; they come and go in the transaction of the row they name.
CREATE TABLE directory (
  kind TEXT NOT NULL
    CONSTRAINT directory_kind_ck CHECK (kind IN ('email', 'username', 'identity', 'session', 'api_key', 'passkey',
      'blob', 'public_track')),
  key TEXT NOT NULL CONSTRAINT directory_key_ck CHECK (length(key) BETWEEN 1 AND 300),
  user_id UUID NOT NULL,
  ref_id UUID,
  expires_at TIMESTAMPTZ,
  CONSTRAINT directory_pk PRIMARY KEY (kind, key)
);
CREATE INDEX directory_user_id_kind_ix ON directory (user_id, kind);
-- job index
CREATE INDEX directory_expires_at_ix ON directory (expires_at) WHERE expires_at IS NOT NULL;

-- Signed-in devices: cookie sessions and families of refresh tokens.
CREATE TABLE sessions (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  kind TEXT NOT NULL CONSTRAINT sessions_kind_ck CHECK (kind IN ('cookie', 'token')),
  token_hash TEXT CONSTRAINT sessions_token_hash_ck CHECK (length(token_hash) <= 64),
  previous_token_hash TEXT CONSTRAINT sessions_previous_token_hash_ck CHECK (length(previous_token_hash) <= 64),
  previous_valid_until TIMESTAMPTZ,
  rotate_required TEXT CONSTRAINT sessions_rotate_required_ck CHECK (length(rotate_required) <= 40),
  rotation_count INT NOT NULL DEFAULT 0 CONSTRAINT sessions_rotation_count_ck CHECK (rotation_count >= 0),
  auth_method TEXT NOT NULL
    CONSTRAINT sessions_auth_method_ck CHECK (auth_method IN ('google', 'azure-ad', 'password', 'passkey', 'local',
      'device')),
  auth_time TIMESTAMPTZ NOT NULL,
  mfa BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at TIMESTAMPTZ NOT NULL,
  absolute_expires_at TIMESTAMPTZ NOT NULL,
  last_active_at TIMESTAMPTZ NOT NULL,
  ip_address TEXT CONSTRAINT sessions_ip_address_ck CHECK (length(ip_address) <= 45),
  last_ip TEXT CONSTRAINT sessions_last_ip_ck CHECK (length(last_ip) <= 45),
  user_agent TEXT CONSTRAINT sessions_user_agent_ck CHECK (length(user_agent) <= 512),
  label TEXT CONSTRAINT sessions_label_ck CHECK (length(label) <= 100),
  client_type TEXT NOT NULL DEFAULT 'web' CONSTRAINT sessions_client_type_ck CHECK (client_type IN ('web', 'native')),
  revoked_at TIMESTAMPTZ,
  revoke_reason TEXT
    CONSTRAINT sessions_revoke_reason_ck CHECK (revoke_reason IN ('logout', 'user', 'admin', 'password_change',
      'reuse_detected', 'disabled', 'limit', 'expired', 'mfa_change')),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT sessions_token_ck CHECK (kind = 'token' OR token_hash IS NOT NULL OR revoked_at IS NOT NULL),
  CONSTRAINT sessions_previous_ck CHECK ((previous_token_hash IS NULL) = (previous_valid_until IS NULL)),
  CONSTRAINT sessions_revoked_ck CHECK ((revoked_at IS NULL) = (revoke_reason IS NULL)),
  CONSTRAINT sessions_pk PRIMARY KEY (user_id, id),
  CONSTRAINT sessions_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX sessions_user_id_last_active_at_ix ON sessions (user_id, last_active_at);
-- job index
CREATE INDEX sessions_expires_at_ix ON sessions (expires_at);

-- Keys for outside programs; only the SHA-256 of a key is stored.
CREATE TABLE api_keys (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT api_keys_name_ck CHECK (length(name) BETWEEN 1 AND 100),
  key_prefix TEXT NOT NULL CONSTRAINT api_keys_key_prefix_ck CHECK (length(key_prefix) <= 10),
  last_four TEXT NOT NULL CONSTRAINT api_keys_last_four_ck CHECK (length(last_four) <= 4),
  key_hash TEXT NOT NULL CONSTRAINT api_keys_key_hash_ck CHECK (length(key_hash) <= 64),
  scopes JSONB NOT NULL,
  expires_at TIMESTAMPTZ,
  last_used_at TIMESTAMPTZ,
  last_used_ip TEXT CONSTRAINT api_keys_last_used_ip_ck CHECK (length(last_used_ip) <= 45),
  revoked_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT api_keys_pk PRIMARY KEY (user_id, id),
  CONSTRAINT api_keys_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX api_keys_user_id_name_uq ON api_keys (user_id, name) WHERE revoked_at IS NULL;

-- Settings without a table of their own; a user without a row has the defaults.
CREATE TABLE user_settings (
  user_id UUID NOT NULL,
  theme TEXT NOT NULL CONSTRAINT user_settings_theme_ck CHECK (length(theme) <= 64),
  waveform_mode TEXT NOT NULL
    CONSTRAINT user_settings_waveform_mode_ck CHECK (waveform_mode IN ('ableton', 'high-contrast')),
  locale TEXT NOT NULL CONSTRAINT user_settings_locale_ck CHECK (length(locale) <= 35),
  timezone TEXT CONSTRAINT user_settings_timezone_ck CHECK (length(timezone) <= 64),
  day_start_hour INT NOT NULL DEFAULT 0
    CONSTRAINT user_settings_day_start_hour_ck CHECK (day_start_hour BETWEEN 0 AND 23),
  week_start TEXT NOT NULL DEFAULT 'monday'
    CONSTRAINT user_settings_week_start_ck CHECK (week_start IN ('monday', 'sunday', 'saturday')),
  time_format TEXT NOT NULL CONSTRAINT user_settings_time_format_ck CHECK (time_format IN ('h24', 'h12')),
  keyboard_layout TEXT NOT NULL
    CONSTRAINT user_settings_keyboard_layout_ck CHECK (keyboard_layout IN ('mac', 'windows')),
  selected_product TEXT CONSTRAINT user_settings_selected_product_ck CHECK (length(selected_product) <= 64),
  reduced_motion BOOLEAN NOT NULL DEFAULT FALSE,
  high_contrast BOOLEAN NOT NULL DEFAULT FALSE,
  large_text BOOLEAN NOT NULL DEFAULT FALSE,
  ui_collapse_state JSONB NOT NULL DEFAULT '{}',
  notifications_enabled BOOLEAN NOT NULL,
  email_notifications BOOLEAN NOT NULL,
  push_notifications BOOLEAN NOT NULL DEFAULT FALSE,
  browser_notifications BOOLEAN NOT NULL,
  timer_sounds BOOLEAN NOT NULL,
  daily_reminder_time TEXT CONSTRAINT user_settings_daily_reminder_time_ck CHECK (length(daily_reminder_time) <= 5),
  quiet_hours_start TEXT CONSTRAINT user_settings_quiet_hours_start_ck CHECK (length(quiet_hours_start) <= 5),
  quiet_hours_end TEXT CONSTRAINT user_settings_quiet_hours_end_ck CHECK (length(quiet_hours_end) <= 5),
  profile_public BOOLEAN NOT NULL DEFAULT FALSE,
  show_activity BOOLEAN NOT NULL,
  focus_break_duration INT NOT NULL
    CONSTRAINT user_settings_focus_break_duration_ck CHECK (focus_break_duration BETWEEN 60 AND 3600),
  focus_long_break_duration INT NOT NULL
    CONSTRAINT user_settings_focus_long_break_duration_ck CHECK (focus_long_break_duration BETWEEN 60 AND 7200),
  focus_sessions_before_long_break INT NOT NULL
    CONSTRAINT user_settings_focus_sessions_before_long_break_ck
      CHECK (focus_sessions_before_long_break BETWEEN 1 AND 12),
  focus_auto_start_breaks BOOLEAN NOT NULL DEFAULT FALSE,
  focus_auto_start_focus BOOLEAN NOT NULL DEFAULT FALSE,
  learn_synth_preference TEXT NOT NULL
    CONSTRAINT user_settings_learn_synth_preference_ck CHECK (learn_synth_preference IN ('serum', 'vital', 'both')),
  learn_daily_review_target INT NOT NULL
    CONSTRAINT user_settings_learn_daily_review_target_ck CHECK (learn_daily_review_target BETWEEN 5 AND 50),
  learn_new_cards_per_day INT NOT NULL
    CONSTRAINT user_settings_learn_new_cards_per_day_ck CHECK (learn_new_cards_per_day BETWEEN 0 AND 9999),
  learn_daily_lesson_target INT NOT NULL
    CONSTRAINT user_settings_learn_daily_lesson_target_ck CHECK (learn_daily_lesson_target BETWEEN 0 AND 5),
  learn_show_both_mappings BOOLEAN NOT NULL DEFAULT FALSE,
  learn_session_reminder_time TEXT
    CONSTRAINT user_settings_learn_session_reminder_time_ck CHECK (length(learn_session_reminder_time) <= 5),
  custom JSONB NOT NULL DEFAULT '{}',
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_settings_quiet_hours_ck CHECK ((quiet_hours_start IS NULL) = (quiet_hours_end IS NULL)),
  CONSTRAINT user_settings_pk PRIMARY KEY (user_id),
  CONSTRAINT user_settings_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Shared switches; values for one user stand in feature_flag_overrides.
CREATE TABLE feature_flags (
  flag_name TEXT NOT NULL CONSTRAINT feature_flags_flag_name_ck CHECK (length(flag_name) BETWEEN 1 AND 64),
  enabled BOOLEAN NOT NULL DEFAULT FALSE,
  description TEXT CONSTRAINT feature_flags_description_ck CHECK (length(description) <= 500),
  metadata JSONB,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT feature_flags_pk PRIMARY KEY (flag_name)
);

-- Flag values for one user.
CREATE TABLE feature_flag_overrides (
  user_id UUID NOT NULL,
  flag_name TEXT NOT NULL CONSTRAINT feature_flag_overrides_flag_name_ck CHECK (length(flag_name) <= 64),
  enabled BOOLEAN NOT NULL,
  note TEXT CONSTRAINT feature_flag_overrides_note_ck CHECK (length(note) <= 200),
  expires_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT feature_flag_overrides_pk PRIMARY KEY (user_id, flag_name),
  CONSTRAINT feature_flag_overrides_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT feature_flag_overrides_flag_name_fk
    FOREIGN KEY (flag_name) REFERENCES feature_flags (flag_name) ON DELETE CASCADE
);
-- job index
CREATE INDEX feature_flag_overrides_flag_name_ix ON feature_flag_overrides (flag_name);

-- Versions of shared content by name, raised by whoever changes it, so that caches notice.
CREATE TABLE catalog_versions (
  name TEXT NOT NULL CONSTRAINT catalog_versions_name_ck CHECK (length(name) BETWEEN 1 AND 60),
  version BIGINT NOT NULL DEFAULT 0 CONSTRAINT catalog_versions_version_ck CHECK (version >= 0),
  CONSTRAINT catalog_versions_pk PRIMARY KEY (name)
);

INSERT INTO catalog_versions (name, version) VALUES ('feature_flags', 0);

-- Answers of repeated writes, kept 24 hours; a row without status is in progress.
CREATE TABLE idempotency_keys (
  user_id UUID NOT NULL,
  operation TEXT NOT NULL CONSTRAINT idempotency_keys_operation_ck CHECK (length(operation) <= 60),
  key TEXT NOT NULL CONSTRAINT idempotency_keys_key_ck CHECK (length(key) BETWEEN 1 AND 128),
  request_hash TEXT NOT NULL CONSTRAINT idempotency_keys_request_hash_ck CHECK (length(request_hash) <= 64),
  status INT CONSTRAINT idempotency_keys_status_ck CHECK (status BETWEEN 100 AND 599),
  answer BYTEA,
  expires_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT idempotency_keys_pk PRIMARY KEY (user_id, operation, key),
  CONSTRAINT idempotency_keys_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
-- job index
CREATE INDEX idempotency_keys_expires_at_ix ON idempotency_keys (expires_at);

-- Append-only security log. It outlives its people, so it has no foreign keys.
CREATE TABLE audit_log (
  id UUID NOT NULL,
  actor_user_id UUID,
  subject_user_id UUID,
  session_id UUID,
  api_key_id UUID,
  event_type TEXT NOT NULL CONSTRAINT audit_log_event_type_ck CHECK (length(event_type) <= 60),
  action TEXT NOT NULL
    CONSTRAINT audit_log_action_ck CHECK (action IN ('create', 'update', 'delete', 'access', 'login', 'logout',
      'deny', 'execute')),
  status TEXT NOT NULL CONSTRAINT audit_log_status_ck CHECK (status IN ('success', 'failure', 'denied')),
  resource_type TEXT CONSTRAINT audit_log_resource_type_ck CHECK (length(resource_type) <= 40),
  resource_id TEXT CONSTRAINT audit_log_resource_id_ck CHECK (length(resource_id) <= 100),
  details JSONB,
  ip_address TEXT CONSTRAINT audit_log_ip_address_ck CHECK (length(ip_address) <= 45),
  user_agent TEXT CONSTRAINT audit_log_user_agent_ck CHECK (length(user_agent) <= 512),
  request_id TEXT CONSTRAINT audit_log_request_id_ck CHECK (length(request_id) <= 64),
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT audit_log_pk PRIMARY KEY (id)
);
CREATE INDEX audit_log_created_at_ix ON audit_log (created_at);
CREATE INDEX audit_log_subject_user_id_created_at_ix ON audit_log (subject_user_id, created_at);
CREATE INDEX audit_log_event_type_created_at_ix ON audit_log (event_type, created_at);

-- Leases of jobs.
CREATE TABLE locks (
  name TEXT NOT NULL CONSTRAINT locks_name_ck CHECK (length(name) BETWEEN 1 AND 60),
  holder TEXT NOT NULL CONSTRAINT locks_holder_ck CHECK (length(holder) <= 100),
  acquired_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT locks_pk PRIMARY KEY (name)
);

-- down
-- All rows of these tables are lost.
DROP TABLE locks;
DROP TABLE audit_log;
DROP TABLE idempotency_keys;
DROP TABLE catalog_versions;
DROP TABLE feature_flag_overrides;
DROP TABLE feature_flags;
DROP TABLE user_settings;
DROP TABLE api_keys;
DROP TABLE sessions;
DROP TABLE directory;
DROP TABLE users;
