-- Today: preferences, engagement, the one feed of activity events, telemetry of decisions, daily plans, the inbox,
-- onboarding, ignitions and a user's own rules and routines.

-- Preferences of Today; a user without a row has the defaults.
CREATE TABLE today_prefs (
  user_id UUID NOT NULL,
  nudge_intensity TEXT NOT NULL DEFAULT 'standard'
    CONSTRAINT today_prefs_nudge_intensity_ck CHECK (nudge_intensity IN ('gentle', 'standard', 'energetic')),
  focus_minutes INT NOT NULL CONSTRAINT today_prefs_focus_minutes_ck CHECK (focus_minutes BETWEEN 1 AND 180),
  gamification_visibility TEXT NOT NULL DEFAULT 'always'
    CONSTRAINT today_prefs_gamification_visibility_ck CHECK (gamification_visibility IN ('always', 'subtle',
      'hidden')),
  planner_visibility TEXT NOT NULL DEFAULT 'collapsed'
    CONSTRAINT today_prefs_planner_visibility_ck CHECK (planner_visibility IN ('visible', 'collapsed', 'hidden')),
  gap_mode TEXT CONSTRAINT today_prefs_gap_mode_ck CHECK (gap_mode IN ('elapsed', 'local_days')),
  gap_threshold_hours INT CONSTRAINT today_prefs_gap_threshold_hours_ck CHECK (gap_threshold_hours BETWEEN 24
      AND 720),
  gap_threshold_days INT CONSTRAINT today_prefs_gap_threshold_days_ck CHECK (gap_threshold_days BETWEEN 1 AND 30),
  tips_enabled BOOLEAN NOT NULL,
  telemetry_enabled BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT today_prefs_pk PRIMARY KEY (user_id),
  CONSTRAINT today_prefs_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Interests.
CREATE TABLE user_interests (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  interest_key TEXT NOT NULL
    CONSTRAINT user_interests_interest_key_ck CHECK (interest_key IN ('focus', 'learning', 'music', 'fitness',
      'habits', 'creativity')),
  interest_label TEXT NOT NULL CONSTRAINT user_interests_interest_label_ck CHECK (length(interest_label) <= 60),
  priority INT NOT NULL DEFAULT 0 CONSTRAINT user_interests_priority_ck CHECK (priority BETWEEN 0 AND 100),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_interests_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_interests_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_interests_user_id_interest_key_uq ON user_interests (user_id, interest_key);

-- Weights of the modules.
CREATE TABLE user_ui_modules (
  user_id UUID NOT NULL,
  module_key TEXT NOT NULL
    CONSTRAINT user_ui_modules_module_key_ck CHECK (module_key IN ('focus', 'quests', 'learn', 'ignitions', 'ideas',
      'wins', 'plan', 'habits', 'exercise', 'review', 'goals', 'books', 'journal', 'inbox', 'projects')),
  enabled BOOLEAN NOT NULL,
  weight INT NOT NULL CONSTRAINT user_ui_modules_weight_ck CHECK (weight BETWEEN 0 AND 100),
  last_shown_at TIMESTAMPTZ,
  show_count INT NOT NULL DEFAULT 0 CONSTRAINT user_ui_modules_show_count_ck CHECK (show_count >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_ui_modules_pk PRIMARY KEY (user_id, module_key),
  CONSTRAINT user_ui_modules_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Engagement session, soft landing, momentum. `last_activity_at` is the last deed, not presence.
CREATE TABLE engagement_state (
  user_id UUID NOT NULL,
  last_activity_at TIMESTAMPTZ,
  completions_total BIGINT NOT NULL DEFAULT 0
    CONSTRAINT engagement_state_completions_total_ck CHECK (completions_total >= 0),
  session_id UUID,
  session_started_at TIMESTAMPTZ,
  session_last_event_at TIMESTAMPTZ,
  completed_count INT NOT NULL DEFAULT 0 CONSTRAINT engagement_state_completed_count_ck CHECK (completed_count >= 0),
  soft_state TEXT NOT NULL DEFAULT 'inactive'
    CONSTRAINT engagement_state_soft_state_ck CHECK (soft_state IN ('inactive', 'active', 'cleared')),
  soft_source TEXT
    CONSTRAINT engagement_state_soft_source_ck CHECK (soft_source IN ('focus', 'quest', 'workout', 'habit', 'learn',
      'onboarding')),
  soft_status TEXT CONSTRAINT engagement_state_soft_status_ck CHECK (soft_status IN ('complete', 'abandon', 'skip')),
  soft_activated_at TIMESTAMPTZ,
  soft_expires_at TIMESTAMPTZ,
  momentum TEXT NOT NULL DEFAULT 'pending'
    CONSTRAINT engagement_state_momentum_ck CHECK (momentum IN ('pending', 'shown', 'dismissed')),
  reduced_dismissed BOOLEAN NOT NULL DEFAULT FALSE,
  show_full BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT engagement_state_pk PRIMARY KEY (user_id),
  CONSTRAINT engagement_state_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Tips shown and dismissed.
CREATE TABLE guidance_state (
  user_id UUID NOT NULL,
  step TEXT NOT NULL
    CONSTRAINT guidance_state_step_ck CHECK (step IN ('intro_start', 'intro_capture', 'intro_return', 'intro_rules',
      'intro_review')),
  dismiss_count INT NOT NULL DEFAULT 0
    CONSTRAINT guidance_state_dismiss_count_ck CHECK (dismiss_count BETWEEN 0 AND 2),
  cooldown_until TIMESTAMPTZ,
  done_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT guidance_state_pk PRIMARY KEY (user_id, step),
  CONSTRAINT guidance_state_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- One row per deed: the feed, the counters, the facts of Today. Append-only but for `reversed_at` (and what the
-- transaction of the insert fills in). `completion` marks the one completion that counts for its call. `ledger_id` names
-- a row of points_ledger.
CREATE TABLE activity_events (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  event_type TEXT NOT NULL CONSTRAINT activity_events_event_type_ck CHECK (length(event_type) BETWEEN 1 AND 50),
  module TEXT CONSTRAINT activity_events_module_ck CHECK (length(module) <= 20),
  entity_type TEXT CONSTRAINT activity_events_entity_type_ck CHECK (length(entity_type) <= 40),
  entity_id TEXT CONSTRAINT activity_events_entity_id_ck CHECK (length(entity_id) <= 64),
  occurred_at TIMESTAMPTZ NOT NULL,
  activity_date DATE NOT NULL,
  dedupe_key TEXT NOT NULL CONSTRAINT activity_events_dedupe_key_ck CHECK (length(dedupe_key) BETWEEN 1 AND 200),
  duration_seconds INT CONSTRAINT activity_events_duration_seconds_ck CHECK (duration_seconds >= 0),
  quantity INT,
  counted BOOLEAN NOT NULL,
  completion BOOLEAN NOT NULL DEFAULT FALSE,
  xp INT NOT NULL DEFAULT 0,
  coins INT NOT NULL DEFAULT 0,
  skill_stars INT NOT NULL DEFAULT 0,
  skill_key TEXT CONSTRAINT activity_events_skill_key_ck CHECK (length(skill_key) <= 40),
  ledger_id UUID,
  reversed_at TIMESTAMPTZ,
  metadata JSONB,
  CONSTRAINT activity_events_pk PRIMARY KEY (user_id, id),
  CONSTRAINT activity_events_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX activity_events_user_id_dedupe_key_uq ON activity_events (user_id, dedupe_key);
CREATE INDEX activity_events_user_id_occurred_at_ix ON activity_events (user_id, occurred_at DESC);
CREATE INDEX activity_events_user_id_event_type_activity_date_ix
  ON activity_events (user_id, event_type, activity_date);

-- Counts of what follows what.
CREATE TABLE action_transitions (
  user_id UUID NOT NULL,
  from_key TEXT NOT NULL CONSTRAINT action_transitions_from_key_ck CHECK (length(from_key) <= 40),
  to_key TEXT NOT NULL CONSTRAINT action_transitions_to_key_ck CHECK (length(to_key) <= 40),
  count BIGINT NOT NULL DEFAULT 0 CONSTRAINT action_transitions_count_ck CHECK (count >= 0),
  last_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT action_transitions_pk PRIMARY KEY (user_id, from_key, to_key),
  CONSTRAINT action_transitions_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
-- job index
CREATE INDEX action_transitions_last_at_ix ON action_transitions (last_at);

-- What Today showed, kept 30 days.
CREATE TABLE decision_exposures (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  shown_at TIMESTAMPTZ NOT NULL,
  decision_version TEXT NOT NULL
    CONSTRAINT decision_exposures_decision_version_ck CHECK (length(decision_version) <= 16),
  entry_mode TEXT NOT NULL
    CONSTRAINT decision_exposures_entry_mode_ck CHECK (entry_mode IN ('standard', 'reduced', 'ramp', 'onboarding')),
  resolved_state TEXT NOT NULL
    CONSTRAINT decision_exposures_resolved_state_ck CHECK (resolved_state IN ('focus_active', 'first_day',
      'returning_after_gap', 'plan_exists', 'active_streak', 'default')),
  reduced_mode BOOLEAN NOT NULL,
  soft_landing BOOLEAN NOT NULL,
  last_action_type TEXT CONSTRAINT decision_exposures_last_action_type_ck CHECK (length(last_action_type) <= 40),
  time_of_day TEXT NOT NULL
    CONSTRAINT decision_exposures_time_of_day_ck CHECK (time_of_day IN ('morning', 'afternoon', 'evening')),
  candidates JSONB NOT NULL,
  CONSTRAINT decision_exposures_pk PRIMARY KEY (user_id, id),
  CONSTRAINT decision_exposures_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
-- job index
CREATE INDEX decision_exposures_shown_at_ix ON decision_exposures (shown_at);

-- What the user did with it, kept 30 days.
CREATE TABLE decision_outcomes (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  exposure_id UUID NOT NULL,
  action TEXT NOT NULL
    CONSTRAINT decision_outcomes_action_ck CHECK (action IN ('started', 'completed', 'dismissed', 'expanded',
      'skipped', 'bounced')),
  action_key TEXT NOT NULL CONSTRAINT decision_outcomes_action_key_ck CHECK (length(action_key) <= 80),
  target_id TEXT CONSTRAINT decision_outcomes_target_id_ck CHECK (length(target_id) <= 80),
  time_to_action_ms BIGINT NOT NULL
    CONSTRAINT decision_outcomes_time_to_action_ms_ck CHECK (time_to_action_ms BETWEEN 0 AND 86400000),
  source TEXT NOT NULL CONSTRAINT decision_outcomes_source_ck CHECK (source IN ('client', 'server')),
  within_primary BOOLEAN NOT NULL,
  within_secondary BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT decision_outcomes_pk PRIMARY KEY (user_id, id),
  CONSTRAINT decision_outcomes_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT decision_outcomes_user_id_exposure_id_fk
    FOREIGN KEY (user_id, exposure_id) REFERENCES decision_exposures (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX decision_outcomes_user_id_exposure_id_action_key_action_uq
  ON decision_outcomes (user_id, exposure_id, action_key, action);
-- job index
CREATE INDEX decision_outcomes_created_at_ix ON decision_outcomes (created_at);

-- Anonymous daily sums, kept 400 days.
CREATE TABLE decision_daily_stats (
  date DATE NOT NULL,
  entry_mode TEXT NOT NULL
    CONSTRAINT decision_daily_stats_entry_mode_ck CHECK (entry_mode IN ('standard', 'reduced', 'ramp', 'onboarding')),
  action_key TEXT NOT NULL CONSTRAINT decision_daily_stats_action_key_ck CHECK (length(action_key) <= 80),
  exposures BIGINT NOT NULL DEFAULT 0 CONSTRAINT decision_daily_stats_exposures_ck CHECK (exposures >= 0),
  started BIGINT NOT NULL DEFAULT 0 CONSTRAINT decision_daily_stats_started_ck CHECK (started >= 0),
  completed BIGINT NOT NULL DEFAULT 0 CONSTRAINT decision_daily_stats_completed_ck CHECK (completed >= 0),
  dismissed BIGINT NOT NULL DEFAULT 0 CONSTRAINT decision_daily_stats_dismissed_ck CHECK (dismissed >= 0),
  bounced BIGINT NOT NULL DEFAULT 0 CONSTRAINT decision_daily_stats_bounced_ck CHECK (bounced >= 0),
  CONSTRAINT decision_daily_stats_pk PRIMARY KEY (date, entry_mode, action_key)
);

-- One plan per local day.
CREATE TABLE daily_plans (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  date DATE NOT NULL,
  notes TEXT,
  user_ordered BOOLEAN NOT NULL DEFAULT FALSE,
  generated_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT daily_plans_pk PRIMARY KEY (user_id, id),
  CONSTRAINT daily_plans_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX daily_plans_user_id_date_uq ON daily_plans (user_id, date);

-- Items of a plan; priority counts from 0 without gaps, lower is sooner.
CREATE TABLE daily_plan_items (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  plan_id UUID NOT NULL,
  item_key TEXT NOT NULL CONSTRAINT daily_plan_items_item_key_ck CHECK (length(item_key) BETWEEN 1 AND 128),
  type TEXT NOT NULL
    CONSTRAINT daily_plan_items_type_ck CHECK (type IN ('focus', 'quest', 'workout', 'learning', 'habit', 'task',
      'reading', 'journal', 'goal', 'custom')),
  title TEXT NOT NULL CONSTRAINT daily_plan_items_title_ck CHECK (length(title) BETWEEN 1 AND 200),
  description TEXT CONSTRAINT daily_plan_items_description_ck CHECK (length(description) <= 1000),
  duration INT CONSTRAINT daily_plan_items_duration_ck CHECK (duration BETWEEN 1 AND 1440),
  action_url TEXT NOT NULL CONSTRAINT daily_plan_items_action_url_ck CHECK (length(action_url) <= 512),
  origin TEXT NOT NULL DEFAULT 'custom'
    CONSTRAINT daily_plan_items_origin_ck CHECK (origin IN ('generated', 'custom')),
  source_id UUID,
  is_edited BOOLEAN NOT NULL DEFAULT FALSE,
  completed BOOLEAN NOT NULL DEFAULT FALSE,
  completed_at TIMESTAMPTZ,
  priority INT NOT NULL CONSTRAINT daily_plan_items_priority_ck CHECK (priority >= 0),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT daily_plan_items_completed_at_ck CHECK (completed = (completed_at IS NOT NULL)),
  CONSTRAINT daily_plan_items_pk PRIMARY KEY (user_id, id),
  CONSTRAINT daily_plan_items_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT daily_plan_items_user_id_plan_id_fk
    FOREIGN KEY (user_id, plan_id) REFERENCES daily_plans (user_id, id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX daily_plan_items_user_id_plan_id_item_key_uq ON daily_plan_items (user_id, plan_id, item_key);
CREATE INDEX daily_plan_items_user_id_plan_id_priority_ix ON daily_plan_items (user_id, plan_id, priority);

-- Captures of the user and notifications of the system.
CREATE TABLE inbox_items (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  item_type TEXT NOT NULL DEFAULT 'note'
    CONSTRAINT inbox_items_item_type_ck CHECK (item_type IN ('note', 'task', 'idea', 'notification', 'action')),
  title TEXT NOT NULL CONSTRAINT inbox_items_title_ck CHECK (length(title) >= 1),
  description TEXT,
  tags JSONB NOT NULL DEFAULT '[]',
  action_url TEXT CONSTRAINT inbox_items_action_url_ck CHECK (length(action_url) <= 512),
  action_data JSONB,
  priority INT NOT NULL DEFAULT 0 CONSTRAINT inbox_items_priority_ck CHECK (priority BETWEEN -100 AND 100),
  is_processed BOOLEAN NOT NULL DEFAULT FALSE,
  processed_at TIMESTAMPTZ,
  is_archived BOOLEAN NOT NULL DEFAULT FALSE,
  expires_at TIMESTAMPTZ,
  snoozed_until TIMESTAMPTZ,
  converted_to JSONB,
  source TEXT NOT NULL DEFAULT 'web'
    CONSTRAINT inbox_items_source_ck CHECK (source IN ('web', 'mobile', 'cli', 'api', 'ios_shortcut', 'system',
      'import')),
  url TEXT,
  client_ref TEXT CONSTRAINT inbox_items_client_ref_ck CHECK (length(client_ref) BETWEEN 1 AND 200),
  captured_at TIMESTAMPTZ NOT NULL,
  api_key_id UUID,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT inbox_items_processed_at_ck CHECK (is_processed = (processed_at IS NOT NULL)),
  CONSTRAINT inbox_items_pk PRIMARY KEY (user_id, id),
  CONSTRAINT inbox_items_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT inbox_items_user_id_api_key_id_fk FOREIGN KEY (user_id, api_key_id) REFERENCES api_keys (user_id, id)
);
CREATE UNIQUE INDEX inbox_items_user_id_client_ref_uq ON inbox_items (user_id, client_ref)
  WHERE client_ref IS NOT NULL;
CREATE INDEX inbox_items_user_id_ix ON inbox_items (user_id) WHERE is_processed = FALSE AND is_archived = FALSE;
CREATE INDEX inbox_items_user_id_api_key_id_ix ON inbox_items (user_id, api_key_id) WHERE api_key_id IS NOT NULL;

-- Shipped micro-starts.
CREATE TABLE ignitions (
  id TEXT NOT NULL CONSTRAINT ignitions_id_ck CHECK (length(id) BETWEEN 1 AND 40),
  title TEXT NOT NULL CONSTRAINT ignitions_title_ck CHECK (length(title) BETWEEN 1 AND 80),
  hint TEXT NOT NULL CONSTRAINT ignitions_hint_ck CHECK (length(hint) <= 160),
  seconds INT NOT NULL CONSTRAINT ignitions_seconds_ck CHECK (seconds >= 1),
  category TEXT NOT NULL CONSTRAINT ignitions_category_ck CHECK (category IN ('body', 'mind', 'space', 'create')),
  action_url TEXT CONSTRAINT ignitions_action_url_ck CHECK (length(action_url) <= 512),
  focus_minutes INT CONSTRAINT ignitions_focus_minutes_ck CHECK (focus_minutes >= 1),
  sort_order INT NOT NULL DEFAULT 0,
  is_active BOOLEAN NOT NULL,
  CONSTRAINT ignitions_pk PRIMARY KEY (id)
);

-- Own rules of Today.
CREATE TABLE user_rules (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT user_rules_name_ck CHECK (length(name) BETWEEN 1 AND 80),
  trigger TEXT NOT NULL CONSTRAINT user_rules_trigger_ck CHECK (trigger IN ('today_open', 'after_completion')),
  trigger_module TEXT CONSTRAINT user_rules_trigger_module_ck CHECK (length(trigger_module) <= 20),
  action TEXT NOT NULL CONSTRAINT user_rules_action_ck CHECK (action IN ('micro_start', 'capture', 'open_module')),
  action_module TEXT CONSTRAINT user_rules_action_module_ck CHECK (length(action_module) <= 20),
  minutes INT NOT NULL CONSTRAINT user_rules_minutes_ck CHECK (minutes BETWEEN 1 AND 60),
  priority INT NOT NULL DEFAULT 0 CONSTRAINT user_rules_priority_ck CHECK (priority BETWEEN 0 AND 100),
  enabled BOOLEAN NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_rules_trigger_module_use_ck CHECK (trigger_module IS NULL OR trigger = 'after_completion'),
  CONSTRAINT user_rules_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_rules_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Own routines.
CREATE TABLE user_routines (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  name TEXT NOT NULL CONSTRAINT user_routines_name_ck CHECK (length(name) BETWEEN 1 AND 80),
  enabled BOOLEAN NOT NULL,
  priority INT NOT NULL DEFAULT 0 CONSTRAINT user_routines_priority_ck CHECK (priority BETWEEN 0 AND 100),
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_routines_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_routines_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE
);

-- Steps of routines.
CREATE TABLE user_routine_steps (
  user_id UUID NOT NULL,
  routine_id UUID NOT NULL,
  idx INT NOT NULL CONSTRAINT user_routine_steps_idx_ck CHECK (idx >= 0),
  action_key TEXT NOT NULL CONSTRAINT user_routine_steps_action_key_ck CHECK (length(action_key) BETWEEN 1 AND 80),
  CONSTRAINT user_routine_steps_pk PRIMARY KEY (user_id, routine_id, idx),
  CONSTRAINT user_routine_steps_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_routine_steps_user_id_routine_id_fk
    FOREIGN KEY (user_id, routine_id) REFERENCES user_routines (user_id, id) ON DELETE CASCADE
);

-- Shipped onboarding flows.
CREATE TABLE onboarding_flows (
  id UUID NOT NULL,
  key TEXT NOT NULL CONSTRAINT onboarding_flows_key_ck CHECK (length(key) BETWEEN 1 AND 60),
  name TEXT NOT NULL CONSTRAINT onboarding_flows_name_ck CHECK (length(name) <= 100),
  description TEXT CONSTRAINT onboarding_flows_description_ck CHECK (length(description) <= 500),
  version INT NOT NULL CONSTRAINT onboarding_flows_version_ck CHECK (version >= 1),
  is_active BOOLEAN NOT NULL,
  is_default BOOLEAN NOT NULL DEFAULT FALSE,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT onboarding_flows_pk PRIMARY KEY (id)
);
CREATE UNIQUE INDEX onboarding_flows_key_uq ON onboarding_flows (key);
CREATE UNIQUE INDEX onboarding_flows_is_default_uq ON onboarding_flows (is_default) WHERE is_default AND is_active;

-- Steps of the flows.
CREATE TABLE onboarding_steps (
  id UUID NOT NULL,
  flow_id UUID NOT NULL,
  step_order INT NOT NULL CONSTRAINT onboarding_steps_step_order_ck CHECK (step_order >= 1),
  step_type TEXT NOT NULL
    CONSTRAINT onboarding_steps_step_type_ck CHECK (step_type IN ('welcome', 'explain', 'tour', 'input', 'choice',
      'multi_select', 'preference', 'action', 'completion')),
  title TEXT NOT NULL CONSTRAINT onboarding_steps_title_ck CHECK (length(title) BETWEEN 1 AND 120),
  description TEXT CONSTRAINT onboarding_steps_description_ck CHECK (length(description) <= 1000),
  fallback_content TEXT CONSTRAINT onboarding_steps_fallback_content_ck CHECK (length(fallback_content) <= 1000),
  target_selector TEXT CONSTRAINT onboarding_steps_target_selector_ck CHECK (length(target_selector) <= 200),
  target_route TEXT CONSTRAINT onboarding_steps_target_route_ck CHECK (length(target_route) <= 200),
  options JSONB,
  allows_multiple BOOLEAN NOT NULL DEFAULT FALSE,
  required BOOLEAN NOT NULL,
  action_type TEXT
    CONSTRAINT onboarding_steps_action_type_ck CHECK (action_type IN ('set_interests', 'set_modules', 'set_nudge',
      'set_focus_minutes', 'set_gamification', 'set_planner', 'create_goal', 'visit_route', 'start_focus')),
  action_config JSONB,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT onboarding_steps_allows_multiple_ck CHECK (step_type <> 'multi_select' OR allows_multiple),
  CONSTRAINT onboarding_steps_pk PRIMARY KEY (id),
  CONSTRAINT onboarding_steps_flow_id_fk FOREIGN KEY (flow_id) REFERENCES onboarding_flows (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX onboarding_steps_flow_id_step_order_uq ON onboarding_steps (flow_id, step_order);

-- Where the user is in a flow.
CREATE TABLE user_onboarding_state (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  flow_id UUID NOT NULL,
  status TEXT NOT NULL DEFAULT 'not_started'
    CONSTRAINT user_onboarding_state_status_ck CHECK (status IN ('not_started', 'in_progress', 'completed',
      'skipped')),
  current_step_id UUID,
  can_resume BOOLEAN NOT NULL,
  started_at TIMESTAMPTZ,
  completed_at TIMESTAMPTZ,
  skipped_at TIMESTAMPTZ,
  last_step_completed_at TIMESTAMPTZ,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_onboarding_state_current_step_id_ck CHECK (current_step_id IS NULL OR status = 'in_progress'),
  CONSTRAINT user_onboarding_state_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_onboarding_state_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_onboarding_state_flow_id_fk FOREIGN KEY (flow_id) REFERENCES onboarding_flows (id)
      ON DELETE CASCADE,
  CONSTRAINT user_onboarding_state_current_step_id_fk FOREIGN KEY (current_step_id) REFERENCES onboarding_steps (id)
);
CREATE UNIQUE INDEX user_onboarding_state_user_id_flow_id_uq ON user_onboarding_state (user_id, flow_id);
-- job index
CREATE INDEX user_onboarding_state_flow_id_ix ON user_onboarding_state (flow_id);

-- Answers of the user.
CREATE TABLE user_onboarding_responses (
  user_id UUID NOT NULL,
  id UUID NOT NULL,
  step_id UUID NOT NULL,
  response JSONB NOT NULL,
  created_at TIMESTAMPTZ NOT NULL,
  updated_at TIMESTAMPTZ NOT NULL,
  CONSTRAINT user_onboarding_responses_pk PRIMARY KEY (user_id, id),
  CONSTRAINT user_onboarding_responses_user_id_fk FOREIGN KEY (user_id) REFERENCES users (id) ON DELETE CASCADE,
  CONSTRAINT user_onboarding_responses_step_id_fk
    FOREIGN KEY (step_id) REFERENCES onboarding_steps (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX user_onboarding_responses_user_id_step_id_uq ON user_onboarding_responses (user_id, step_id);
-- job index
CREATE INDEX user_onboarding_responses_step_id_ix ON user_onboarding_responses (step_id);

-- down
-- All rows of these tables are lost.
DROP TABLE user_onboarding_responses;
DROP TABLE user_onboarding_state;
DROP TABLE onboarding_steps;
DROP TABLE onboarding_flows;
DROP TABLE user_routine_steps;
DROP TABLE user_routines;
DROP TABLE user_rules;
DROP TABLE ignitions;
DROP TABLE inbox_items;
DROP TABLE daily_plan_items;
DROP TABLE daily_plans;
DROP TABLE decision_daily_stats;
DROP TABLE decision_outcomes;
DROP TABLE decision_exposures;
DROP TABLE action_transitions;
DROP TABLE activity_events;
DROP TABLE guidance_state;
DROP TABLE engagement_state;
DROP TABLE user_ui_modules;
DROP TABLE user_interests;
DROP TABLE today_prefs;
