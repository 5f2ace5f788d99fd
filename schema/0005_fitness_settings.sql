-- Units and training habits of a user; a user without a row has the defaults.
CREATE TABLE fitness_settings (
  user_id UUID NOT NULL,
  weight_unit TEXT NOT NULL CONSTRAINT fitness_settings_weight_unit_ck CHECK (weight_unit IN ('kg', 'lb')),
  distance_unit TEXT NOT NULL CONSTRAINT fitness_settings_distance_unit_ck CHECK (distance_unit IN ('km', 'mi')),
  load_step_x100 INT NOT NULL
    CONSTRAINT fitness_settings_load_step_x100_ck CHECK (load_step_x100 BETWEEN 1 AND 10000),
  bar_weight_g INT NOT NULL CONSTRAINT fitness_settings_bar_weight_g_ck CHECK (bar_weight_g BETWEEN 0 AND 2000000),
  default_rest_seconds INT NOT NULL
    CONSTRAINT fitness_settings_default_rest_seconds_ck CHECK (default_rest_seconds BETWEEN 0 AND 3600),
  weekly_goal INT NOT NULL CONSTRAINT fitness_settings_weekly_goal_ck CHECK (weekly_goal BETWEEN 1 AND 7),
  auto_schedule BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT fitness_settings_pk PRIMARY KEY (user_id),
  CONSTRAINT fitness_settings_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- down
-- Chosen units and training habits are lost.
DROP TABLE fitness_settings;
