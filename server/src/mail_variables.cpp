#include <fmt/format.h>

#include "ignition/rules/accounts.hpp"
#include "ignition/rules/flags.hpp"
#include "ignition/smtp.hpp"
#include "ignition/variables.hpp"

namespace ignition::server {
namespace {

struct Mailbox {
  std::string name;
  std::string address;
};

// `address` or `Name <address>`.
Mailbox mailbox_of(std::string_view text) {
  const auto open = text.rfind('<');
  if (open == std::string_view::npos || !text.ends_with('>')) return {{}, std::string(trimmed(text))};
  std::string_view name = trimmed(text.substr(0, open));
  if (name.size() >= 2 && name.front() == '"' && name.back() == '"') name = name.substr(1, name.size() - 2);
  return {std::string(name), std::string(trimmed(text.substr(open + 1, text.size() - open - 2)))};
}

bool is_mailbox(std::string_view text) { return rules::normal_email(mailbox_of(text).address).has_value(); }

std::optional<FieldError> set_mock(std::string_view text, void* settings) {
  const auto on = rules::boolean_of(text);
  if (!on) return FieldError{{}, "wrong_type", "must be true or false"};
  if (*on) static_cast<MailVariables*>(settings)->transport = MailKind::log;
  return {};
}

}  // namespace

const VariableTable<MailVariables>& mail_variables() {
  static const auto table = [] {
    VariableTable<MailVariables> rows;
    rows.add({.name = "EMAIL_MOCK",
              .meaning = "true means MAIL_TRANSPORT=log.",
              .expects = "true or false",
              .fallback = "false",
              .set = set_mock})
        .add("MAIL_TRANSPORT", &MailVariables::transport,
             "How mails leave: smtp, as files for development (log), or not; unset: log, in production none.")
        .add("SMTP_HOST", &MailVariables::host, "Name of the SMTP server; needed with MAIL_TRANSPORT=smtp.")
        .add("SMTP_PORT", &MailVariables::port, "Its port.", {.limits = {.min = 1}})
        .add("SMTP_USER", &MailVariables::user, "Who signs in there; unset: nobody.")
        .add("SMTP_PASSWORD", &MailVariables::password, "With which password.", {.secret = true})
        .add("SMTP_FROM", &MailVariables::from, "Sender of all mails; needed with MAIL_TRANSPORT=smtp.",
             {.limits = {.format = "an address, or Name <address>", .accepts = is_mailbox}})
        .add("SMTP_TLS", &MailVariables::tls,
             "starttls asks for encryption and accepts nothing less, tls begins with it, none does without.")
        .add("SMTP_CA_FILE", &MailVariables::ca_file,
             "Certificates that the SMTP server's must lead to, in PEM; unset: the system's.")
        .add("DATA_DIR", &MailVariables::data_dir, "Folder of files that the program keeps itself.");
    return rows;
  }();
  return table;
}

std::vector<std::string> problems_of(const MailVariables& mail, Environment environment) {
  std::vector<std::string> out;
  if (mail.kind(environment) != MailKind::smtp) return out;
  if (mail.host.empty()) out.emplace_back("SMTP_HOST: MAIL_TRANSPORT=smtp needs it");
  if (mail.from.empty()) out.emplace_back("SMTP_FROM: MAIL_TRANSPORT=smtp needs it");
  if (!mail.user.empty() && mail.password.empty()) out.emplace_back("SMTP_PASSWORD: SMTP_USER needs it");
  if (mail.user.empty() && !mail.password.empty()) out.emplace_back("SMTP_USER: SMTP_PASSWORD needs it");
  if (mail.tls == SmtpTls::none && environment == Environment::production) {
    out.emplace_back("SMTP_TLS: production needs starttls or tls");
  }
  return out;
}

MailSettings mail_settings(const MailVariables& mail, const Settings& settings) {
  MailSettings out;
  out.frontend_url = settings.frontend_url;
  if (const Mailbox from = mailbox_of(mail.from); !from.address.empty()) {
    out.from = from.address;
    if (!from.name.empty()) out.from_name = from.name;
  }
  switch (mail.kind(settings.environment)) {
    case MailKind::none:
      break;
    case MailKind::log:
      out.transport = file_transport(mail);
      break;
    case MailKind::smtp:
      out.transport = smtp_transport(mail);
      break;
  }
  return out;
}

}  // namespace ignition::server
