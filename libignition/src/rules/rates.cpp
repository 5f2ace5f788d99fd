#include "ignition/rules/rates.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ignition::rules {
namespace {

constexpr std::int64_t kSecond = 1'000'000;  // microseconds
constexpr int kMost = 1'000'000;
constexpr int kLongest = 366 * 86'400;

// A whole number 1..most that is all of the text.
std::optional<int> number(std::string_view text, int most) {
  int value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || value < 1 || value > most) return {};
  return value;
}

std::chrono::seconds rounded_up(std::int64_t micros) {
  return std::chrono::seconds(std::max<std::int64_t>(1, (micros + kSecond - 1) / kSecond));
}

Draw draw_evenly(const Rate& rate, RateState& state, Instant now) {
  const std::int64_t interval = rate.period.count() * kSecond / rate.limit;
  const std::int64_t tolerance = interval * rate.burst;
  const std::int64_t next = std::max(state.arrival.us, now.us) + interval;
  Draw out{.allowed = next - now.us <= tolerance};
  if (out.allowed) {
    state.arrival = {next};
    out.remaining = (tolerance - (next - now.us)) / interval;
  } else {
    out.retry_after = rounded_up(next - tolerance - now.us);
  }
  out.reset = state.arrival;
  return out;
}

Draw draw_from_window(const Rate& rate, RateState& state, Instant now) {
  const std::int64_t period = rate.period.count() * kSecond;
  std::erase_if(state.hits, [&](Instant hit) { return hit.us <= now.us - period; });
  Draw out{.allowed = state.hits.size() < static_cast<std::size_t>(rate.limit)};
  if (out.allowed) {
    state.hits.push_back(now);
    out.remaining = rate.limit - static_cast<std::int64_t>(state.hits.size());
  } else {
    out.retry_after = rounded_up(state.hits.front().us + period - now.us);
  }
  out.reset = {state.hits.back().us + period};
  return out;
}

}  // namespace

std::optional<Rate> parse_rate(std::string_view text) {
  if (text == "off") return Rate{};
  const auto slash = text.find('/');
  if (slash == std::string_view::npos) return {};
  const auto colon = text.find(':', slash);
  const auto limit = number(text.substr(0, slash), kMost);
  const auto period =
      number(text.substr(slash + 1, colon == std::string_view::npos ? colon : colon - slash - 1), kLongest);
  if (!limit || !period) return {};
  Rate rate{.limit = *limit, .period = std::chrono::seconds(*period)};
  if (colon == std::string_view::npos) return rate;
  const auto burst = number(text.substr(colon + 1), kMost);
  if (!burst) return {};
  rate.burst = *burst;
  return rate;
}

std::string rate_text(const Rate& rate) {
  if (rate.is_off()) return "off";
  const std::string text = fmt::format("{}/{}", rate.limit, rate.period.count());
  return rate.burst == 0 ? text : fmt::format("{}:{}", text, rate.burst);
}

Draw draw(const Rate& rate, RateState& state, Instant now) {
  return rate.burst > 0 ? draw_evenly(rate, state, now) : draw_from_window(rate, state, now);
}

}  // namespace ignition::rules
