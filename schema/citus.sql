-- Spreads a migrated, empty database over the machines of a Citus cluster: psql -1 -f schema/citus.sql.
-- Made from the schema by IGNITION_WRITE_GOLDEN=1 build/tests/test_storage.

-- The triggers of points_ledger only refuse, by what stands on the same machine.
SET citus.enable_unsafe_triggers = on;

-- Shared content and the directory: copied to every machine.
SELECT create_reference_table('catalog_versions');
SELECT create_reference_table('directory');
SELECT create_reference_table('entitlements');
SELECT create_reference_table('feature_flags');
SELECT create_reference_table('ignitions');
SELECT create_reference_table('market_items');
SELECT create_reference_table('onboarding_flows');
SELECT create_reference_table('onboarding_steps');
SELECT create_reference_table('roles');
SELECT create_reference_table('role_entitlements');
SELECT create_reference_table('skill_definitions');
SELECT create_reference_table('achievement_definitions');
SELECT create_reference_table('universal_quests');

-- What belongs to users: all rows of one user on one machine.
SELECT create_distributed_table('users', 'id', colocate_with => 'none');
SELECT create_distributed_table('accounts', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('action_transitions', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('activity_events', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('api_keys', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('daily_plans', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('daily_plan_items', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('decision_exposures', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('decision_outcomes', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('engagement_state', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('feature_flag_overrides', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('fitness_settings', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('focus_libraries', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('focus_library_tracks', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('focus_sessions', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('focus_pauses', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('focus_state', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('goals', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('goal_milestones', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('guidance_state', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('habits', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('habit_completions', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('habit_pauses', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('habit_schedules', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('idempotency_keys', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('inbox_items', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('market_recommendations', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('password_credentials', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('points_ledger', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('sessions', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('refresh_tokens', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('stored_answers', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('today_prefs', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_achievements', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_interests', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_market_items', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_onboarding_responses', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_onboarding_state', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_progress', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_purchases', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('shield_uses', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('streak_days', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_boosts', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_cosmetics', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_quest_progress', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_quests', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_rewards', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_roles', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_routines', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_routine_steps', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_rules', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_settings', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_skills', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_streaks', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_ui_modules', 'user_id', colocate_with => 'users');
SELECT create_distributed_table('user_wallet', 'user_id', colocate_with => 'users');

-- The log.
SELECT create_distributed_table('audit_log', 'id', colocate_with => 'none');

-- These stay on the coordinating machine: admin_claim, decision_daily_stats, locks, mail_outbox, oauth_exchange_codes, oauth_states, rate_limit_buckets, revoked_tokens, schema_migrations, verification_tokens.
