#include "icalendar_zones.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "ignition/error.hpp"
#include "ignition/rules/recurrence.hpp"
#include "text.hpp"

namespace ignition::rules {
namespace {

struct WindowsName {
  std::string_view windows;  // without " Standard Time"
  std::string_view iana;
};
constexpr WindowsName kWindowsNames[] = {
    {"Dateline", "Etc/GMT+12"},
    {"Hawaiian", "Pacific/Honolulu"},
    {"Alaskan", "America/Anchorage"},
    {"Pacific", "America/Los_Angeles"},
    {"US Mountain", "America/Phoenix"},
    {"Mountain", "America/Denver"},
    {"Central", "America/Chicago"},
    {"Eastern", "America/New_York"},
    {"US Eastern", "America/Indiana/Indianapolis"},
    {"Atlantic", "America/Halifax"},
    {"Newfoundland", "America/St_Johns"},
    {"E. South America", "America/Sao_Paulo"},
    {"Argentina", "America/Argentina/Buenos_Aires"},
    {"SA Pacific", "America/Bogota"},
    {"GMT", "Europe/London"},
    {"Greenwich", "Atlantic/Reykjavik"},
    {"W. Europe", "Europe/Berlin"},
    {"Romance", "Europe/Paris"},
    {"Central Europe", "Europe/Budapest"},
    {"Central European", "Europe/Warsaw"},
    {"GTB", "Europe/Bucharest"},
    {"FLE", "Europe/Kyiv"},
    {"Turkey", "Europe/Istanbul"},
    {"Israel", "Asia/Jerusalem"},
    {"Egypt", "Africa/Cairo"},
    {"South Africa", "Africa/Johannesburg"},
    {"Russian", "Europe/Moscow"},
    {"Arab", "Asia/Riyadh"},
    {"Arabian", "Asia/Dubai"},
    {"Iran", "Asia/Tehran"},
    {"Pakistan", "Asia/Karachi"},
    {"India", "Asia/Kolkata"},
    {"Nepal", "Asia/Kathmandu"},
    {"Bangladesh", "Asia/Dhaka"},
    {"SE Asia", "Asia/Bangkok"},
    {"China", "Asia/Shanghai"},
    {"Singapore", "Asia/Singapore"},
    {"Taipei", "Asia/Taipei"},
    {"W. Australia", "Australia/Perth"},
    {"Tokyo", "Asia/Tokyo"},
    {"Korea", "Asia/Seoul"},
    {"Cen. Australia", "Australia/Adelaide"},
    {"AUS Central", "Australia/Darwin"},
    {"AUS Eastern", "Australia/Sydney"},
    {"E. Australia", "Australia/Brisbane"},
    {"Tasmania", "Australia/Hobart"},
    {"New Zealand", "Pacific/Auckland"},
};

std::optional<TimeZone> windows_zone(std::string_view name) {
  if (name == "UTC" || name == "Coordinated Universal Time") return TimeZone();
  if (name == "Central Standard Time (Mexico)") return TimeZone::find("America/Mexico_City");
  constexpr std::string_view kSuffix = " Standard Time";
  if (name.ends_with(kSuffix)) name.remove_suffix(kSuffix.size());
  const auto found = std::ranges::find(kWindowsNames, name, &WindowsName::windows);
  if (found == std::end(kWindowsNames)) return {};
  return TimeZone::find(found->iana);
}

// `+0530` or `-023015` in microseconds.
std::optional<std::int64_t> offset_of(const ContentLine* line) {
  if (!line || (line->value.size() != 5 && line->value.size() != 7)) return {};
  const std::string_view text = line->value;
  if (text[0] != '+' && text[0] != '-') return {};
  const auto digits = whole_number(text.substr(1));
  if (!digits) return {};
  const std::int64_t value = text.size() == 5 ? *digits * 100 : *digits;
  const std::int64_t seconds = value / 10'000 * 3600 + value / 100 % 100 * 60 + value % 100;
  if (seconds > 24 * 3600) return {};
  return (text[0] == '-' ? -seconds : seconds) * 1'000'000;
}

// The wall time of an observance's DTSTART, in years that series take: older definitions begin in the first of them.
std::optional<WallTime> onset_of(const ContentLine* line) {
  if (!line || line->value.size() < 15) return {};
  const std::string& v = line->value;
  const auto parse = [&](std::string_view year) {
    return Instant::parse(fmt::format("{}-{}-{}T{}:{}:{}Z", year, v.substr(4, 2), v.substr(6, 2), v.substr(9, 2),
                                      v.substr(11, 2), v.substr(13, 2)));
  };
  auto onset = parse(v.substr(0, 4));
  if (!onset) return {};
  const int year = WallTime{onset->us}.date().year();
  if (year > kLastSeriesYear) return {};
  if (year < kFirstSeriesYear) onset = parse(std::to_string(kFirstSeriesYear));
  if (!onset) return {};
  return WallTime{onset->us};
}

constexpr std::size_t kMaxObservances = 100;
constexpr std::size_t kMaxOnsets = 1000;

}  // namespace

std::optional<TimeZone> named_zone(std::string_view name) {
  if (name.empty() || name.size() > 255) return {};
  if (const auto zone = TimeZone::find(name)) return zone;
  const auto parts = split_text(name, '/');
  for (const std::size_t count : {std::size_t{3}, std::size_t{2}}) {
    if (parts.size() <= count) continue;
    std::string end(parts[parts.size() - count]);
    for (std::size_t i = parts.size() - count + 1; i < parts.size(); ++i) {
      end += '/';
      end += parts[i];
    }
    if (const auto zone = TimeZone::find(end)) return zone;
  }
  return windows_zone(name);
}

std::optional<DefinedZone> DefinedZone::read(const CalendarComponent& vtimezone) {
  DefinedZone zone;
  if (vtimezone.children.size() > kMaxObservances) return {};
  for (const CalendarComponent& observance : vtimezone.children) {
    const auto from = offset_of(observance.find("TZOFFSETFROM"));
    const auto to = offset_of(observance.find("TZOFFSETTO"));
    const auto onset = onset_of(observance.find("DTSTART"));
    if (!from || !to || !onset) continue;
    // Onsets are told on the clock as it was before them.
    const auto add = [&](Instant on_clock) { zone.jumps_.push_back({{on_clock.us - *from}, *from, *to}); };
    const SeriesStart start = SeriesStart::timed(*onset, TimeZone());
    const ContentLine* rule_line = observance.find("RRULE");
    std::optional<Recurrence> rule;
    try {
      if (rule_line) rule = parse_recurrence(rule_line->value, start);
    } catch (const Error&) {
      rule.reset();  // a rule that nobody can follow: the onset itself holds
    }
    if (rule && rule->until) rule->until = Instant{rule->until->us + *from};
    add({onset->us});
    if (rule) {
      for (const Instant t : instances(*rule, start, whole_time(), kMaxOnsets).starts) add(t);
    }
  }
  if (zone.jumps_.empty()) return {};
  std::ranges::sort(zone.jumps_, {}, &Jump::at);
  return zone;
}

Instant DefinedZone::instant(WallTime wall) const {
  // Before the first jump, then from each to the next.
  const Instant earliest{wall.us - jumps_.front().from};
  if (earliest < jumps_.front().at) return earliest;
  std::optional<Instant> after_gap;
  for (std::size_t i = 0; i < jumps_.size(); ++i) {
    const Instant t{wall.us - jumps_[i].to};
    const bool before_next = i + 1 == jumps_.size() || t < jumps_[i + 1].at;
    if (t >= jumps_[i].at && before_next) return t;
    if (t < jumps_[i].at && !after_gap && wall.us - jumps_[i].from >= jumps_[i].at.us) {
      after_gap = Instant{wall.us - jumps_[i].from};
    }
  }
  return after_gap.value_or(Instant{wall.us - jumps_.back().to});
}

CalendarZones::CalendarZones(const std::vector<CalendarComponent>& components, const TimeZone& user) : user_(user) {
  for (const CalendarComponent& component : components) {
    if (component.name != "VTIMEZONE") continue;
    if (const ContentLine* tzid = component.find("TZID")) definitions_.try_emplace(tzid->value, &component);
  }
}

std::optional<CalendarZones::Zone> CalendarZones::find(std::string_view tzid) {
  if (const auto zone = named_zone(tzid)) return Zone{*zone, nullptr};
  const auto definition = definitions_.find(tzid);
  if (definition == definitions_.end()) return {};
  auto known = read_.find(tzid);
  if (known == read_.end()) known = read_.emplace(std::string(tzid), DefinedZone::read(*definition->second)).first;
  if (!known->second) return {};
  return Zone{user_, &*known->second};
}

}  // namespace ignition::rules
