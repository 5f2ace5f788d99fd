-- Today looks at a user's last exposures.
CREATE INDEX decision_exposures_user_id_shown_at_ix ON decision_exposures (user_id, shown_at DESC);

-- down
DROP INDEX decision_exposures_user_id_shown_at_ix;
