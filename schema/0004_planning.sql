-- Planning: the focus timer and its music libraries.

-- Music libraries.
CREATE TABLE focus_libraries (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT focus_libraries_name_ck CHECK (length(name) BETWEEN 1 AND 100),
  name_key TEXT NOT NULL CONSTRAINT focus_libraries_name_key_ck CHECK (length(name_key) BETWEEN 1 AND 200),
  description TEXT CONSTRAINT focus_libraries_description_ck CHECK (length(description) <= 500),
  library_type TEXT NOT NULL DEFAULT 'custom'
    CONSTRAINT focus_libraries_library_type_ck CHECK (library_type IN ('custom', 'focus', 'ambient', 'lofi',
      'classical', 'nature', 'noise')),
  is_favorite BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT focus_libraries_pk PRIMARY KEY (user_id, id),
  CONSTRAINT focus_libraries_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX focus_libraries_user_id_name_key_uq ON focus_libraries (user_id, name_key);

-- Tracks of a library; a track is one of a stored object, a reference track and an address.
CREATE TABLE focus_library_tracks (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  library_id UUID NOT NULL,
  track_id TEXT NOT NULL CONSTRAINT focus_library_tracks_track_id_ck CHECK (length(track_id) BETWEEN 1 AND 64),
  track_title TEXT NOT NULL
    CONSTRAINT focus_library_tracks_track_title_ck CHECK (length(track_title) BETWEEN 1 AND 200),
  blob_id UUID,
  reference_track_id UUID,
  track_url TEXT,
  duration_seconds INT
    CONSTRAINT focus_library_tracks_duration_seconds_ck CHECK (duration_seconds BETWEEN 0 AND 86400),
  position BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT focus_library_tracks_source_ck
    CHECK ((CASE WHEN blob_id IS NULL THEN 0 ELSE 1 END) + (CASE WHEN reference_track_id IS NULL THEN 0 ELSE 1 END)
      + (CASE WHEN track_url IS NULL THEN 0 ELSE 1 END) = 1),
  CONSTRAINT focus_library_tracks_pk PRIMARY KEY (user_id, id),
  CONSTRAINT focus_library_tracks_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT focus_library_tracks_user_id_library_id_fk
    FOREIGN KEY (user_id, library_id) REFERENCES focus_libraries (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX focus_library_tracks_user_id_library_id_track_id_uq
  ON focus_library_tracks (user_id, library_id, track_id);
CREATE INDEX focus_library_tracks_user_id_library_id_position_ix
  ON focus_library_tracks (user_id, library_id, position);

-- Timer sessions; at most one of a user is live.
CREATE TABLE focus_sessions (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  mode TEXT NOT NULL DEFAULT 'focus'
    CONSTRAINT focus_sessions_mode_ck CHECK (mode IN ('focus', 'break', 'long_break')),
  duration_seconds INT NOT NULL CONSTRAINT focus_sessions_duration_seconds_ck CHECK (duration_seconds >= 1),
  status TEXT NOT NULL DEFAULT 'active'
    CONSTRAINT focus_sessions_status_ck CHECK (status IN ('active', 'paused', 'completed', 'abandoned', 'expired')),
  started_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  expires_at TIMESTAMPTZ NOT NULL,
  paused_at TIMESTAMPTZ,
  pause_count INT NOT NULL DEFAULT 0 CONSTRAINT focus_sessions_pause_count_ck CHECK (pause_count >= 0),
  paused_total_us BIGINT NOT NULL DEFAULT 0 CONSTRAINT focus_sessions_paused_total_us_ck CHECK (paused_total_us >= 0),
  completed_at TIMESTAMPTZ,
  abandoned_at TIMESTAMPTZ,
  expired_at TIMESTAMPTZ,
  focused_seconds INT CONSTRAINT focus_sessions_focused_seconds_ck CHECK (focused_seconds >= 0),
  full_credit BOOLEAN,
  xp_awarded INT NOT NULL DEFAULT 0,
  coins_awarded INT NOT NULL DEFAULT 0,
  task_id UUID,
  task_title TEXT CONSTRAINT focus_sessions_task_title_ck CHECK (length(task_title) <= 300),
  library_id UUID,
  notes TEXT,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT focus_sessions_paused_at_ck CHECK ((status = 'paused') = (paused_at IS NOT NULL)),
  CONSTRAINT focus_sessions_completed_at_ck CHECK ((status = 'completed') = (completed_at IS NOT NULL)),
  CONSTRAINT focus_sessions_abandoned_at_ck CHECK ((status = 'abandoned') = (abandoned_at IS NOT NULL)),
  CONSTRAINT focus_sessions_expired_at_ck CHECK ((status = 'expired') = (expired_at IS NOT NULL)),
  CONSTRAINT focus_sessions_full_credit_ck CHECK (full_credit IS NULL OR status = 'completed'),
  CONSTRAINT focus_sessions_pk PRIMARY KEY (user_id, id),
  CONSTRAINT focus_sessions_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT focus_sessions_user_id_library_id_fk
    FOREIGN KEY (user_id, library_id) REFERENCES focus_libraries (user_id, id)
);
CREATE UNIQUE INDEX focus_sessions_user_id_uq ON focus_sessions (user_id) WHERE status IN ('active', 'paused');
CREATE INDEX focus_sessions_user_id_started_at_ix ON focus_sessions (user_id, started_at DESC);
CREATE INDEX focus_sessions_user_id_completed_at_ix ON focus_sessions (user_id, completed_at)
  WHERE completed_at IS NOT NULL;
CREATE INDEX focus_sessions_user_id_abandoned_at_ix ON focus_sessions (user_id, abandoned_at)
  WHERE abandoned_at IS NOT NULL;
CREATE INDEX focus_sessions_user_id_expired_at_ix ON focus_sessions (user_id, expired_at)
  WHERE expired_at IS NOT NULL;
CREATE INDEX focus_sessions_user_id_library_id_ix ON focus_sessions (user_id, library_id)
  WHERE library_id IS NOT NULL;
CREATE INDEX focus_sessions_user_id_task_id_ix ON focus_sessions (user_id, task_id) WHERE task_id IS NOT NULL;

-- Log of pauses; at most one of a session is open.
CREATE TABLE focus_pauses (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  session_id UUID NOT NULL,
  mode TEXT NOT NULL CONSTRAINT focus_pauses_mode_ck CHECK (mode IN ('focus', 'break', 'long_break')),
  paused_at TIMESTAMPTZ NOT NULL,
  resumed_at TIMESTAMPTZ,
  ended_by TEXT
    CONSTRAINT focus_pauses_ended_by_ck CHECK (ended_by IN ('resume', 'complete', 'abandon', 'expire', 'replace')),
  remaining_seconds INT NOT NULL CONSTRAINT focus_pauses_remaining_seconds_ck CHECK (remaining_seconds >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT focus_pauses_pk PRIMARY KEY (user_id, id),
  CONSTRAINT focus_pauses_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT focus_pauses_user_id_session_id_fk
    FOREIGN KEY (user_id, session_id) REFERENCES focus_sessions (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX focus_pauses_user_id_session_id_uq ON focus_pauses (user_id, session_id)
  WHERE resumed_at IS NULL AND ended_by IS NULL;
CREATE INDEX focus_pauses_user_id_session_id_paused_at_ix ON focus_pauses (user_id, session_id, paused_at);

-- Version of the domain and the live session.
CREATE TABLE focus_state (
  user_id UUID NOT NULL,
  version BIGINT NOT NULL DEFAULT 0 CONSTRAINT focus_state_version_ck CHECK (version >= 0),
  live_session_id UUID,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT focus_state_pk PRIMARY KEY (user_id),
  CONSTRAINT focus_state_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT focus_state_user_id_live_session_id_fk
    FOREIGN KEY (user_id, live_session_id) REFERENCES focus_sessions (user_id, id)
);
CREATE INDEX focus_state_user_id_live_session_id_ix ON focus_state (user_id, live_session_id);

-- down
-- All rows of these tables are lost.
DROP TABLE focus_state;
DROP TABLE focus_pauses;
DROP TABLE focus_sessions;
DROP TABLE focus_library_tracks;
DROP TABLE focus_libraries;
