#include <array>

#include "domains/quests/stored.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/domains/skills.hpp"

namespace ignition::quests {

namespace {

using rules::QuestStatus;

constexpr std::int64_t kMostOpen = 500;

constexpr std::string_view kQuests = R"sql(
  SELECT id, link_id, title, description, category, difficulty, xp_reward, coin_reward, skill_key, status, progress,
         target, is_repeatable, repeat_frequency, accepted_at, completed_at, claimed_at, expires_at,
         last_completed_date, last_period_key, streak_count, times_completed
    FROM user_quests WHERE user_id = $1)sql";
constexpr std::string_view kNewestFirst = " ORDER BY created_at DESC, id DESC";
const std::string kPageText = std::string(kQuests).append(kNewestFirst) + " LIMIT $2 OFFSET $3";
const std::string kOneText = std::string(kQuests) + " AND id = $2";
const std::string kWithText =
    std::string(kQuests)
        .append(" AND (status = $2 OR (status IN ($3, $4) AND (status <> 'completed' OR is_repeatable)))")
        .append(kNewestFirst);
const std::string kLinkedText = std::string(kQuests).append(
    " AND link_kind = 'workout' AND link_id = $2 AND (status IN ('available', 'accepted') OR (status = 'completed' AND "
    "is_repeatable)) ORDER BY id");
constexpr Sql kCount{R"sql(SELECT count(*) FROM user_quests WHERE user_id = $1)sql"};
constexpr Sql kCountOpen{R"sql(
  SELECT count(*) FROM user_quests
   WHERE user_id = $1 AND (status IN ('available', 'accepted') OR (status = 'completed' AND is_repeatable))
     AND (expires_at IS NULL OR expires_at > $2))sql"};
constexpr Sql kStore{R"sql(
  UPDATE user_quests SET title = $3, description = $4, category = $5, difficulty = $6, xp_reward = $7,
         coin_reward = $8, skill_key = $9, status = $10, progress = $11, target = $12, is_repeatable = $13,
         repeat_frequency = $14, accepted_at = $15, completed_at = $16, claimed_at = $17, expires_at = $18,
         last_completed_date = $19, last_period_key = $20, streak_count = $21, times_completed = $22, updated_at = $23
   WHERE user_id = $1 AND id = $2)sql"};

struct NewQuest {
  static constexpr std::string_view table = "user_quests";
  Uuid user_id;
  Uuid id;
  std::string title;
  std::optional<std::string> description;
  std::string category;
  rules::Difficulty difficulty = rules::Difficulty::starter;
  std::int64_t xp_reward = 0;
  std::int64_t coin_reward = 0;
  std::optional<std::string> skill_key;
  std::int64_t target = 1;
  bool is_repeatable = false;
  std::optional<rules::Period> repeat_frequency;
  std::optional<Instant> expires_at;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(NewQuest, (),
                      (user_id, id, title, description, category, difficulty, xp_reward, coin_reward, skill_key, target,
                       is_repeatable, repeat_frequency, expires_at, created_at, updated_at))

rules::Period period_of(Repeat repeat) {
  switch (repeat) {
    case Repeat::weekly:
      return rules::Period::weekly;
    case Repeat::monthly:
      return rules::Period::monthly;
    case Repeat::daily:
      break;
  }
  return rules::Period::daily;
}

// What the rules need of a row.
rules::PersonalQuest ruled(const Personal& quest) {
  return {.status = quest.status,
          .progress = quest.progress,
          .target = quest.target,
          .is_repeatable = quest.is_repeatable,
          .repeat = quest.repeat_frequency.value_or(rules::Period::daily),
          .expires_at = quest.expires_at,
          .last_completed_date = quest.last_completed_date,
          .streak_count = quest.streak_count};
}

void write(Context& ctx, const Personal& q) {
  ctx.db.execute(kStore, ctx.user, q.id, q.title, q.description, q.category, q.difficulty, q.xp_reward, q.coin_reward,
                 q.skill_key, q.status, q.progress, q.target, q.is_repeatable, q.repeat_frequency, q.accepted_at,
                 q.completed_at, q.claimed_at, q.expires_at, q.last_completed_date, q.last_period_key, q.streak_count,
                 q.times_completed, ctx.now);
}

void check_expiry(const Context& ctx, const std::optional<Instant>& expires_at) {
  if (expires_at && *expires_at <= ctx.now) throw invalid("expires_at", "in_the_past", "must lie in the future");
}

// Refuses one more open quest than there may be.
void check_room(Context& ctx) {
  if (ctx.db.one<std::int64_t>(kCountOpen, ctx.user, ctx.now) >= kMostOpen) {
    throw conflict("quest_limit", "There are 500 open quests already.");
  }
}

Error wrong_state() { return conflict("invalid_state", "The quest's state does not allow this."); }

}  // namespace

PersonalPage page_of_personal(Context& ctx, std::int64_t limit, std::int64_t offset) {
  return {ctx.db.query<Personal>(Sql{kPageText}, ctx.user, limit, offset), ctx.db.one<std::int64_t>(kCount, ctx.user)};
}

std::vector<Personal> personal_with(Context& ctx, QuestStatus status) {
  // Stored states out of which time makes the one asked for.
  std::array<QuestStatus, 3> stored{status, status, status};
  if (status == QuestStatus::accepted) stored[1] = QuestStatus::completed;
  if (status == QuestStatus::expired) stored = {status, QuestStatus::available, QuestStatus::accepted};
  auto quests = ctx.db.query<Personal>(Sql{kWithText}, ctx.user, stored[0], stored[1], stored[2]);
  std::erase_if(quests, [&](const Personal& quest) { return as_of_now(ctx, quest).status != status; });
  return quests;
}

std::optional<Personal> find_personal(Context& ctx, const Uuid& id) {
  return ctx.db.maybe<Personal>(Sql{kOneText}, ctx.user, id);
}

rules::PersonalQuest as_of_now(const Context& ctx, const Personal& quest) {
  return rules::as_of(ruled(quest), ctx.now, ctx.today);
}

Quest view(const Context& ctx, const Personal& quest) {
  const rules::PersonalQuest state = as_of_now(ctx, quest);
  const bool is_completed = state.status == QuestStatus::completed;
  const auto dates = rules::period_dates(state.period(), ctx.today);
  return {.id = quest.id,
          .source = Source::personal,
          .key = {},
          .title = quest.title,
          .description = quest.description,
          .category = quest.category,
          .quest_type = state.period(),
          .difficulty = quest.difficulty,
          .xp_reward = quest.xp_reward,
          .coin_reward = quest.coin_reward,
          .skill_key = quest.skill_key,
          .skill_star_reward = 0,
          .status = state.status,
          .progress = state.progress,
          .target = state.target,
          .target_type = rules::QuestTarget::manual,
          .period_key = rules::period_key(state.period(), ctx.today),
          .period_ends_at = dates ? std::optional(rules::instants_of(*dates, ctx.calendar).ends_at) : std::nullopt,
          .is_repeatable = quest.is_repeatable,
          .streak_count = state.streak_count,
          .accepted_at = quest.accepted_at,
          .completed_at = is_completed ? quest.completed_at : std::nullopt,
          .claimed_at = is_completed ? quest.claimed_at : std::nullopt,
          .expires_at = quest.expires_at};
}

void store(Context& ctx, Personal& quest, const rules::PersonalQuest& state) {
  const bool is_completed = state.status == QuestStatus::completed;
  if (state.status == QuestStatus::accepted && !quest.accepted_at) quest.accepted_at = ctx.now;
  quest.completed_at = is_completed ? std::optional(ctx.now) : std::nullopt;
  quest.claimed_at = quest.completed_at;
  if (is_completed) {
    quest.last_period_key = rules::period_key(state.period(), ctx.today);
    ++quest.times_completed;
  }
  quest.status = state.status;
  quest.progress = state.progress;
  quest.last_completed_date = state.last_completed_date;
  quest.streak_count = state.streak_count;
  write(ctx, quest);
}

progress::AwardResult complete(Context& ctx, Personal& quest) {
  const auto state = rules::completed(as_of_now(ctx, quest), ctx.today);
  if (!state) throw wrong_state();
  store(ctx, quest, *state);
  const auto award =
      progress::award(ctx, {.event = {.kind = rules::EventKind::quest_complete,
                                      .key = rules::keys::quest(quest.id, *quest.last_period_key),
                                      .event_id = quest.id,
                                      .entity_type = "quest"},
                            .amounts = {.xp = quest.xp_reward, .coins = quest.coin_reward},
                            .skill_key = quest.skill_key.value_or(std::string(rules::skill::proficiency))});
  plan::complete_linked(ctx, quest.id, ctx.today);
  return award;
}

OneQuest create(Context& ctx, const CreateQuest& in) {
  check_expiry(ctx, in.expires_at);
  auto skill_key = in.skill_key ? std::optional(skills::checked(ctx, in.skill_key->value)) : std::nullopt;
  check_room(ctx);
  const rules::Amounts usual = rules::quest_reward(in.difficulty);
  const Uuid id = ctx.new_id();
  std::optional<rules::Period> repeat;
  if (in.is_repeatable) repeat = period_of(in.repeat_frequency.value_or(Repeat::daily));
  ctx.db.insert(NewQuest{.user_id = ctx.user,
                         .id = id,
                         .title = in.title,
                         .description = in.description ? std::optional(in.description->value) : std::nullopt,
                         .category = in.category ? in.category->value : "special",
                         .difficulty = in.difficulty,
                         .xp_reward = in.xp_reward ? in.xp_reward->value() : usual.xp,
                         .coin_reward = in.coin_reward ? in.coin_reward->value() : usual.coins,
                         .skill_key = std::move(skill_key),
                         .target = in.target.value,
                         .is_repeatable = in.is_repeatable,
                         .repeat_frequency = repeat,
                         .expires_at = in.expires_at,
                         .created_at = ctx.now,
                         .updated_at = ctx.now});
  return {view(ctx, *find_personal(ctx, id))};
}

OneQuest update(Context& ctx, const UpdateQuest& in) {
  auto found = find_personal(ctx, in.id);
  if (!found && find_universal(ctx, in.id)) throw forbidden("read_only", "Quests for everybody cannot be changed.");
  if (!found) throw not_found("quest");
  Personal& quest = *found;
  const rules::PersonalQuest state = as_of_now(ctx, quest);
  if (state.status == QuestStatus::completed) throw conflict("completed", "The quest is completed.");
  if (in.expires_at.value) check_expiry(ctx, in.expires_at.value);
  // In a new period the progress of the last one is over; a repeatable quest that expired is closed for good.
  const bool renewed = quest.status == QuestStatus::completed;
  const bool closed = state.status == QuestStatus::expired && quest.is_repeatable;
  if (renewed || closed) {
    quest.status = closed ? QuestStatus::expired : state.status;
    quest.progress = state.progress;
    quest.completed_at.reset();
    quest.claimed_at.reset();
  }
  if (in.title) quest.title = *in.title;
  in.description.apply(quest.description);
  if (in.category) quest.category = *in.category;
  if (in.difficulty) quest.difficulty = *in.difficulty;
  if (in.xp_reward) quest.xp_reward = *in.xp_reward;
  if (in.coin_reward) quest.coin_reward = *in.coin_reward;
  if (in.skill_key.present) {
    quest.skill_key =
        in.skill_key.value ? std::optional(skills::checked(ctx, in.skill_key.value->value)) : std::nullopt;
  }
  if (in.target) quest.target = static_cast<int>(in.target->value());
  quest.progress = std::min(quest.progress, quest.target);
  const bool reopens = state.status == QuestStatus::expired && quest.status != QuestStatus::expired;
  if (reopens && in.expires_at.present) check_room(ctx);
  in.expires_at.apply(quest.expires_at);
  const bool was_repeatable = quest.is_repeatable;
  if (in.is_repeatable) quest.is_repeatable = *in.is_repeatable;
  if (in.repeat_frequency) quest.repeat_frequency = period_of(*in.repeat_frequency);
  if (!quest.is_repeatable) quest.repeat_frequency.reset();
  if (quest.is_repeatable && !quest.repeat_frequency) quest.repeat_frequency = rules::Period::daily;
  if (was_repeatable && !quest.is_repeatable) {  // its one completion is still to come
    quest.last_completed_date.reset();
    quest.last_period_key.reset();
    quest.streak_count = 0;
  }
  write(ctx, quest);
  return {view(ctx, quest)};
}

void workout_done(Context& ctx, const Uuid& workout) {
  for (Personal& quest : ctx.db.query<Personal>(Sql{kLinkedText}, ctx.user, workout)) {
    const rules::PersonalQuest before = as_of_now(ctx, quest);
    const auto after = rules::progressed(before, before.progress + 1);
    if (!after) continue;
    // A period that has its completion already waits for the next one; the workout is never refused.
    if (after->progress >= after->target && rules::completed(before, ctx.today)) {
      complete(ctx, quest);
    } else {
      store(ctx, quest, *after);
    }
  }
}

}  // namespace ignition::quests
