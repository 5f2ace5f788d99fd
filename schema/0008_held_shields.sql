-- Streak shields that are left, for every write and for the summary.
CREATE INDEX user_purchases_user_id_held_ix ON user_purchases (user_id)
  WHERE item_key = 'streak_shield' AND status = 'purchased';

-- down
DROP INDEX user_purchases_user_id_held_ix;
