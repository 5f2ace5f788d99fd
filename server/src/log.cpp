#include "log.hpp"

#include <fmt/format.h>
#include <simdjson.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <iterator>
#include <mutex>

#include "ignition/wire.hpp"

namespace ignition::server {
namespace {

constexpr std::size_t kLongestUserAgent = 256;

// Standard error with a buffer: a line costs no system call. What is worse than information is written at once.
class BufferedStderr final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  ~BufferedStderr() override { flush_(); }

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    buffer_.append(message.payload.data(), message.payload.size());
    buffer_ += '\n';
    if (buffer_.size() > kFull || message.level >= spdlog::level::warn) flush_();
  }
  void flush_() override {
    std::string_view rest = buffer_;
    while (!rest.empty()) {
      const ssize_t written = ::write(STDERR_FILENO, rest.data(), rest.size());
      if (written <= 0) break;  // nobody reads it: nothing better can be done with the lines
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
    buffer_.clear();
  }

 private:
  static constexpr std::size_t kFull = 32'768;
  std::string buffer_;
};

std::string_view level_name(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::trace:
      return "trace";
    case spdlog::level::debug:
      return "debug";
    case spdlog::level::info:
      return "info";
    case spdlog::level::warn:
      return "warn";
    default:
      return "error";
  }
}

spdlog::level::level_enum level_of(int status) {
  if (status >= 500) return spdlog::level::err;
  if (status == 400) return spdlog::level::warn;
  if (status == 404) return spdlog::level::debug;
  return spdlog::level::info;
}

// The address as far as the operator wants it shown.
std::string shown(const boost::asio::ip::address& address, LogIp how) {
  if (how == LogIp::full) return address.to_string();
  if (address.is_v4()) {
    const auto b = address.to_v4().to_bytes();
    return fmt::format("{}.{}.{}.0", b[0], b[1], b[2]);
  }
  auto b = address.to_v6().to_bytes();
  std::fill(b.begin() + 6, b.end(), static_cast<unsigned char>(0));
  return boost::asio::ip::make_address_v6(b).to_string();
}

class Line {
 public:
  explicit Line(std::string& out) : out_(out) {}
  void text(std::string_view key, std::string_view value) {
    start(key);
    write_json_string(out_, value);
  }
  template <class Number>
  void number(std::string_view key, Number value) {
    start(key);
    fmt::format_to(std::back_inserter(out_), "{}", value);
  }
  void milliseconds(std::string_view key, std::int64_t micros) {
    start(key);
    fmt::format_to(std::back_inserter(out_), "{}.{:03}", micros / 1000, micros % 1000);
  }

 private:
  void start(std::string_view key) {
    out_ += out_.empty() ? '{' : ',';
    out_ += '"';
    out_ += key;
    out_ += "\":";
  }
  std::string& out_;
};

// What a client sent may be any bytes; a log line is JSON.
std::string_view printable(std::string_view text, std::string& scratch) {
  text = text.substr(0, kLongestUserAgent);
  if (simdjson::validate_utf8(text.data(), text.size())) return text;
  scratch.assign(text);
  for (char& c : scratch) {
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  }
  return scratch;
}

}  // namespace

Log::Log(const Settings& settings) : format_(settings.log_format), ip_(settings.log_ip) {
  auto sink = settings.log ? settings.log : std::make_shared<BufferedStderr>();
  sink->set_formatter(std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, "\n"));
  logger_ = std::make_shared<spdlog::logger>("ignition", std::move(sink));
  logger_->set_level(settings.log_level);
}

void Log::access(const AccessEntry& entry) {
  const auto level = level_of(entry.status);
  if (!logger_->should_log(level)) return;
  thread_local std::string line;
  thread_local std::string scratch;
  line.clear();
  const std::string ip = entry.client_ip != nullptr && ip_ != LogIp::off ? shown(*entry.client_ip, ip_) : std::string();
  if (format_ == LogFormat::text) {
    fmt::format_to(std::back_inserter(line), "{} {:5} {} {} {} {}.{:03} ms", Instant::system_now().text(),
                   level_name(level), entry.method, entry.route, entry.status, entry.duration_us / 1000,
                   entry.duration_us % 1000);
    if (!entry.error_code.empty()) {
      fmt::format_to(std::back_inserter(line), " {} {}", entry.error_code, entry.error_reason);
    }
    fmt::format_to(std::back_inserter(line), " {}", entry.request_id);
    if (!entry.detail.empty()) fmt::format_to(std::back_inserter(line), " ({})", entry.detail);
  } else {
    Line json(line);
    json.text("ts", Instant::system_now().text());
    json.text("level", level_name(level));
    json.text("target", "http");
    json.text("msg", "request");
    json.text("request_id", entry.request_id);
    json.text("method", entry.method);
    json.text("route", entry.route);
    json.number("status", entry.status);
    json.milliseconds("duration_ms", entry.duration_us);
    json.number("bytes_in", entry.bytes_in);
    json.number("bytes_out", entry.bytes_out);
    if (!ip.empty()) json.text("client_ip", ip);
    if (!entry.user_agent.empty()) json.text("user_agent", printable(entry.user_agent, scratch));
    if (entry.user != nullptr) json.text("user_id", entry.user->text());
    if (entry.session != nullptr) json.text("session_id", entry.session->text());
    json.text("credential", entry.credential);
    if (!entry.error_code.empty()) json.text("error_code", entry.error_code);
    if (!entry.error_reason.empty()) json.text("error_reason", entry.error_reason);
    if (!entry.detail.empty()) json.text("detail", entry.detail);
    line += '}';
  }
  logger_->log(level, line);
}

void Log::event(spdlog::level::level_enum level, std::string_view message) {
  if (!logger_->should_log(level)) return;
  std::string line;
  if (format_ == LogFormat::text) {
    line = fmt::format("{} {:5} {}", Instant::system_now().text(), level_name(level), message);
  } else {
    Line json(line);
    json.text("ts", Instant::system_now().text());
    json.text("level", level_name(level));
    json.text("target", "server");
    json.text("msg", message);
    line += '}';
  }
  logger_->log(level, line);
}

void Log::event_each_minute(std::atomic<std::int64_t>& last, spdlog::level::level_enum level,
                            std::string_view message) {
  constexpr std::int64_t kMinute = 60'000'000;
  const std::int64_t now = Instant::system_now().us;
  std::int64_t before = last.load(std::memory_order_relaxed);
  if (now - before >= kMinute && last.compare_exchange_strong(before, now)) event(level, message);
}

}  // namespace ignition::server
