-- What was drawn of rate limits, when servers share them.

-- `key` names a class and a hash of whose requests are counted. `hits` are the instants of a sliding window, newest first.
CREATE TABLE rate_limit_buckets (
  key TEXT NOT NULL CONSTRAINT rate_limit_buckets_key_ck CHECK (length(key) BETWEEN 1 AND 200),
  tat_us BIGINT,
  hits TEXT NOT NULL DEFAULT '',
  expires_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT rate_limit_buckets_pk PRIMARY KEY (key)
);
-- job index
CREATE INDEX rate_limit_buckets_expires_at_ix ON rate_limit_buckets (expires_at);

-- down
DROP TABLE rate_limit_buckets;
