// The log: one line for each request (rule R51) and a few for the life of the server.
#pragma once

#include <spdlog/logger.h>

#include <atomic>
#include <boost/asio/ip/address.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "ignition/server.hpp"
#include "ignition/uuid.hpp"

namespace ignition::server {

// What one line tells. Never a raw path, a query, a body, a cookie or a credential.
struct AccessEntry {
  std::string_view request_id;
  std::string_view method;
  std::string_view route;  // the template
  int status = 0;
  std::int64_t duration_us = 0;
  std::size_t bytes_in = 0;
  std::size_t bytes_out = 0;
  const boost::asio::ip::address* client_ip = nullptr;  // null on a Unix socket
  std::string_view user_agent;
  const Uuid* user = nullptr;
  const Uuid* session = nullptr;
  std::string_view credential = "none";
  std::string_view error_code;
  std::string_view error_reason;
  std::string_view detail;  // of an internal error, for the operator
};

class Log {
 public:
  explicit Log(const Settings& settings);

  void access(const AccessEntry& entry);
  void event(spdlog::level::level_enum level, std::string_view message);
  // Like event(), but at most once a minute for each `last` (microseconds of the line before).
  void event_each_minute(std::atomic<std::int64_t>& last, spdlog::level::level_enum level, std::string_view message);
  // Lines are collected; this writes them out.
  void flush() { logger_->flush(); }

 private:
  std::shared_ptr<spdlog::logger> logger_;
  LogFormat format_;
  LogIp ip_;
};

}  // namespace ignition::server
