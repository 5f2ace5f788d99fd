#include "ignition/domains/shields.hpp"

#include <algorithm>

#include "domains/habits/stored.hpp"
#include "ignition/domains/activity.hpp"
#include "ignition/domains/habits.hpp"
#include "ignition/domains/streaks.hpp"
#include "ignition/wire.hpp"

namespace ignition::shields {

namespace {

constexpr Sql kHeld{R"sql(
  SELECT id, purchased_on, uses_remaining FROM user_purchases
   WHERE user_id = $1 AND item_key = 'streak_shield' AND status = 'purchased' AND uses_remaining > 0
     AND (expires_at IS NULL OR expires_at > $2)
   ORDER BY purchased_on, id)sql"};
constexpr Sql kUses{R"sql(
  SELECT u.id, u.purchase_id, p.purchased_on, u.used_for
    FROM shield_uses u JOIN user_purchases p ON p.user_id = u.user_id AND p.id = u.purchase_id
   WHERE u.user_id = $1 AND u.mode = 'auto' AND u.used_for >= $4
     AND ((u.habit_id IS NULL AND u.streak_type = $2) OR u.habit_id = $3)
   ORDER BY u.used_for)sql"};
constexpr Sql kTake{R"sql(
  UPDATE user_purchases SET uses_remaining = uses_remaining - 1,
         status = CASE WHEN uses_remaining = 1 THEN 'redeemed' ELSE status END,
         redeemed_at = CASE WHEN uses_remaining = 1 THEN $3 ELSE redeemed_at END, updated_at = $3
   WHERE user_id = $1 AND id = $2 AND uses_remaining > 0)sql"};
constexpr Sql kGiveBack{R"sql(
  UPDATE user_purchases SET uses_remaining = uses_remaining + 1,
         status = CASE WHEN status = 'redeemed' THEN 'purchased' ELSE status END, redeemed_at = NULL, updated_at = $3
   WHERE user_id = $1 AND id = $2 AND uses_remaining < uses_total)sql"};
constexpr Sql kForget{R"sql(DELETE FROM shield_uses WHERE user_id = $1 AND id = $2)sql"};

struct HeldRow {
  Uuid purchase;
  LocalDate bought;
  std::int64_t uses = 0;
};
BOOST_DESCRIBE_STRUCT(HeldRow, (), (purchase, bought, uses))

struct NewUse {
  static constexpr std::string_view table = "shield_uses";
  Uuid user_id;
  Uuid id;
  Uuid purchase_id;
  std::optional<rules::StreakType> streak_type;
  std::optional<Uuid> habit_id;
  LocalDate used_for;
  UseMode mode = UseMode::auto_;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(NewUse, (), (user_id, id, purchase_id, streak_type, habit_id, used_for, mode, created_at))

// Metadata of a streak_shield_used event.
struct Used {
  LocalDate used_for;
  std::optional<rules::StreakType> streak_type;
  std::optional<Uuid> habit_id;
};
BOOST_DESCRIBE_STRUCT(Used, (), (used_for, streak_type, habit_id))

Uuid spend(Context& ctx, const Target& target, const Uuid& purchase, LocalDate date, UseMode mode) {
  const Uuid id = ctx.new_id();
  ctx.db.execute(kTake, ctx.user, purchase, ctx.now);
  ctx.db.insert(NewUse{.user_id = ctx.user,
                       .id = id,
                       .purchase_id = purchase,
                       .streak_type = target.streak_type,
                       .habit_id = target.habit_id,
                       .used_for = date,
                       .mode = mode,
                       .created_at = ctx.now});
  activity::record(ctx, {.kind = rules::EventKind::streak_shield_used,
                         .dedupe_key = rules::keys::shield(id),
                         .occurred_at = ctx.now,
                         .activity_date = ctx.today,
                         .entity_type = "purchase",
                         .entity_id = purchase.text(),
                         .metadata = Json{to_json(Used{date, target.streak_type, target.habit_id})}});
  return id;
}

void give_back(Context& ctx, const Use& use) {
  ctx.db.execute(kForget, ctx.user, use.id);
  ctx.db.execute(kGiveBack, ctx.user, use.purchase, ctx.now);
  activity::reverse(ctx, rules::keys::shield(use.id));
}

}  // namespace

std::vector<Held> held(Context& ctx) {
  std::vector<Held> out;
  ctx.db.each<HeldRow>(
      kHeld,
      [&](HeldRow&& row) {
        out.insert(out.end(), static_cast<std::size_t>(row.uses), {row.purchase, row.bought});
      },
      ctx.user, ctx.now);
  return out;
}

std::vector<Held> left(Context& ctx) {
  auto left = streaks::shields_left(ctx);
  if (!left.empty()) habits::shield(ctx, left);
  return left;
}

std::vector<Use> uses_of(Context& ctx, const Target& target, LocalDate since) {
  return ctx.db.query<Use>(kUses, ctx.user, target.streak_type, target.habit_id, since);
}

std::vector<LocalDate> pool(std::span<const Use> uses, std::span<const Held> held) {
  std::vector<LocalDate> bought;
  for (const Use& use : uses) bought.push_back(use.bought);
  for (const Held& shield : held) bought.push_back(shield.bought);
  return bought;
}

Settled store(Context& ctx, const Target& target, std::span<const Use> uses, std::span<const Held> held,
              std::span<const rules::ShieldSpent> spent) {
  const auto purchase_of = [&](std::size_t i) {
    return i < uses.size() ? uses[i].purchase : held[i - uses.size()].purchase;
  };
  const auto stays = [&](const Use& use) {
    return std::ranges::any_of(spent, [&](const rules::ShieldSpent& one) {
      return one.used_for == use.used_for && purchase_of(one.shield) == use.purchase;
    });
  };
  Settled out;
  std::vector<bool> is_spent(uses.size() + held.size());
  for (const Use& use : uses) {  // first, so that their dates and uses are free
    if (stays(use)) continue;
    give_back(ctx, use);
    out.changed = true;
  }
  for (const rules::ShieldSpent& one : spent) {
    is_spent[one.shield] = true;
    const bool known = std::ranges::any_of(
        uses, [&](const Use& use) { return one.used_for == use.used_for && purchase_of(one.shield) == use.purchase; });
    if (known) continue;
    spend(ctx, target, purchase_of(one.shield), one.used_for, UseMode::auto_);
    out.changed = true;
  }
  for (std::size_t i = 0; i < is_spent.size(); ++i) {
    if (is_spent[i]) continue;
    out.left.push_back(i < uses.size() ? Held{uses[i].purchase, uses[i].bought} : held[i - uses.size()]);
  }
  std::ranges::stable_sort(out.left, {}, &Held::bought);
  return out;
}

Uuid spend_by_hand(Context& ctx, const Target& target, const Held& shield, LocalDate date) {
  return spend(ctx, target, shield.purchase, date, UseMode::manual);
}

void settle(Context& ctx) {
  auto left = held(ctx);
  if (left.empty()) return;
  left = streaks::spend_shields(ctx, std::move(left));
  if (!left.empty()) habits::spend_shields(ctx, std::move(left));
}

}  // namespace ignition::shields
