#include "replay.hpp"

#include <fmt/format.h>

namespace ignition::cli {
namespace {

struct Line {
  std::string operation;
  std::optional<Json> input;
  std::optional<std::string> user;
  std::optional<Instant> at;
  std::optional<std::string> idempotency_key;
};
BOOST_DESCRIBE_STRUCT(Line, (), (operation, input, user, at, idempotency_key))

// The system's clock until it is put somewhere.
class ReplayClock final : public Clock {
 public:
  Instant now() override { return standing_.value_or(Instant::system_now()); }
  void set(Instant t) { standing_ = t; }

 private:
  std::optional<Instant> standing_;
};

Line read_line(std::string_view text, std::int64_t number) {
  try {
    return from_json<Line>(text);
  } catch (const Error& error) {
    throw invalid(fmt::format("line {}", number), "invalid_call", error.message());
  }
}

}  // namespace

ReplaySummary replay(const GlobalOptions& global, const ReplayOptions& options, std::istream& in, std::ostream& out) {
  const auto clock = std::make_shared<ReplayClock>();
  if (!global.now.empty()) clock->set(parse_now(global.now));
  std::optional<Session> session;
  ReplaySummary summary;
  std::int64_t number = 0;
  for (std::string text; std::getline(in, text);) {
    ++number;
    if (text.find_first_not_of(" \t\r") == std::string::npos) continue;
    const Line line = read_line(text, number);
    if (line.at) clock->set(*line.at);
    if (!session) {
      session.emplace(global, clock, options.seed ? std::make_shared<SequentialIds>(*options.seed) : nullptr);
    }
    std::string answer;
    try {
      answer = session->call(line.operation, line.input ? line.input->text : "{}", line.idempotency_key.value_or(""),
                             line.user.value_or(global.user));
    } catch (const Error& error) {
      answer = error.json();
      if (summary.refused++ == 0) summary.status = exit_status(error.code());
    }
    out << answer << '\n';
    options.progress(++summary.calls);
    if (summary.refused > 0 && !options.keep_going) break;
  }
  return summary;
}

}  // namespace ignition::cli
