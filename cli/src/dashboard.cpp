#include "dashboard.hpp"

#include <array>

namespace ignition::cli {
namespace view {

// The parts of the answers that the dashboard shows; other keys are ignored.
struct Action {
  std::string label;
  std::string href;
  std::optional<std::int64_t> suggested_minutes;
};
BOOST_DESCRIBE_STRUCT(Action, (), (label, href, suggested_minutes))

struct Secondary {
  std::string label;
};
BOOST_DESCRIBE_STRUCT(Secondary, (), (label))

struct Starter {
  Action primary;
  std::optional<Secondary> secondary;
  std::int64_t micro_start_minutes = 0;
};
BOOST_DESCRIBE_STRUCT(Starter, (), (primary, secondary, micro_start_minutes))

struct Suggestion {
  std::string label;
  std::string href;
};
BOOST_DESCRIBE_STRUCT(Suggestion, (), (label, href))

struct ReducedMode {
  std::optional<std::string> message;
  std::vector<Suggestion> suggestions;
};
BOOST_DESCRIBE_STRUCT(ReducedMode, (), (message, suggestions))

struct Momentum {
  std::optional<std::string> message;
};
BOOST_DESCRIBE_STRUCT(Momentum, (), (message))

struct Pick {
  std::string label;
  std::string route;
  std::int64_t count = 0;
};
BOOST_DESCRIBE_STRUCT(Pick, (), (label, route, count))

struct Resume {
  std::string label;
  std::string route;
};
BOOST_DESCRIBE_STRUCT(Resume, (), (label, route))

struct Sections {
  std::string daily_plan;
  std::string rewards;
};
BOOST_DESCRIBE_STRUCT(Sections, (), (daily_plan, rewards))

struct Today {
  LocalDate local_date;
  std::string timezone;
  std::string greeting;
  std::string resolved_state;
  Sections sections;
  Starter starter_block;
  ReducedMode reduced_mode;
  Momentum momentum;
  std::vector<Pick> quick_picks;
  std::optional<Resume> resume_last;
  std::optional<Suggestion> next_suggestion;
  std::vector<std::string> degraded;
};
BOOST_DESCRIBE_STRUCT(Today, (),
                      (local_date, timezone, greeting, resolved_state, sections, starter_block, reduced_mode, momentum,
                       quick_picks, resume_last, next_suggestion, degraded))

struct PlanItem {
  std::string title;
  std::optional<std::int64_t> duration;
  bool completed = false;
};
BOOST_DESCRIBE_STRUCT(PlanItem, (), (title, duration, completed))

struct Plan {
  std::vector<PlanItem> items;
  std::int64_t completed_count = 0;
  std::int64_t total_count = 0;
  std::int64_t percent_complete = 0;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (items, completed_count, total_count, percent_complete))

struct PlanAnswer {
  std::optional<Plan> plan;
};
BOOST_DESCRIBE_STRUCT(PlanAnswer, (), (plan))

struct Habit {
  std::string name;
  bool completed_today = false;
  bool due_today = false;
  std::string frequency;
  std::int64_t count_today = 0;
  std::int64_t day_target = 0;
  std::optional<std::int64_t> week_done;  // weekly habits
  std::int64_t target_count = 0;
  std::int64_t current_streak = 0;
  std::string streak_unit;
};
BOOST_DESCRIBE_STRUCT(Habit, (),
                      (name, completed_today, due_today, frequency, count_today, day_target, week_done, target_count,
                       current_streak, streak_unit))

struct Habits {
  std::vector<Habit> habits;
};
BOOST_DESCRIBE_STRUCT(Habits, (), (habits))

struct Progress {
  std::int64_t level = 0;
  std::int64_t xp_into_level = 0;
  std::int64_t xp_level_size = 0;
  std::int64_t coins = 0;
  std::int64_t current_streak = 0;
};
BOOST_DESCRIBE_STRUCT(Progress, (), (level, xp_into_level, xp_level_size, coins, current_streak))

}  // namespace view

namespace {

constexpr std::size_t kWidth = 76;

class Page {
 public:
  explicit Page(bool colour) : colour_(colour) {}

  std::string bold(std::string_view text) const { return styled("1", text); }
  std::string dim(std::string_view text) const { return styled("2", text); }
  std::string green(std::string_view text) const { return styled("32", text); }
  std::string cyan(std::string_view text) const { return styled("1;36", text); }

  void line(std::string_view text = {}) {
    if (!text.empty()) out_.append("  ").append(text);
    out_ += '\n';
  }
  // `left` and `right` at the two margins; widths are those of the unstyled texts.
  void row(const std::string& left, std::size_t left_width, const std::string& right, std::size_t right_width) {
    if (right_width == 0) return line(left);
    const std::size_t used = left_width + right_width;
    line(left + std::string(used < kWidth ? kWidth - used : 2, ' ') + right);
  }
  void heading(std::string_view title) {
    line();
    line(bold(title));
  }
  void rule() {
    std::string bar;
    for (std::size_t i = 0; i < kWidth; ++i) bar += "─";
    line(dim(bar));
  }
  std::string bar(std::int64_t part, std::int64_t whole, int cells) const {
    const auto full = whole > 0 ? static_cast<int>(part * cells / whole) : 0;
    std::string done;
    std::string open;
    for (int i = 0; i < cells; ++i) (i < full ? done : open) += i < full ? "█" : "░";
    return green(done) + dim(open);
  }
  std::string text() && { return std::move(out_); }

