-- Today counts the open milestones that are due, however many a user has had.
CREATE INDEX goal_milestones_user_id_due_date_ix ON goal_milestones (user_id, due_date) WHERE is_completed = FALSE;

-- down
DROP INDEX goal_milestones_user_id_due_date_ix;
