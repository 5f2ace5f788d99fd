#include "ignition/passwords.hpp"

#include <argon2.h>
#include <fmt/format.h>

#include <chrono>

#include "ignition/counts.hpp"
#include "ignition/error.hpp"

namespace ignition {
namespace {

constexpr std::size_t kTagBytes = 32;

std::string cost_text(const PasswordCost& cost) {
  return fmt::format("$argon2id$v=19$m={},t={},p={}$", cost.memory_kib, cost.time, cost.parallelism);
}

}  // namespace

std::string hash_password(std::string_view password, std::span<const std::uint8_t, 16> salt, const PasswordCost& cost) {
  std::string hash(argon2_encodedlen(cost.time, cost.memory_kib, cost.parallelism,
                                     static_cast<std::uint32_t>(salt.size()), kTagBytes, Argon2_id),
                   '\0');
  const int result =
      argon2id_hash_encoded(cost.time, cost.memory_kib, cost.parallelism, password.data(), password.size(), salt.data(),
                            salt.size(), kTagBytes, hash.data(), hash.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) throw Error(Code::UNAVAILABLE, "There is not enough memory.");
  if (result != ARGON2_OK) throw Error(Code::INTERNAL, argon2_error_message(result));
  hash.resize(hash.find('\0'));
  return hash;
}

bool is_password(std::string_view password, const std::string& hash) {
  const int result = argon2id_verify(hash.c_str(), password.data(), password.size());
  if (result == ARGON2_MEMORY_ALLOCATION_ERROR) throw Error(Code::UNAVAILABLE, "There is not enough memory.");
  return result == ARGON2_OK;
}

bool is_outdated(std::string_view hash, const PasswordCost& cost) { return !hash.starts_with(cost_text(cost)); }

void HashQueue::run(const std::function<void()>& work) {
  {
    std::unique_lock lock(mutex_);
    if (running_ >= at_once_) {
      if (waiting_ >= longest_) {
        throw Error(Code::UNAVAILABLE, "Too many sign-ins at once; try again in a moment.").because("overloaded");
      }
      ++waiting_;
      freed_.wait(lock, [this] { return running_ < at_once_; });
      --waiting_;
    }
    ++running_;
  }
  const auto began = std::chrono::steady_clock::now();
  try {
    work();
  } catch (...) {
    leave();
    throw;
  }
  leave();
  if (counts_ != nullptr) {
    counts_->took("ignition_password_hash_seconds", {}, {std::chrono::steady_clock::now() - began});
  }
}

void HashQueue::leave() {
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  freed_.notify_one();
}

}  // namespace ignition
