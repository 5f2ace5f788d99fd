// What captures can be turned into (rule Q5). Each target is made by the part that owns it.
#include <array>

#include "ignition/ciphertext.hpp"
#include "ignition/domains/captures.hpp"
#include "ignition/domains/goals.hpp"
#include "ignition/domains/habits.hpp"
#include "ignition/domains/plan.hpp"
#include "ignition/wire.hpp"

namespace ignition::captures {
namespace {

struct Words {
  std::string title;
  std::optional<std::string> description;
};

// The capture's words as a target takes them. A title that is too long is cut, and its full text leads the description.
Words words_for(const inbox::Item& item, const Convert& in, std::size_t most_title, std::size_t most_description) {
  if (is_ciphertext(item.title)) throw invalid("target", "encrypted", "cannot hold encrypted text");
  const std::string& title = in.title ? in.title->value : item.title;
  std::string description = item.description && !is_ciphertext(*item.description) ? *item.description : std::string();
  if (code_points(title) > most_title) {
    description = rules::content_of(title, description.empty() ? std::nullopt : std::optional(description));
  }
  Words out{.title = std::string(trimmed(rules::first_code_points(title, most_title))), .description = {}};
  if (!description.empty()) out.description = std::string(rules::first_code_points(description, most_description));
  return out;
}

Created make_plan_item(Context& ctx, const inbox::Item& item, const Convert& in) {
  const Words words = words_for(item, in, plan::Title::max, plan::Description::max);
  plan::AddItem asked{.date = in.date, .type = {}, .title = {words.title}, .description = {}};
  if (words.description) asked.description = plan::Description{*words.description};
  const auto made = plan::add_item(ctx, asked);
  return {.kind = "plan_item", .id = made.item.id, .object = Json{to_json(made.item)}};
}

Created make_habit(Context& ctx, const inbox::Item& item, const Convert& in) {
  const Words words = words_for(item, in, habits::Name::max, habits::Description::max);
  habits::CreateHabit asked;
  asked.name = {words.title};
  if (words.description) asked.description = habits::Description{*words.description};
  if (in.category) {
    const auto category = enum_of<rules::HabitCategory>(in.category->value);
    if (!category) throw invalid("category", "not_one_of", "is no category of habits");
    asked.category.value = *category;
  }
  const auto made = habits::create(ctx, asked);
  return {.kind = "habit", .id = made.habit.id, .object = Json{to_json(made.habit)}};
}

Created make_goal(Context& ctx, const inbox::Item& item, const Convert& in) {
  const Words words = words_for(item, in, goals::Title::max, goals::Description::max);
  goals::CreateGoal asked;
  asked.title = {words.title};
  if (words.description) asked.description = goals::Description{*words.description};
  if (in.category) asked.category = goals::Category{in.category->value};
  const auto made = goals::create(ctx, asked);
  return {.kind = "goal", .id = made.goal.id, .object = Json{to_json(made.goal)}};
}

}  // namespace

std::span<const TargetPart> targets() {
  static constexpr std::array kTargets{TargetPart{Target::plan_item, make_plan_item},
                                       TargetPart{Target::habit, make_habit}, TargetPart{Target::goal, make_goal}};
  return kTargets;
}

}  // namespace ignition::captures
