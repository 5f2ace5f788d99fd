-- What one server worked out and others on this database need not.

-- Good for one revision of the user, one version of the flags and a span of time. Nothing is lost with a row.
CREATE TABLE stored_answers (
  user_id UUID NOT NULL,
  view TEXT NOT NULL CONSTRAINT stored_answers_view_ck CHECK (length(view) BETWEEN 1 AND 40),
  maker TEXT NOT NULL CONSTRAINT stored_answers_maker_ck CHECK (length(maker) BETWEEN 1 AND 40),
  revision BIGINT NOT NULL,
  flags_version BIGINT NOT NULL,
  valid_from TIMESTAMPTZ NOT NULL,
  valid_until TIMESTAMPTZ NOT NULL,
  body BYTEA NOT NULL,
  CONSTRAINT stored_answers_pk PRIMARY KEY (user_id, view),
  CONSTRAINT stored_answers_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- down
DROP TABLE stored_answers;
