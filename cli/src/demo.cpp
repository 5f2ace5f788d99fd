#include "demo.hpp"

#include <array>
#include <cstdlib>
#include <filesystem>
#include <iterator>

#include "configuration.hpp"

namespace ignition::cli {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// SplitMix64 (Steele, Lea, Flood 2014): small, fast, the same on every platform.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // 0 .. n - 1
  int below(int n) {
    state_ += 0x9E3779B97F4A7C15ULL;
    std::uint64_t x = state_;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ULL;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBULL;
    return static_cast<int>((x ^ (x >> 31)) % static_cast<std::uint64_t>(n));
  }
  int between(int low, int high) { return low + below(high - low + 1); }
  bool chance(int percent) { return below(100) < percent; }

 private:
  std::uint64_t state_;
};

struct Created {
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(Created, (), (id))

struct Count {
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(Count, (), (total))

struct Account {
  Uuid id;
  std::string email;
};
BOOST_DESCRIBE_STRUCT(Account, (), (id, email))

struct Item {
  Uuid id;
  std::string type;
  bool completed = false;
};
BOOST_DESCRIBE_STRUCT(Item, (), (id, type, completed))

struct Plan {
  std::vector<Item> items;
};
BOOST_DESCRIBE_STRUCT(Plan, (), (items))

struct PlanAnswer {
  std::optional<Plan> plan;
};
BOOST_DESCRIBE_STRUCT(PlanAnswer, (), (plan))

struct HabitAnswer {
  Created habit;
};
BOOST_DESCRIBE_STRUCT(HabitAnswer, (), (habit))

struct UserAnswer {
  Account user;
};
BOOST_DESCRIBE_STRUCT(UserAnswer, (), (user))

struct Habit {
  std::string_view name;
  std::string_view json;  // what habits.create is called with
  int percent;            // chance of keeping it on an ordinary day
  int repetitions = 1;
};

constexpr std::array kHabits = {
    Habit{"water", R"({"name":"Drink a glass of water","icon":"droplet","color":"#4a90d9","target_count":4})", 80, 4},
    Habit{"stretch", R"({"name":"Stretch for five minutes","category":"exercise","icon":"activity","color":"#e74c3c"})",
          88},
    Habit{"read", R"({"name":"Read ten pages","category":"learning","icon":"book","color":"#27ae60"})", 70},
    Habit{"run", R"({"name":"Go for a run","category":"exercise","frequency":"weekly","target_count":3,"icon":"wind"})",
          45},
    Habit{"review",
          R"({"name":"Look over the week","category":"journal","frequency":"custom","custom_days":[7],"icon":"pen"})",
          90},
};

constexpr std::array kTodos = {
    "Answer the landlord",    "Book the dentist",          "Draft the outline",  "Water the plants",
    "Send the invoice",       "Sort the photos of May",    "Fix the bike light", "Call Grandma",
    "Read the new paper",     "Prepare Thursday's slides", "Buy coffee",         "Clean up the desk",
    "Plan the weekend trip",  "Back up the laptop",        "Write to Jonas",     "Try the new recipe",
    "Cancel the old account", "Print the tickets",         "Tidy the shelf",     "Sketch the logo",
};

constexpr std::array kFocusTasks = {"Thesis, chapter two", "Inbox to zero", "Guitar practice", "Portfolio site",
                                    "Statistics exam",     "Tax papers",    "Short story",     "Refactor the parser",
                                    "Piano, left hand",    "Garden plan",   "Spanish words",   "Client report"};

// Tells the story of one user, day by day.
class Story {
 public:
  Story(const GlobalOptions& global, const DemoOptions& options)
      : options_(options),
        dice_(options.seed),
        zone_(zone_of(options)),
        clock_(std::make_shared<ManualClock>()),
        until_(options.until) {
    calendar_.zone = zone_;
    Configuration config = configuration(global);
    EngineOptions engine{
        .store_url = config.database.url, .store = config.database.store(), .config = std::move(config.library)};
    engine.store.durability = StoreOptions::Durability::normal;
    engine.clock = clock_;
    engine.ids = std::make_shared<SequentialIds>(options.seed);
    const LocalDate first = calendar_.date_of(until_) - (options.days - 1);
    clock_->set(at(first, 6, 30));
    engine_ = Engine::open(std::move(engine));
    account_ = open_account(global);
    caller_ = global.user.empty() ? Caller::local() : Caller::host(account_.id);
    first_ = first;
  }

  DemoSummary tell() {
    if (!options_.force && from_json<Count>(call("habits.list"), UnknownKeys::ignore).total > 0) {
      throw conflict("has_data", "This user has data already. Choose another user or store, or pass --force.");
    }
    call("settings.update", fmt::format(R"({{"timezone":"{}"}})", zone_.name()));
    for (const Habit& habit : kHabits) habits_.push_back(create(habit));
    for (int day = 0; day < options_.days; ++day) {
      options_.progress(day, options_.days);
      live(first_ + day, day);
    }
    options_.progress(options_.days, options_.days);
    return {.operations = operations_, .user_id = account_.id.text(), .email = account_.email};
  }

 private:
  static TimeZone zone_of(const DemoOptions& options) {
    const std::string name = options.timezone.empty() ? system_timezone() : options.timezone;
    const auto zone = TimeZone::find(name);
    if (!zone) throw invalid("--timezone", "invalid_format", fmt::format("must be an IANA time zone, got {}", name));
    return *zone;
  }

  Instant at(LocalDate day, int hour, int minute) const { return zone_.instant(WallTime::at(day, hour, minute)); }

  Account open_account(const GlobalOptions& global) {
    const auto system = [this](std::string_view operation, const std::string& input) {
      return from_json<UserAnswer>(engine_->call(Caller::system(), Call{.operation = operation, .body = input}).body,
                                   UnknownKeys::ignore)
          .user;
    };
    if (global.user.empty()) return system("users.ensure_local", "{}");
    std::string user;
    write_json_string(user, global.user);
    if (Uuid::parse(global.user)) return system("users.get", fmt::format(R"({{"id":{}}})", user));
    try {
      return system("users.get", fmt::format(R"({{"email":{}}})", user));
    } catch (const Error& error) {
      if (error.code() != Code::NOT_FOUND) throw;
      return system("users.create", fmt::format(R"({{"email":{},"name":"Demo"}})", user));
    }
  }

  std::string call(std::string_view operation, const std::string& input = "{}") {
    ++operations_;
    return engine_->call(caller_, Call{.operation = operation, .body = input}).body;
  }

  // Moves the clock; false when the story ends before.
  bool move_to(Instant t) {
    if (t > until_) return false;
    if (t > clock_->now()) clock_->set(t);
    return true;
  }
  bool advance(Micros d) { return move_to(clock_->now() + d); }

  Uuid create(const Habit& habit) {
    return from_json<HabitAnswer>(call("habits.create", std::string(habit.json)), UnknownKeys::ignore).habit.id;
  }

  // A few days in the middle are lost to a cold, so that the streaks have a history.
  bool is_lost(int day) const { return day % 37 == 20 || day % 37 == 21 || day % 37 == 22; }

  void live(LocalDate date, int day) {
    if (is_lost(day) || !move_to(at(date, 7, dice_.between(0, 50)))) return;
    const bool free_day = date.weekday() >= Weekday::saturday;
    const int energy = free_day ? 60 : 100;  // percent of an ordinary day
    plan_morning(date);
    keep_habits(date, 0, 2, energy);
    const int sessions = free_day ? dice_.below(2) : dice_.between(1, 4);
    for (int i = 0; i < sessions; ++i) {
      if (!advance(minutes(dice_.between(20, 100))) || !focus()) return;
    }
    tick_plan(energy);
    if (!move_to(at(date, 18, dice_.between(0, 59)))) return;
    keep_habits(date, 2, kHabits.size(), energy);
  }

  void plan_morning(LocalDate date) {
    call("plan.generate");
    const int todos = dice_.between(0, 2);
    for (int i = 0; i < todos; ++i) {
      const char* title = kTodos[static_cast<std::size_t>(dice_.below(static_cast<int>(kTodos.size())))];
      call("plan.add_item",
           fmt::format(R"({{"date":"{}","title":"{}","duration":{}}})", date.text(), title, 5 * dice_.between(1, 9)));
    }
  }

  // Ticks off some of what the user wrote into the plan by hand.
  void tick_plan(int energy) {
    const auto plan = from_json<PlanAnswer>(call("plan.get"), UnknownKeys::ignore).plan;
    if (!plan) return;
    for (const Item& item : plan->items) {
      if (item.completed || item.type != "custom" || !dice_.chance(energy * 7 / 10)) continue;
      if (!advance(minutes(dice_.between(3, 25)))) return;
      call("plan.complete_item", fmt::format(R"({{"id":"{}"}})", item.id.text()));
    }
  }

  void keep_habits(LocalDate date, std::size_t first, std::size_t last, int energy) {
    for (std::size_t i = first; i < last; ++i) {
      const Habit& habit = kHabits[i];
      const bool sunday_only = habit.name == "review";
      if (sunday_only && date.weekday() != Weekday::sunday) continue;
      if (!dice_.chance(habit.percent * (energy + 100) / 200)) continue;
      for (int n = 0; n < habit.repetitions; ++n) {
        if (!advance(minutes(dice_.between(1, 12)))) return;
        call("habits.complete", fmt::format(R"({{"id":"{}"}})", habits_[i].text()));
      }
    }
  }

  bool focus() {
    static constexpr std::array kLengths = {900, 1500, 1500, 1500, 3000};
    const int length = kLengths[static_cast<std::size_t>(dice_.below(static_cast<int>(kLengths.size())))];
    const char* task = kFocusTasks[static_cast<std::size_t>(dice_.below(static_cast<int>(kFocusTasks.size())))];
    if (clock_->now() + seconds(length + 600) > until_) return false;
    const auto session = from_json<Created>(
        call("focus.start", fmt::format(R"({{"duration_seconds":{},"task_title":"{}"}})", length, task)),
        UnknownKeys::ignore);
    const std::string id = fmt::format(R"({{"id":"{}"}})", session.id.text());
    if (dice_.chance(8)) {
      advance(seconds(dice_.between(120, length / 2)));
      call("focus.abandon", id);
      return true;
    }
    if (dice_.chance(15)) {
      advance(seconds(length / 3));
      call("focus.pause");
      advance(seconds(dice_.between(60, 480)));
      call("focus.resume");
      advance(seconds(length - length / 3));
    } else {
      advance(seconds(dice_.chance(12) ? length * 2 / 3 : length));
    }
    call("focus.complete", id);
    return true;
  }

  const DemoOptions& options_;
  Dice dice_;
  TimeZone zone_;
  Calendar calendar_;
  std::shared_ptr<ManualClock> clock_;
  Instant until_;
  LocalDate first_;
  std::unique_ptr<Engine> engine_;
  Account account_;
  Caller caller_;
  std::vector<Uuid> habits_;
  std::int64_t operations_ = 0;
};

}  // namespace

std::string system_timezone() {
  if (const char* tz = std::getenv("TZ"); tz != nullptr && TimeZone::find(tz)) return tz;
  std::error_code error;
  const auto link = std::filesystem::read_symlink("/etc/localtime", error).string();
  constexpr std::string_view kFolder = "/zoneinfo/";
  if (const auto at = link.find(kFolder); !error && at != std::string::npos) {
    const std::string name = link.substr(at + kFolder.size());
    if (name != "Etc/UTC" && TimeZone::find(name)) return name;
  }
  return "UTC";
}

DemoSummary fill_demo(const GlobalOptions& global, const DemoOptions& options) { return Story(global, options).tell(); }

}  // namespace ignition::cli
