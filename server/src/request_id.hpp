// Request ids (rule R51).
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "ignition/time.hpp"

namespace ignition::server {

class RequestId {
 public:
  // `req_` and a ULID of this instant.
  static RequestId fresh(Instant now);
  // Keeps the text when it matches `^[A-Za-z0-9_-]{8,64}$`; makes a fresh id otherwise.
  static RequestId kept(std::string_view text, Instant now);

  std::string_view text() const { return {text_.data(), size_}; }

 private:
  std::array<char, 64> text_{};
  std::size_t size_ = 0;
};

}  // namespace ignition::server
