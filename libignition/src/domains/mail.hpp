// Mails that operations order within their transaction (rule R12). The job `mail` sends them: domains/mail_outbox.hpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignition/context.hpp"

namespace ignition::mail {

// Published after the commit of whoever has ordered a mail.
inline constexpr std::string_view kOrdered = "mail.ordered";

struct Mail {
  std::string_view to;
  std::string_view template_name;  // of the list in rule R12; mail_texts.cpp says which values it shows
  std::string_view token{};        // for the link in it; stored encrypted, "" = none
  // Shown in it. Stored until it is sent.
  std::vector<std::pair<std::string, std::string>> values{};
};

void order(Context& ctx, const Mail& mail);

// The token of a stored mail, by its `sealed_token` and id; nothing when the key is another one.
std::optional<std::string> token_of(const Config& config, std::string_view sealed_token, const Uuid& mail);

}  // namespace ignition::mail
