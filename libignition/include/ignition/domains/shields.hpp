// Streak shields: which are held, which missed dates they cover by themselves, and protection by hand. Rules R-S6,
// R-S10 and R-S11; the walk that spends them is in rules/streaks.hpp.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/rules/awards.hpp"
#include "ignition/rules/streaks.hpp"

namespace ignition::shields {

// What the market calls the item.
inline constexpr std::string_view kItemKey = "streak_shield";

// ---- For other domains, inside their transaction ----

// One unused use of a purchase.
struct Held {
  Uuid purchase;
  LocalDate bought;
};

// What a shield protects: a streak type, or a habit.
struct Target {
  std::optional<rules::StreakType> streak_type{};
  std::optional<Uuid> habit_id{};
};

// A shield that was spent by itself.
struct Use {
  Uuid id;
  Uuid purchase;
  LocalDate bought;
  LocalDate used_for;
};
BOOST_DESCRIBE_STRUCT(Use, (), (id, purchase, bought, used_for))

enum class UseMode : std::uint8_t { auto_, manual };
BOOST_DESCRIBE_ENUM(UseMode, auto_, manual)

// As stored, oldest purchase first.
std::vector<Held> held(Context& ctx);
// As a read sees it: without those that time has spent, though that is not stored yet.
std::vector<Held> left(Context& ctx);
// Spent by themselves on the target, for `since` and later dates.
std::vector<Use> uses_of(Context& ctx, const Target& target, LocalDate since);
// The purchase dates of both: what a walk may spend, in the order that ShieldSpent::shield counts.
std::vector<LocalDate> pool(std::span<const Use> uses, std::span<const Held> held);

struct Settled {
  std::vector<Held> left;
  bool changed = false;
};
// Brings what is stored in line with what a walk over pool(uses, held) spent.
Settled store(Context& ctx, const Target& target, std::span<const Use> uses, std::span<const Held> held,
              std::span<const rules::ShieldSpent> spent);
// Spends one on a date by hand; the id of its use.
Uuid spend_by_hand(Context& ctx, const Target& target, const Held& shield, LocalDate date);

// Stores the shields that time has spent since the last write, of streaks and of habits. Nothing for who holds none.
void settle(Context& ctx);

}  // namespace ignition::shields
