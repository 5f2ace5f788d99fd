// Mails that operations order within their transaction (rule R12). Whoever sends them reads the table mail_outbox.
#pragma once

#include <string>
#include <string_view>

#include "ignition/context.hpp"

namespace ignition::mail {

struct Mail {
  std::string_view to;
  std::string_view template_name;  // of the list in rule R12
  std::string_view token{};        // for the link in it; stored encrypted, "" = none
};

void order(Context& ctx, const Mail& mail);

// The token of a stored mail, by its `sealed_token` and id; nothing when the key is another one.
std::optional<std::string> token_of(const Config& config, std::string_view sealed_token, const Uuid& mail);

}  // namespace ignition::mail
