-- Progress: the points ledger and its caches, skills, achievements, streaks, habits, goals, quests and the market.
-- Foreign keys to shared content are not indexed: shared rows are deactivated, never deleted.

-- Shipped skills.
CREATE TABLE skill_definitions (
  id UUID NOT NULL,
  key TEXT NOT NULL CONSTRAINT skill_definitions_key_ck CHECK (length(key) BETWEEN 1 AND 40),
  name TEXT NOT NULL CONSTRAINT skill_definitions_name_ck CHECK (length(name) <= 60),
  description TEXT CONSTRAINT skill_definitions_description_ck CHECK (length(description) <= 500),
  color TEXT NOT NULL CONSTRAINT skill_definitions_color_ck CHECK (length(color) <= 7),
  icon TEXT CONSTRAINT skill_definitions_icon_ck CHECK (length(icon) <= 64),
  max_level INT NOT NULL CONSTRAINT skill_definitions_max_level_ck CHECK (max_level BETWEEN 2 AND 15),
  xp_base INT NOT NULL CONSTRAINT skill_definitions_xp_base_ck CHECK (xp_base BETWEEN 10 AND 10000),
  xp_multiplier_percent INT NOT NULL
    CONSTRAINT skill_definitions_xp_multiplier_percent_ck CHECK (xp_multiplier_percent BETWEEN 100 AND 200),
  stars_per_level INT NOT NULL
    CONSTRAINT skill_definitions_stars_per_level_ck CHECK (stars_per_level BETWEEN 1 AND 1000),
  max_star_level INT NOT NULL CONSTRAINT skill_definitions_max_star_level_ck CHECK (max_star_level BETWEEN 1
      AND 1000),
  sort_order INT NOT NULL,
  is_active BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT skill_definitions_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX skill_definitions_key_uq ON skill_definitions (key);

-- Shipped achievements.
CREATE TABLE achievement_definitions (
  id UUID NOT NULL,
  key TEXT NOT NULL CONSTRAINT achievement_definitions_key_ck CHECK (length(key) BETWEEN 1 AND 60),
  name TEXT NOT NULL CONSTRAINT achievement_definitions_name_ck CHECK (length(name) <= 100),
  description TEXT CONSTRAINT achievement_definitions_description_ck CHECK (length(description) <= 500),
  category TEXT NOT NULL CONSTRAINT achievement_definitions_category_ck CHECK (length(category) <= 40),
  icon TEXT CONSTRAINT achievement_definitions_icon_ck CHECK (length(icon) <= 64),
  trigger_type TEXT NOT NULL
    CONSTRAINT achievement_definitions_trigger_type_ck CHECK (trigger_type IN ('event', 'threshold')),
  trigger_config JSONB NOT NULL,
  reward_coins INT NOT NULL DEFAULT 0
    CONSTRAINT achievement_definitions_reward_coins_ck CHECK (reward_coins BETWEEN 0 AND 100000),
  reward_xp INT NOT NULL DEFAULT 0
    CONSTRAINT achievement_definitions_reward_xp_ck CHECK (reward_xp BETWEEN 0 AND 100000),
  reward_skill_key TEXT CONSTRAINT achievement_definitions_reward_skill_key_ck CHECK (length(reward_skill_key) <= 40),
  reward_skill_stars INT NOT NULL DEFAULT 0
    CONSTRAINT achievement_definitions_reward_skill_stars_ck CHECK (reward_skill_stars BETWEEN 0 AND 100),
  is_hidden BOOLEAN NOT NULL DEFAULT FALSE,
  is_active BOOLEAN NOT NULL,
  sort_order INT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT achievement_definitions_pk PRIMARY KEY (id),
  CONSTRAINT achievement_definitions_reward_skill_key_fk
    FOREIGN KEY (reward_skill_key) REFERENCES skill_definitions (key)
);
CREATE UNIQUE INDEX achievement_definitions_key_uq ON achievement_definitions (key);

-- Every change of XP, coins and stars; the source of all balances. Append-only: the triggers below refuse every UPDATE,
-- and every DELETE while the user exists.
CREATE TABLE points_ledger (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  seq BIGINT NOT NULL CONSTRAINT points_ledger_seq_ck CHECK (seq >= 1),
  kind TEXT NOT NULL
    CONSTRAINT points_ledger_kind_ck CHECK (kind IN ('award', 'reversal', 'spend', 'refund', 'adjustment')),
  event_type TEXT NOT NULL CONSTRAINT points_ledger_event_type_ck CHECK (length(event_type) BETWEEN 1 AND 50),
  event_id UUID,
  xp INT NOT NULL DEFAULT 0,
  coins INT NOT NULL DEFAULT 0,
  skill_key TEXT CONSTRAINT points_ledger_skill_key_ck CHECK (length(skill_key) <= 40),
  skill_stars INT NOT NULL DEFAULT 0,
  base_xp INT NOT NULL DEFAULT 0,
  multiplier_percent INT NOT NULL
    CONSTRAINT points_ledger_multiplier_percent_ck CHECK (multiplier_percent BETWEEN 100 AND 300),
  idempotency_key TEXT NOT NULL
    CONSTRAINT points_ledger_idempotency_key_ck CHECK (length(idempotency_key) BETWEEN 1 AND 200),
  payload_hash TEXT NOT NULL CONSTRAINT points_ledger_payload_hash_ck CHECK (length(payload_hash) <= 64),
  reverses_id UUID,
  reason TEXT CONSTRAINT points_ledger_reason_ck CHECK (length(reason) <= 200),
  activity_date DATE NOT NULL,
  coins_after BIGINT NOT NULL,
  total_xp_after BIGINT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT points_ledger_xp_ck
    CHECK ((kind = 'award' AND xp BETWEEN 0 AND 3000000) OR (kind = 'reversal' AND xp BETWEEN -3000000 AND 0)
      OR (kind IN ('spend', 'refund') AND xp = 0) OR (kind = 'adjustment' AND xp BETWEEN -1000000 AND 1000000)),
  CONSTRAINT points_ledger_coins_ck
    CHECK ((kind = 'award' AND coins BETWEEN 0 AND 1000000) OR (kind = 'reversal' AND coins BETWEEN -1000000 AND 0)
      OR (kind = 'spend' AND coins BETWEEN -1000000000 AND 0) OR (kind = 'refund' AND coins BETWEEN 0 AND 1000000000)
      OR (kind = 'adjustment' AND coins BETWEEN -1000000 AND 1000000)),
  CONSTRAINT points_ledger_skill_stars_ck CHECK (skill_stars = 0 OR skill_key IS NOT NULL),
  CONSTRAINT points_ledger_award_ck
    CHECK (kind <> 'award' OR (skill_stars BETWEEN 0 AND 100 AND base_xp BETWEEN 0 AND 1000000)),
  CONSTRAINT points_ledger_reverses_ck CHECK (kind IN ('reversal', 'refund') OR reverses_id IS NULL),
  CONSTRAINT points_ledger_pk PRIMARY KEY (user_id, id),
  CONSTRAINT points_ledger_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT points_ledger_user_id_reverses_id_fk
    FOREIGN KEY (user_id, reverses_id) REFERENCES points_ledger (user_id, id),
  CONSTRAINT points_ledger_skill_key_fk FOREIGN KEY (skill_key) REFERENCES skill_definitions (key)
);
CREATE UNIQUE INDEX points_ledger_user_id_seq_uq ON points_ledger (user_id, seq);
CREATE UNIQUE INDEX points_ledger_user_id_idempotency_key_uq ON points_ledger (user_id, idempotency_key);
CREATE UNIQUE INDEX points_ledger_user_id_reverses_id_uq ON points_ledger (user_id, reverses_id)
  WHERE reverses_id IS NOT NULL;
CREATE INDEX points_ledger_user_id_created_at_ix ON points_ledger (user_id, created_at DESC);

-- only: sqlite
CREATE TRIGGER points_ledger_no_update BEFORE UPDATE ON points_ledger BEGIN
  SELECT RAISE(ABORT, 'points_ledger is append-only');
END;
CREATE TRIGGER points_ledger_no_delete BEFORE DELETE ON points_ledger
WHEN EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id) BEGIN
  SELECT RAISE(ABORT, 'points_ledger is append-only');