 private:
  std::string styled(std::string_view code, std::string_view text) const {
    return colour_ && !text.empty() ? fmt::format("\x1b[{}m{}\x1b[0m", code, text) : std::string(text);
  }

  bool colour_;
  std::string out_;
};

std::string long_date(LocalDate date) {
  static constexpr std::array kDays = {"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
  static constexpr std::array kMonths = {"January", "February", "March",     "April",   "May",      "June",
                                         "July",    "August",   "September", "October", "November", "December"};
  return fmt::format("{} {} {} {}", kDays[static_cast<std::size_t>(date.weekday()) - 1], date.day(),
                     kMonths[date.month() - 1], date.year());
}

void write_header(Page& page, const view::Today& today) {
  const std::string right = fmt::format("{} · {}", long_date(today.local_date), today.timezone);
  page.line();
  page.row(page.bold(today.greeting), display_width(today.greeting), page.dim(right), display_width(right));
  page.rule();
  if (today.reduced_mode.message) page.line(*today.reduced_mode.message);
  if (today.momentum.message) page.line(page.green(*today.momentum.message));
}

void write_starter(Page& page, const view::Starter& starter) {
  const auto& action = starter.primary;
  const std::string minutes = action.suggested_minutes ? fmt::format("{} min", *action.suggested_minutes) : "";
  const std::string label = "▶ " + action.label;
  page.line();
  page.row(page.cyan(label), display_width(label), page.bold(minutes), display_width(minutes));
  std::string hint = fmt::format("  {} · or only {} minutes", action.href, starter.micro_start_minutes);
  if (starter.secondary) hint += " · or " + starter.secondary->label;
  page.line(page.dim(hint));
}

void write_choices(Page& page, const view::Today& today) {
  std::vector<std::pair<std::string, std::string>> choices;
  for (const auto& s : today.reduced_mode.suggestions) choices.emplace_back(s.label, s.href);
  for (const auto& p : today.quick_picks) choices.emplace_back(fmt::format("{} ({})", p.label, p.count), p.route);
  if (today.resume_last) choices.emplace_back(today.resume_last->label, today.resume_last->route);
  if (today.next_suggestion) choices.emplace_back(today.next_suggestion->label, today.next_suggestion->href);
  if (choices.empty()) return;
  page.heading("Or");
  for (const auto& [label, route] : choices) {
    page.row("· " + label, display_width(label) + 2, page.dim(route), display_width(route));
  }
}

void write_plan(Page& page, const view::Plan& plan) {
  page.line();
  page.line(fmt::format("{}    {}  {} of {} · {} %", page.bold("Plan"),
                        page.bar(plan.completed_count, plan.total_count, 20), plan.completed_count, plan.total_count,
                        plan.percent_complete));
  for (const auto& item : plan.items) {
    const std::string minutes = item.duration ? fmt::format("{} min", *item.duration) : "";
    const std::string text = fmt::format("{} {}", item.completed ? "✓" : "○", item.title);
    page.row(item.completed ? page.dim(text) : text, display_width(text), page.dim(minutes), display_width(minutes));
  }
}

void write_habits(Page& page, const std::vector<view::Habit>& habits) {
  if (habits.empty()) return;
  page.heading("Habits");
  for (const auto& habit : habits) {
    const bool weekly = habit.frequency == "weekly";
    const bool satisfied = habit.completed_today || (weekly && habit.week_done.value_or(0) >= habit.target_count);
    const std::string mark = satisfied ? "✓" : habit.due_today || weekly ? "○" : "·";
    std::string text = fmt::format("{} {}", mark, habit.name);
    if (weekly) {
      text += fmt::format("  {}/{} this week", habit.week_done.value_or(0), habit.target_count);
    } else if (habit.day_target > 1) {
      text += fmt::format("  {}/{}", habit.count_today, habit.day_target);
    }
    const std::string streak =
        habit.current_streak > 0 ? fmt::format("{}-{} streak", habit.current_streak, habit.streak_unit) : "";
    page.row(satisfied ? page.dim(text) : text, display_width(text), page.dim(streak), display_width(streak));
  }
}

void write_progress(Page& page, const view::Progress& progress) {
  page.line();
  page.line(fmt::format("{}  {}  {} of {} XP · {} coins · {}-day streak",
                        page.bold(fmt::format("Level {}", progress.level)),
                        page.bar(progress.xp_into_level, progress.xp_level_size, 20), progress.xp_into_level,
                        progress.xp_level_size, progress.coins, progress.current_streak));
}

}  // namespace

std::string dashboard(Session& session, bool colour) {
  const auto today = session.call_as<view::Today>("today.get");
  Page page(colour);
  write_header(page, today);
  write_starter(page, today.starter_block);
  write_choices(page, today);
  if (today.sections.daily_plan != "hidden") {
    if (const auto plan = session.call_as<view::PlanAnswer>("plan.get").plan) write_plan(page, *plan);
    write_habits(page, session.call_as<view::Habits>("habits.list").habits);
  }
  if (today.sections.rewards != "hidden") write_progress(page, session.call_as<view::Progress>("progress.summary"));
  if (!today.degraded.empty()) {
    page.line();
    page.line(page.dim(fmt::format("Not available right now: {}", fmt::join(today.degraded, ", "))));
  }
  page.line();
  return std::move(page).text();
}

}  // namespace ignition::cli
