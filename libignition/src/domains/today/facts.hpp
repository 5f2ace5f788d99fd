// What one Today decision reads. All groups of facts come with one statement; when it fails, they are read one by one,
// and those that fail then are left empty and named (rule F14), as are flags, which then have their shipped values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/context.hpp"
#include "ignition/rules/facts.hpp"
#include "ignition/rules/flags.hpp"

namespace ignition::today {

struct Facts {
  rules::TodayFacts facts;
  rules::TodayFlags flags;
};
BOOST_DESCRIBE_STRUCT(Facts, (), (facts, flags))

Facts read_facts(Context& ctx);

// One row of the union of all groups. What the columns mean depends on `tag`.
struct FactRow {
  std::string tag;
  std::optional<std::string> t1, t2, t3, t4, t5;
  std::optional<std::int64_t> n1, n2, n3;
  std::optional<Instant> at1, at2, at3, at4;
  std::optional<LocalDate> d1;
  std::optional<bool> b1, b2;
};
BOOST_DESCRIBE_STRUCT(FactRow, (), (tag, t1, t2, t3, t4, t5, n1, n2, n3, at1, at2, at3, at4, d1, b1, b2))

// A group of facts that is judged on its own. `sql` is one or more SELECTs with the columns of FactRow joined by UNION
// ALL; its parameters are $1 user, $2 local date, $3 now, $4 begin of the usage window, $5 begin of the week,
// $6 a week after the local date.
struct FactGroup {
  std::string_view name;
  std::string_view sql;
  void (*fill)(Facts& facts, std::span<const FactRow> rows, const Context& ctx);
};

// The groups of the parts that are built. A part that comes later adds its group here; until then its counts are 0.
std::span<const FactGroup> fact_groups();

// Groups with files of their own.
extern const FactGroup kExtendedFacts;
extern const FactGroup kHabitFacts;
extern const FactGroup kQuestFacts;
extern const FactGroup kStreakFacts;

}  // namespace ignition::today
