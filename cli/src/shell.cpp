#include "shell.hpp"

#include <unistd.h>
#include <wchar.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>

#include "configuration.hpp"

namespace ignition::cli {
namespace {

struct UserRef {
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(UserRef, (), (id))

struct UserAnswer {
  UserRef user;
};
BOOST_DESCRIBE_STRUCT(UserAnswer, (), (user))

}  // namespace

int exit_status(Code code) {
  switch (code) {
    case Code::VALIDATION_ERROR:
    case Code::PAYLOAD_TOO_LARGE:
    case Code::RANGE_NOT_SATISFIABLE:
      return kValidation;
    case Code::NOT_FOUND:
      return kNotFound;
    case Code::CONFLICT:
    case Code::PRECONDITION_FAILED:
      return kConflict;
    case Code::UNAUTHORIZED:
    case Code::FORBIDDEN:
      return kForbidden;
    case Code::RATE_LIMITED:
      return kTemporary;
    case Code::UNAVAILABLE:
      return kUnavailable;
    case Code::INTERNAL:
      return kInternal;
  }
  return kInternal;
}

Instant parse_now(std::string_view text) {
  const auto now = Instant::parse(text);
  if (!now)
    throw invalid("--now", "invalid_format", fmt::format("must be an RFC 3339 instant with offset, got {}", text));
  return *now;
}

std::shared_ptr<Clock> clock_of(const GlobalOptions& options) {
  if (options.now.empty()) return nullptr;
  return std::make_shared<ManualClock>(parse_now(options.now));
}

Session::Session(const GlobalOptions& options, std::shared_ptr<Clock> clock, std::shared_ptr<IdSource> ids)
    : options_(options) {
  Configuration config = configuration(options);
  StoreOptions store = config.database.store();
  // A command would rather wait than fail beside a busy server: nobody else waits for it.
  store.busy_timeout_ms = std::max(store.busy_timeout_ms, 30'000);
  engine_ = Engine::open({.store_url = config.database.url,
                          .store = std::move(store),
                          .config = std::move(config.library),
                          .migrate = config.database.migrates(),
                          .clock = std::move(clock),
                          .ids = std::move(ids)});
}

const Caller& Session::caller(const std::string& user) {
  if (const auto known = callers_.find(user); known != callers_.end()) return known->second;
  Caller caller = Caller::local();
  if (user.empty()) {
    engine_->call(Caller::system(), Call{.operation = "users.ensure_local"});
  } else {
    std::string input = Uuid::parse(user) ? R"({"id":)" : R"({"email":)";
    write_json_string(input, user);
    input += '}';
    const auto found = engine_->call(Caller::system(), Call{.operation = "users.get", .body = input});
    caller = Caller::host(from_json<UserAnswer>(found.body, UnknownKeys::ignore).user.id);
  }
  return callers_.emplace(user, std::move(caller)).first->second;
}

std::string Session::call(std::string_view operation, std::string_view input, std::string_view idempotency_key) {
  return call(operation, input, idempotency_key, options_.user);
}

std::string Session::call(std::string_view operation, std::string_view input, std::string_view idempotency_key,
                          const std::string& user) {
  const Operation* found = engine_->catalogue().find(operation);
  const bool administers = found != nullptr && is_administration(found->access) && user.empty();
  const bool for_host = administers || (found != nullptr && found->access == Access::system);
  Caller who = for_host ? Caller::system() : caller(user);
  who.origin.user_agent = fmt::format("ignition {} (command line, uid {})", kVersion, ::getuid());
  return engine_->call(who, Call{.operation = operation, .body = input, .idempotency_key = idempotency_key}).body;
}

std::string pretty(std::string_view json) {
  std::string out;
  std::size_t depth = 0;
  bool in_string = false;
  const auto line = [&] { out.append("\n").append(2 * depth, ' '); };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (in_string) {
      out += c;
      if (c == '\\') out += json[++i];
      in_string = c != '"';
      continue;
    }
    const char next = i + 1 < json.size() ? json[i + 1] : '\0';
    switch (c) {
      case '{':
      case '[':
        out += c;
        if (next == '}' || next == ']') {
          out += next;
          ++i;
          break;
        }
        ++depth;
        line();
        break;
      case '}':
      case ']':
        --depth;
        line();
        out += c;
        break;
      case ',':
        out += c;
        line();
        break;
      case ':':
        out += ": ";
        break;
      default:
        out += c;
        in_string = c == '"';
    }
  }
  return out;
}

bool is_terminal(int descriptor) {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string_view(value != nullptr ? value : "");
  };
  return isatty(descriptor) == 1 && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
}

void print_json(const GlobalOptions& options, std::string_view json) {
  if (options.json || isatty(STDOUT_FILENO) != 1) {
    std::cout << json << '\n';
  } else {
    std::cout << pretty(json) << '\n';
  }
}

std::size_t display_width(std::string_view utf8) {
  std::size_t width = 0;
  for (std::size_t i = 0; i < utf8.size();) {
    const auto lead = static_cast<unsigned char>(utf8[i]);
    const std::size_t length = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    wchar_t point = lead < 0x80 ? lead : static_cast<wchar_t>(lead & (0xFF >> (length + 1)));
    for (std::size_t k = 1; k < length && i + k < utf8.size(); ++k) {
      point = static_cast<wchar_t>((point << 6) | (static_cast<unsigned char>(utf8[i + k]) & 0x3F));
    }
    const int columns = wcwidth(point);
    width += columns > 0 ? static_cast<std::size_t>(columns) : 0;
    i += length;
  }
  return width;
}

std::string table(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - display_width(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace ignition::cli
