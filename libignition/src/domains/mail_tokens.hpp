// Tokens that are mailed to prove a mailbox (rule R12): 32 random bytes, of which only the hash is stored, good once.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>

#include "ignition/context.hpp"

namespace ignition::mail_tokens {

enum class Purpose : std::uint8_t { register_, verify_email, reset_password, change_email };
BOOST_DESCRIBE_ENUM(Purpose, register_, verify_email, reset_password, change_email)

struct Issue {
  Purpose purpose = Purpose::verify_email;
  std::optional<Uuid> user;  // null: nobody yet, or nobody at all
  std::string email;
  std::optional<std::string> pending;  // JSON
};

// A new token; older ones of the same purpose and user are void.
std::string issue(Context& ctx, const Issue& in);

struct Token {
  Uuid id;
  std::optional<Uuid> user_id;
  std::optional<std::string> email;
  std::optional<Json> pending;
};
BOOST_DESCRIBE_STRUCT(Token, (), (id, user_id, email, pending))

// Uses a token up; nothing when it is unknown, used, expired or for something else. Exactly one caller gets it.
std::optional<Token> consume(Context& ctx, std::initializer_list<Purpose> purposes, std::string_view token);

// Whose token this is, if it is good; it stays so.
std::optional<Uuid> owner(Transaction& db, Purpose purpose, std::string_view token);

void void_all(Context& ctx, const Uuid& user);

}  // namespace ignition::mail_tokens