END;
-- only: postgresql
CREATE FUNCTION points_ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    IF NOT EXISTS (SELECT 1 FROM users WHERE id = OLD.user_id) THEN
      RETURN OLD;
    END IF;
  END IF;
  RAISE EXCEPTION 'points_ledger is append-only' USING ERRCODE = 'restrict_violation';
END;
$$;
CREATE TRIGGER points_ledger_no_update BEFORE UPDATE ON points_ledger
FOR EACH ROW EXECUTE FUNCTION points_ledger_refuse();
CREATE TRIGGER points_ledger_no_delete BEFORE DELETE ON points_ledger
FOR EACH ROW EXECUTE FUNCTION points_ledger_refuse();
-- only: all

-- Cache of XP and level.
CREATE TABLE user_progress (
  user_id UUID NOT NULL,
  total_xp BIGINT NOT NULL DEFAULT 0,
  level INT NOT NULL CONSTRAINT user_progress_level_ck CHECK (level >= 1),
  total_skill_stars INT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_progress_pk PRIMARY KEY (user_id),
  CONSTRAINT user_progress_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Cache of coins, and the last number of the ledger.
CREATE TABLE user_wallet (
  user_id UUID NOT NULL,
  coins BIGINT NOT NULL DEFAULT 0,
  total_earned BIGINT NOT NULL DEFAULT 0,
  total_spent BIGINT NOT NULL DEFAULT 0,
  ledger_seq BIGINT NOT NULL DEFAULT 0 CONSTRAINT user_wallet_ledger_seq_ck CHECK (ledger_seq >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_wallet_pk PRIMARY KEY (user_id),
  CONSTRAINT user_wallet_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Cache of XP and stars by skill.
CREATE TABLE user_skills (
  user_id UUID NOT NULL,
  skill_key TEXT NOT NULL CONSTRAINT user_skills_skill_key_ck CHECK (length(skill_key) <= 40),
  xp BIGINT NOT NULL DEFAULT 0,
  stars INT NOT NULL DEFAULT 0,
  level INT NOT NULL CONSTRAINT user_skills_level_ck CHECK (level >= 1),
  star_level INT NOT NULL DEFAULT 0 CONSTRAINT user_skills_star_level_ck CHECK (star_level >= 0),
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_skills_pk PRIMARY KEY (user_id, skill_key),
  CONSTRAINT user_skills_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_skills_skill_key_fk FOREIGN KEY (skill_key) REFERENCES skill_definitions (key)
);

-- Earned achievements.
CREATE TABLE user_achievements (
  user_id UUID NOT NULL,
  achievement_key TEXT NOT NULL CONSTRAINT user_achievements_achievement_key_ck CHECK (length(achievement_key) <= 60),
  earned_at TIMESTAMPTZ NOT NULL,
  ledger_id UUID NOT NULL,
  notified BOOLEAN NOT NULL DEFAULT FALSE,
  notified_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_achievements_pk PRIMARY KEY (user_id, achievement_key),
  CONSTRAINT user_achievements_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_achievements_achievement_key_fk
    FOREIGN KEY (achievement_key) REFERENCES achievement_definitions (key),
  CONSTRAINT user_achievements_user_id_ledger_id_fk
    FOREIGN KEY (user_id, ledger_id) REFERENCES points_ledger (user_id, id)
);
CREATE INDEX user_achievements_user_id_ledger_id_ix ON user_achievements (user_id, ledger_id);

-- Shop, for everybody.
CREATE TABLE market_items (
  id UUID NOT NULL,
  key TEXT NOT NULL CONSTRAINT market_items_key_ck CHECK (length(key) BETWEEN 1 AND 60),
  name TEXT NOT NULL CONSTRAINT market_items_name_ck CHECK (length(name) BETWEEN 1 AND 100),
  description TEXT CONSTRAINT market_items_description_ck CHECK (length(description) <= 500),
  category TEXT NOT NULL
    CONSTRAINT market_items_category_ck CHECK (category IN ('theme', 'boost', 'avatar', 'food', 'entertainment',
      'selfcare', 'custom')),
  cost_coins INT NOT NULL CONSTRAINT market_items_cost_coins_ck CHECK (cost_coins BETWEEN 0 AND 1000000),
  rarity TEXT CONSTRAINT market_items_rarity_ck CHECK (rarity IN ('common', 'rare', 'epic', 'legendary')),
  icon TEXT CONSTRAINT market_items_icon_ck CHECK (length(icon) <= 64),
  image_url TEXT,
  is_global BOOLEAN NOT NULL,
  is_active BOOLEAN NOT NULL,
  is_available BOOLEAN NOT NULL,
  available_from TIMESTAMPTZ,
  available_until TIMESTAMPTZ,
  is_consumable BOOLEAN NOT NULL,
  uses_per_purchase INT CONSTRAINT market_items_uses_per_purchase_ck CHECK (uses_per_purchase BETWEEN 1 AND 1000),
  expires_after_days INT CONSTRAINT market_items_expires_after_days_ck CHECK (expires_after_days BETWEEN 1 AND 3650),
  total_stock INT CONSTRAINT market_items_total_stock_ck CHECK (total_stock >= 0),
  remaining_stock INT,
  limit_per_user INT CONSTRAINT market_items_limit_per_user_ck CHECK (limit_per_user BETWEEN 1 AND 1000),
  max_held INT CONSTRAINT market_items_max_held_ck CHECK (max_held >= 1),
  requires_level INT CONSTRAINT market_items_requires_level_ck CHECK (requires_level BETWEEN 1 AND 1000),
  effect JSONB NOT NULL,
  created_by_user_id UUID,
  sort_order INT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT market_items_stock_ck
    CHECK ((total_stock IS NULL) = (remaining_stock IS NULL)
      AND (remaining_stock IS NULL OR remaining_stock BETWEEN 0 AND total_stock)),
  CONSTRAINT market_items_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX market_items_key_uq ON market_items (key);

-- Personal rewards.
CREATE TABLE user_market_items (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT user_market_items_name_ck CHECK (length(name) BETWEEN 1 AND 100),
  description TEXT CONSTRAINT user_market_items_description_ck CHECK (length(description) <= 500),
  category TEXT NOT NULL
    CONSTRAINT user_market_items_category_ck CHECK (category IN ('theme', 'boost', 'avatar', 'food', 'entertainment',
      'selfcare', 'custom')),
  cost_coins INT NOT NULL CONSTRAINT user_market_items_cost_coins_ck CHECK (cost_coins BETWEEN 1 AND 100000),
  icon TEXT CONSTRAINT user_market_items_icon_ck CHECK (length(icon) <= 64),
  is_active BOOLEAN NOT NULL,
  is_consumable BOOLEAN NOT NULL,
  uses_per_purchase INT CONSTRAINT user_market_items_uses_per_purchase_ck CHECK (uses_per_purchase BETWEEN 1
      AND 1000),
  expires_after_days INT
    CONSTRAINT user_market_items_expires_after_days_ck CHECK (expires_after_days BETWEEN 1 AND 3650),
  sort_order INT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_market_items_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_market_items_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Purchases. `item_id` names a row of market_items or user_market_items.
CREATE TABLE user_purchases (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  item_id UUID NOT NULL,
  item_key TEXT NOT NULL CONSTRAINT user_purchases_item_key_ck CHECK (length(item_key) <= 60),
  item_name TEXT NOT NULL CONSTRAINT user_purchases_item_name_ck CHECK (length(item_name) <= 100),
  cost_coins INT NOT NULL CONSTRAINT user_purchases_cost_coins_ck CHECK (cost_coins >= 0),
  quantity INT NOT NULL CONSTRAINT user_purchases_quantity_ck CHECK (quantity BETWEEN 1 AND 99),
  status TEXT NOT NULL
    CONSTRAINT user_purchases_status_ck CHECK (status IN ('purchased', 'redeemed', 'refunded', 'expired')),
  uses_total INT CONSTRAINT user_purchases_uses_total_ck CHECK (uses_total >= 0),
  uses_remaining INT CONSTRAINT user_purchases_uses_remaining_ck CHECK (uses_remaining >= 0),
  purchased_at TIMESTAMPTZ NOT NULL,
  purchased_on DATE NOT NULL,
  redeemed_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  refunded_at TIMESTAMPTZ,
  refund_reason TEXT CONSTRAINT user_purchases_refund_reason_ck CHECK (length(refund_reason) <= 200),
  ledger_id UUID NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_purchases_uses_ck
    CHECK ((uses_total IS NULL) = (uses_remaining IS NULL)
      AND (uses_remaining IS NULL OR uses_remaining <= uses_total)),
  CONSTRAINT user_purchases_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_purchases_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE INDEX user_purchases_user_id_purchased_at_ix ON user_purchases (user_id, purchased_at DESC);
CREATE INDEX user_purchases_user_id_item_id_ix ON user_purchases (user_id, item_id);

-- Owned looks.
CREATE TABLE user_cosmetics (
  user_id UUID NOT NULL,
  item_key TEXT NOT NULL CONSTRAINT user_cosmetics_item_key_ck CHECK (length(item_key) <= 60),
  slot TEXT NOT NULL CONSTRAINT user_cosmetics_slot_ck CHECK (slot IN ('theme', 'avatar_head', 'avatar_back')),
  purchase_id UUID NOT NULL,
  equipped BOOLEAN NOT NULL DEFAULT FALSE,
  ever_equipped BOOLEAN NOT NULL DEFAULT FALSE,
  acquired_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_cosmetics_pk PRIMARY KEY (user_id, item_key),
  CONSTRAINT user_cosmetics_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_cosmetics_user_id_purchase_id_fk
    FOREIGN KEY (user_id, purchase_id) REFERENCES user_purchases (user_id, id)
);
CREATE UNIQUE INDEX user_cosmetics_user_id_slot_uq ON user_cosmetics (user_id, slot) WHERE equipped;
CREATE INDEX user_cosmetics_user_id_purchase_id_ix ON user_cosmetics (user_id, purchase_id);

-- Running boosts.
CREATE TABLE user_boosts (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  purchase_id UUID NOT NULL,
  multiplier_percent INT NOT NULL
    CONSTRAINT user_boosts_multiplier_percent_ck CHECK (multiplier_percent BETWEEN 100 AND 300),
  starts_at TIMESTAMPTZ NOT NULL,
  ends_at TIMESTAMPTZ NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_boosts_ends_at_ck CHECK (ends_at > starts_at),
  CONSTRAINT user_boosts_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_boosts_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_boosts_user_id_purchase_id_fk
    FOREIGN KEY (user_id, purchase_id) REFERENCES user_purchases (user_id, id)
);
CREATE INDEX user_boosts_user_id_purchase_id_ix ON user_boosts (user_id, purchase_id);
CREATE INDEX user_boosts_user_id_ends_at_ix ON user_boosts (user_id, ends_at);

-- Gifts.
CREATE TABLE user_rewards (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  reward_type TEXT NOT NULL CONSTRAINT user_rewards_reward_type_ck CHECK (length(reward_type) <= 40),
  title TEXT NOT NULL CONSTRAINT user_rewards_title_ck CHECK (length(title) <= 100),
  coins INT NOT NULL DEFAULT 0 CONSTRAINT user_rewards_coins_ck CHECK (coins BETWEEN 0 AND 100000),
  xp INT NOT NULL DEFAULT 0 CONSTRAINT user_rewards_xp_ck CHECK (xp BETWEEN 0 AND 100000),
  claimed BOOLEAN NOT NULL DEFAULT FALSE,
  claimed_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  source_id UUID,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_rewards_claimed_ck CHECK (claimed = (claimed_at IS NOT NULL)),
  CONSTRAINT user_rewards_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_rewards_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Cache of recommendations. `item_id` names a row of market_items or user_market_items.
CREATE TABLE market_recommendations (
  user_id UUID NOT NULL,
  item_id UUID NOT NULL,
  score DOUBLE PRECISION NOT NULL,
  reason TEXT NOT NULL
    CONSTRAINT market_recommendations_reason_ck CHECK (reason IN ('protect_streak', 'repurchase', 'affordable',
      'almost_affordable')),
  computed_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT market_recommendations_score_ck CHECK (score >= 0 AND score <= 1),
  CONSTRAINT market_recommendations_pk PRIMARY KEY (user_id, item_id),
  CONSTRAINT market_recommendations_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Habits; the columns of cadence and streak are caches of habit_schedules and habit_completions. current_streak and
-- longest_streak stand as of the last write; settled_* is the streak through a day that can hardly change any more, from
-- which readers walk on.
CREATE TABLE habits (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT habits_name_ck CHECK (length(name) BETWEEN 1 AND 100),
  description TEXT CONSTRAINT habits_description_ck CHECK (length(description) <= 1000),
  category TEXT NOT NULL DEFAULT 'general'
    CONSTRAINT habits_category_ck CHECK (category IN ('focus', 'exercise', 'learning', 'journal', 'general')),
  skill_key TEXT CONSTRAINT habits_skill_key_ck CHECK (length(skill_key) <= 40),
  frequency TEXT NOT NULL DEFAULT 'daily'
    CONSTRAINT habits_frequency_ck CHECK (frequency IN ('daily', 'weekly', 'custom')),
  target_count INT NOT NULL CONSTRAINT habits_target_count_ck CHECK (target_count BETWEEN 1 AND 1000),
  custom_days JSONB,
  icon TEXT CONSTRAINT habits_icon_ck CHECK (length(icon) <= 64),
  color TEXT CONSTRAINT habits_color_ck CHECK (length(color) <= 7),
  start_date DATE NOT NULL,
  reminder_time TEXT CONSTRAINT habits_reminder_time_ck CHECK (length(reminder_time) <= 5),
  auto_shield BOOLEAN NOT NULL DEFAULT FALSE,
  is_active BOOLEAN NOT NULL,
  archived_at TIMESTAMPTZ,
  current_streak INT NOT NULL DEFAULT 0 CONSTRAINT habits_current_streak_ck CHECK (current_streak >= 0),
  longest_streak INT NOT NULL DEFAULT 0 CONSTRAINT habits_longest_streak_ck CHECK (longest_streak >= 0),
  last_completed_at TIMESTAMPTZ,
  sort_order INT NOT NULL DEFAULT 0,
  settled_through DATE,
  settled_run INT NOT NULL DEFAULT 0 CONSTRAINT habits_settled_run_ck CHECK (settled_run >= 0),
  settled_longest INT NOT NULL DEFAULT 0 CONSTRAINT habits_settled_longest_ck CHECK (settled_longest >= 0),
  settled_run_start DATE,
  settled_last_done DATE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT habits_custom_days_ck CHECK (custom_days IS NULL OR frequency = 'custom'),
  CONSTRAINT habits_weekly_target_ck CHECK (frequency <> 'weekly' OR target_count <= 7),
  CONSTRAINT habits_pk PRIMARY KEY (user_id, id),
  CONSTRAINT habits_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT habits_skill_key_fk FOREIGN KEY (skill_key) REFERENCES skill_definitions (key)
);
CREATE INDEX habits_user_id_ix ON habits (user_id) WHERE is_active;

-- Cadence of a habit over time; at least one row per habit.
CREATE TABLE habit_schedules (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  habit_id UUID NOT NULL,
  effective_from DATE NOT NULL,
  frequency TEXT NOT NULL CONSTRAINT habit_schedules_frequency_ck CHECK (frequency IN ('daily', 'weekly', 'custom')),
  target_count INT NOT NULL CONSTRAINT habit_schedules_target_count_ck CHECK (target_count BETWEEN 1 AND 1000),
  custom_days JSONB,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT habit_schedules_pk PRIMARY KEY (user_id, id),
  CONSTRAINT habit_schedules_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT habit_schedules_user_id_habit_id_fk
    FOREIGN KEY (user_id, habit_id) REFERENCES habits (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX habit_schedules_user_id_habit_id_effective_from_uq
  ON habit_schedules (user_id, habit_id, effective_from);

-- One row per habit and local day.
CREATE TABLE habit_completions (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  habit_id UUID NOT NULL,
  completed_date DATE NOT NULL,
  count INT NOT NULL CONSTRAINT habit_completions_count_ck CHECK (count BETWEEN 1 AND 1000),
  day_target INT NOT NULL CONSTRAINT habit_completions_day_target_ck CHECK (day_target BETWEEN 1 AND 1000),
  done BOOLEAN NOT NULL,
  completed_at TIMESTAMPTZ NOT NULL,
  tz TEXT NOT NULL CONSTRAINT habit_completions_tz_ck CHECK (length(tz) <= 64),
  notes TEXT,
  award_no INT NOT NULL CONSTRAINT habit_completions_award_no_ck CHECK (award_no >= 1),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT habit_completions_pk PRIMARY KEY (user_id, id),
  CONSTRAINT habit_completions_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT habit_completions_user_id_habit_id_fk
    FOREIGN KEY (user_id, habit_id) REFERENCES habits (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX habit_completions_user_id_habit_id_completed_date_uq
  ON habit_completions (user_id, habit_id, completed_date);
CREATE INDEX habit_completions_user_id_completed_date_ix ON habit_completions (user_id, completed_date);

-- Pauses; an open one has no end.
CREATE TABLE habit_pauses (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  habit_id UUID NOT NULL,
  from_date DATE NOT NULL,
  to_date DATE,
  reason TEXT NOT NULL CONSTRAINT habit_pauses_reason_ck CHECK (reason IN ('archive', 'pause')),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT habit_pauses_to_date_ck CHECK (to_date IS NULL OR to_date >= from_date),
  CONSTRAINT habit_pauses_pk PRIMARY KEY (user_id, id),
  CONSTRAINT habit_pauses_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT habit_pauses_user_id_habit_id_fk
    FOREIGN KEY (user_id, habit_id) REFERENCES habits (user_id, id) ON DELETE CASCADE
);
CREATE INDEX habit_pauses_user_id_habit_id_from_date_ix ON habit_pauses (user_id, habit_id, from_date);

-- Caches of streaks. `longest_floor` is the longest streak an import brought along.
CREATE TABLE user_streaks (
  user_id UUID NOT NULL,
  streak_type TEXT NOT NULL
    CONSTRAINT user_streaks_streak_type_ck CHECK (streak_type IN ('daily_activity', 'focus', 'workout', 'habit',
      'reading', 'learning')),
  current INT NOT NULL DEFAULT 0 CONSTRAINT user_streaks_current_ck CHECK (current >= 0),
  longest INT NOT NULL DEFAULT 0 CONSTRAINT user_streaks_longest_ck CHECK (longest >= 0),
  longest_floor INT NOT NULL DEFAULT 0 CONSTRAINT user_streaks_longest_floor_ck CHECK (longest_floor >= 0),
  breaks INT NOT NULL DEFAULT 0 CONSTRAINT user_streaks_breaks_ck CHECK (breaks >= 0),
  last_activity_date DATE,
  last_broken_on DATE,
  run_start DATE,
  settled_through DATE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_streaks_pk PRIMARY KEY (user_id, streak_type),
  CONSTRAINT user_streaks_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Days that count; the source of streaks.
CREATE TABLE streak_days (
  user_id UUID NOT NULL,
  streak_type TEXT NOT NULL
    CONSTRAINT streak_days_streak_type_ck CHECK (streak_type IN ('daily_activity', 'focus', 'workout', 'habit',
      'reading', 'learning')),
  activity_date DATE NOT NULL,
  kind TEXT NOT NULL CONSTRAINT streak_days_kind_ck CHECK (kind IN ('activity', 'protected')),
  contributions INT NOT NULL CONSTRAINT streak_days_contributions_ck CHECK (contributions >= 1),
  first_at TIMESTAMPTZ NOT NULL,
  last_at TIMESTAMPTZ NOT NULL,
  first_tz TEXT NOT NULL CONSTRAINT streak_days_first_tz_ck CHECK (length(first_tz) <= 64),
  last_tz TEXT NOT NULL CONSTRAINT streak_days_last_tz_ck CHECK (length(last_tz) <= 64),
  purchase_id UUID,
  CONSTRAINT streak_days_pk PRIMARY KEY (user_id, streak_type, activity_date),
  CONSTRAINT streak_days_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT streak_days_user_id_purchase_id_fk
    FOREIGN KEY (user_id, purchase_id) REFERENCES user_purchases (user_id, id)
);
CREATE INDEX streak_days_user_id_purchase_id_ix ON streak_days (user_id, purchase_id) WHERE purchase_id IS NOT NULL;

-- Days protected by a shield, of a streak or of a habit.
CREATE TABLE shield_uses (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  purchase_id UUID NOT NULL,
  streak_type TEXT
    CONSTRAINT shield_uses_streak_type_ck CHECK (streak_type IN ('daily_activity', 'focus', 'workout', 'habit',
      'reading', 'learning')),
  habit_id UUID,
  used_for DATE NOT NULL,
  mode TEXT NOT NULL CONSTRAINT shield_uses_mode_ck CHECK (mode IN ('auto', 'manual')),
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT shield_uses_target_ck CHECK ((streak_type IS NULL) <> (habit_id IS NULL)),
  CONSTRAINT shield_uses_pk PRIMARY KEY (user_id, id),
  CONSTRAINT shield_uses_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT shield_uses_user_id_purchase_id_fk
    FOREIGN KEY (user_id, purchase_id) REFERENCES user_purchases (user_id, id),
  CONSTRAINT shield_uses_user_id_habit_id_fk FOREIGN KEY (user_id, habit_id) REFERENCES habits (user_id, id)
);
CREATE UNIQUE INDEX shield_uses_user_id_streak_type_used_for_uq ON shield_uses (user_id, streak_type, used_for)
  WHERE habit_id IS NULL;
CREATE UNIQUE INDEX shield_uses_user_id_habit_id_used_for_uq ON shield_uses (user_id, habit_id, used_for)
  WHERE habit_id IS NOT NULL;
CREATE INDEX shield_uses_user_id_purchase_id_ix ON shield_uses (user_id, purchase_id);

-- Goals.
CREATE TABLE goals (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  title TEXT NOT NULL CONSTRAINT goals_title_ck CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT,
  category TEXT CONSTRAINT goals_category_ck CHECK (length(category) <= 50),
  skill_key TEXT CONSTRAINT goals_skill_key_ck CHECK (length(skill_key) <= 40),
  target_date DATE,
  status TEXT NOT NULL DEFAULT 'active'
    CONSTRAINT goals_status_ck CHECK (status IN ('active', 'paused', 'completed', 'abandoned')),
  progress_mode TEXT NOT NULL
    CONSTRAINT goals_progress_mode_ck CHECK (progress_mode IN ('milestones', 'numeric', 'manual')),
  progress INT NOT NULL DEFAULT 0 CONSTRAINT goals_progress_ck CHECK (progress BETWEEN 0 AND 100),
  start_value DOUBLE PRECISION,
  target_value DOUBLE PRECISION,
  current_value DOUBLE PRECISION,
  unit TEXT CONSTRAINT goals_unit_ck CHECK (length(unit) <= 30),
  priority INT NOT NULL DEFAULT 0 CONSTRAINT goals_priority_ck CHECK (priority BETWEEN 0 AND 100),
  sort_order INT NOT NULL DEFAULT 0,
  started_at TIMESTAMPTZ NOT NULL,
  completed_at TIMESTAMPTZ,
  award_no INT NOT NULL DEFAULT 0 CONSTRAINT goals_award_no_ck CHECK (award_no >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT goals_completed_at_ck CHECK (status <> 'completed' OR completed_at IS NOT NULL),
  CONSTRAINT goals_target_value_ck CHECK (target_value IS NULL OR start_value IS NULL OR target_value <> start_value),
  CONSTRAINT goals_pk PRIMARY KEY (user_id, id),
  CONSTRAINT goals_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT goals_skill_key_fk FOREIGN KEY (skill_key) REFERENCES skill_definitions (key)
);
CREATE INDEX goals_user_id_status_sort_order_ix ON goals (user_id, status, sort_order);

-- Milestones of goals.
CREATE TABLE goal_milestones (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  goal_id UUID NOT NULL,
  title TEXT NOT NULL CONSTRAINT goal_milestones_title_ck CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT,
  due_date DATE,
  is_completed BOOLEAN NOT NULL DEFAULT FALSE,
  completed_at TIMESTAMPTZ,
  award_no INT NOT NULL DEFAULT 0 CONSTRAINT goal_milestones_award_no_ck CHECK (award_no >= 0),
  sort_order INT NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT goal_milestones_completed_at_ck CHECK (is_completed = (completed_at IS NOT NULL)),
  CONSTRAINT goal_milestones_pk PRIMARY KEY (user_id, id),
  CONSTRAINT goal_milestones_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT goal_milestones_user_id_goal_id_fk
    FOREIGN KEY (user_id, goal_id) REFERENCES goals (user_id, id) ON DELETE CASCADE
);
CREATE INDEX goal_milestones_user_id_goal_id_sort_order_ix ON goal_milestones (user_id, goal_id, sort_order);

-- Quests for everybody.
CREATE TABLE universal_quests (
  id UUID NOT NULL,
  key TEXT CONSTRAINT universal_quests_key_ck CHECK (length(key) BETWEEN 1 AND 60),
  title TEXT NOT NULL CONSTRAINT universal_quests_title_ck CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT CONSTRAINT universal_quests_description_ck CHECK (length(description) <= 1000),
  quest_type TEXT NOT NULL
    CONSTRAINT universal_quests_quest_type_ck CHECK (quest_type IN ('daily', 'weekly', 'monthly', 'one_time')),
  category TEXT CONSTRAINT universal_quests_category_ck CHECK (length(category) <= 50),
  difficulty TEXT NOT NULL DEFAULT 'easy'
    CONSTRAINT universal_quests_difficulty_ck CHECK (difficulty IN ('starter', 'easy', 'medium', 'hard', 'epic')),
  target_type TEXT NOT NULL CONSTRAINT universal_quests_target_type_ck CHECK (length(target_type) <= 40),
  target INT NOT NULL CONSTRAINT universal_quests_target_ck CHECK (target BETWEEN 1 AND 1000000),
  target_config JSONB,
  xp_reward INT NOT NULL CONSTRAINT universal_quests_xp_reward_ck CHECK (xp_reward BETWEEN 0 AND 10000),
  coin_reward INT NOT NULL CONSTRAINT universal_quests_coin_reward_ck CHECK (coin_reward BETWEEN 0 AND 10000),
  skill_key TEXT CONSTRAINT universal_quests_skill_key_ck CHECK (length(skill_key) <= 40),
  skill_star_reward INT NOT NULL DEFAULT 0
    CONSTRAINT universal_quests_skill_star_reward_ck CHECK (skill_star_reward BETWEEN 0 AND 100),
  starts_at TIMESTAMPTZ,
  ends_at TIMESTAMPTZ,
  is_active BOOLEAN NOT NULL,
  created_by UUID,
  sort_order INT NOT NULL DEFAULT 0,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT universal_quests_ends_at_ck CHECK (ends_at IS NULL OR starts_at IS NULL OR ends_at > starts_at),
  CONSTRAINT universal_quests_pk PRIMARY KEY (id),
  CONSTRAINT universal_quests_skill_key_fk FOREIGN KEY (skill_key) REFERENCES skill_definitions (key)
);
CREATE UNIQUE INDEX universal_quests_key_uq ON universal_quests (key) WHERE key IS NOT NULL;

-- A user's period of a shared quest; rewards are copied when the row is made.
CREATE TABLE user_quest_progress (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  quest_id UUID NOT NULL,
  period_key TEXT NOT NULL CONSTRAINT user_quest_progress_period_key_ck CHECK (length(period_key) BETWEEN 1 AND 10),
  status TEXT NOT NULL
    CONSTRAINT user_quest_progress_status_ck CHECK (status IN ('in_progress', 'completed', 'claimed', 'abandoned',
      'expired')),
  progress INT NOT NULL DEFAULT 0 CONSTRAINT user_quest_progress_progress_ck CHECK (progress >= 0),
  target INT NOT NULL CONSTRAINT user_quest_progress_target_ck CHECK (target BETWEEN 1 AND 1000000),
  xp_reward INT NOT NULL CONSTRAINT user_quest_progress_xp_reward_ck CHECK (xp_reward BETWEEN 0 AND 10000),
  coin_reward INT NOT NULL CONSTRAINT user_quest_progress_coin_reward_ck CHECK (coin_reward BETWEEN 0 AND 10000),
  skill_key TEXT CONSTRAINT user_quest_progress_skill_key_ck CHECK (length(skill_key) <= 40),
  skill_star_reward INT NOT NULL DEFAULT 0
    CONSTRAINT user_quest_progress_skill_star_reward_ck CHECK (skill_star_reward BETWEEN 0 AND 100),
  accepted_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  claimed_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_quest_progress_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_quest_progress_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_quest_progress_quest_id_fk FOREIGN KEY (quest_id) REFERENCES universal_quests (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_quest_progress_user_id_quest_id_period_key_uq
  ON user_quest_progress (user_id, quest_id, period_key);
CREATE INDEX user_quest_progress_user_id_status_ix ON user_quest_progress (user_id, status);
-- job index
CREATE INDEX user_quest_progress_quest_id_ix ON user_quest_progress (quest_id);

-- Personal quests.
CREATE TABLE user_quests (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  source_quest_id UUID,
  link_kind TEXT CONSTRAINT user_quests_link_kind_ck CHECK (link_kind IN ('workout')),
  link_id UUID,
  title TEXT NOT NULL CONSTRAINT user_quests_title_ck CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT CONSTRAINT user_quests_description_ck CHECK (length(description) <= 1000),
  category TEXT NOT NULL DEFAULT 'special' CONSTRAINT user_quests_category_ck CHECK (length(category) <= 50),
  difficulty TEXT NOT NULL DEFAULT 'starter'
    CONSTRAINT user_quests_difficulty_ck CHECK (difficulty IN ('starter', 'easy', 'medium', 'hard', 'epic')),
  xp_reward INT NOT NULL CONSTRAINT user_quests_xp_reward_ck CHECK (xp_reward BETWEEN 0 AND 250),
  coin_reward INT NOT NULL CONSTRAINT user_quests_coin_reward_ck CHECK (coin_reward BETWEEN 0 AND 100),
  skill_key TEXT CONSTRAINT user_quests_skill_key_ck CHECK (length(skill_key) <= 40),
  status TEXT NOT NULL DEFAULT 'available'
    CONSTRAINT user_quests_status_ck CHECK (status IN ('available', 'accepted', 'completed', 'abandoned', 'expired')),
  progress INT NOT NULL DEFAULT 0 CONSTRAINT user_quests_progress_ck CHECK (progress >= 0),
  target INT NOT NULL CONSTRAINT user_quests_target_ck CHECK (target BETWEEN 1 AND 100000),
  is_repeatable BOOLEAN NOT NULL DEFAULT FALSE,
  repeat_frequency TEXT
    CONSTRAINT user_quests_repeat_frequency_ck CHECK (repeat_frequency IN ('daily', 'weekly', 'monthly')),
  accepted_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  claimed_at TIMESTAMPTZ,
  expires_at TIMESTAMPTZ,
  last_completed_date DATE,
  last_period_key TEXT CONSTRAINT user_quests_last_period_key_ck CHECK (length(last_period_key) <= 10),
  streak_count INT NOT NULL DEFAULT 0 CONSTRAINT user_quests_streak_count_ck CHECK (streak_count >= 0),
  times_completed INT NOT NULL DEFAULT 0 CONSTRAINT user_quests_times_completed_ck CHECK (times_completed >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_quests_link_ck CHECK ((link_kind IS NULL) = (link_id IS NULL)),
  CONSTRAINT user_quests_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_quests_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_quests_source_quest_id_fk FOREIGN KEY (source_quest_id) REFERENCES universal_quests (id)
);
CREATE INDEX user_quests_user_id_status_ix ON user_quests (user_id, status);

-- down
-- All rows of these tables are lost.
DROP TABLE user_quests;
DROP TABLE user_quest_progress;
DROP TABLE universal_quests;
DROP TABLE goal_milestones;
DROP TABLE goals;
DROP TABLE shield_uses;
DROP TABLE streak_days;
DROP TABLE user_streaks;
DROP TABLE habit_pauses;
DROP TABLE habit_completions;
DROP TABLE habit_schedules;
DROP TABLE habits;
DROP TABLE market_recommendations;
DROP TABLE user_rewards;
DROP TABLE user_boosts;
DROP TABLE user_cosmetics;
DROP TABLE user_purchases;
DROP TABLE user_market_items;
DROP TABLE market_items;
DROP TABLE user_achievements;
DROP TABLE user_skills;
DROP TABLE user_wallet;
DROP TABLE user_progress;
DROP TABLE points_ledger;
DROP TABLE achievement_definitions;
DROP TABLE skill_definitions;
-- only: postgresql
DROP FUNCTION points_ledger_refuse();
-- only: all
