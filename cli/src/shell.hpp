// What every command of the `ignition` program shares: global options, the engine, output and exit statuses.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "ignition/ignition.hpp"

namespace ignition::cli {

// Exit statuses, after sysexits.h.
enum Exit : int {
  kOk = 0,
  kUsage = 64,        // the command line itself is wrong
  kValidation = 65,   // VALIDATION_ERROR, PAYLOAD_TOO_LARGE
  kNotFound = 66,     // NOT_FOUND
  kUnavailable = 69,  // UNAVAILABLE
  kInternal = 70,     // INTERNAL
  kConflict = 73,     // CONFLICT, PRECONDITION_FAILED
  kOutput = 74,       // standard output cannot be written
  kTemporary = 75,    // RATE_LIMITED
  kForbidden = 77,    // UNAUTHORIZED, FORBIDDEN
  kConfiguration = 78,
};
int exit_status(Code code);

struct GlobalOptions {
  std::string store;  // URL; "" = DATABASE_URL, else sqlite:ignition.db
  std::string user;   // id or e-mail address; "" = the local user
  bool json = false;  // machine-readable output
  std::string now;    // RFC 3339; "" = the system's clock
};

Instant parse_now(std::string_view text);  // throws VALIDATION_ERROR
// A clock that stands at `--now`; null = the system's.
std::shared_ptr<Clock> clock_of(const GlobalOptions& options);

// An engine on the chosen store with the chosen clock. With `now` the clock stands still.
class Session {
 public:
  explicit Session(const GlobalOptions& options) : Session(options, clock_of(options), nullptr) {}
  // A null clock is the system's, null ids are random.
  Session(const GlobalOptions& options, std::shared_ptr<Clock> clock, std::shared_ptr<IdSource> ids);

  Engine& engine() { return *engine_; }
  // The user of this id or e-mail address; "" = the local one, made when it does not exist yet.
  const Caller& caller(const std::string& user);
  // An operation's output as JSON. Operations for the host program run as such, all others as the user, by default the
  // one of the options.
  std::string call(std::string_view operation, std::string_view input = "{}", std::string_view idempotency_key = {});
  std::string call(std::string_view operation, std::string_view input, std::string_view idempotency_key,
                   const std::string& user);
  template <class Output>
  Output call_as(std::string_view operation, std::string_view input = "{}") {
    return from_json<Output>(call(operation, input), UnknownKeys::ignore);
  }

 private:
  GlobalOptions options_;
  std::unique_ptr<Engine> engine_;
  std::map<std::string, Caller> callers_;
};

// Compact JSON with line breaks and two spaces of indentation for people.
std::string pretty(std::string_view compact_json);
// Prints JSON: pretty on a terminal, compact into a pipe or with --json.
void print_json(const GlobalOptions& options, std::string_view compact_json);

bool is_terminal(int descriptor);  // and colour is not switched off by NO_COLOR or TERM=dumb

// Columns of texts, aligned; the first row is the header.
std::string table(const std::vector<std::vector<std::string>>& rows);
// Columns that a terminal uses to show the text (combining marks and wide characters counted as terminals do).
std::size_t display_width(std::string_view utf8);

}  // namespace ignition::cli
