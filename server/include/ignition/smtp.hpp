// How a server's mails leave: through an SMTP server, or as files for somebody who develops.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ignition/mail.hpp"
#include "ignition/server.hpp"

namespace ignition::server {

enum class MailKind : std::uint8_t { none, log, smtp };
BOOST_DESCRIBE_ENUM(MailKind, none, log, smtp)

enum class SmtpTls : std::uint8_t { starttls, tls, none };
BOOST_DESCRIBE_ENUM(SmtpTls, starttls, tls, none)

struct MailVariables {
  std::optional<MailKind> transport;  // MAIL_TRANSPORT; absent: log outside production, none in it
  std::string host;                   // SMTP_HOST
  std::uint16_t port = 587;           // SMTP_PORT
  std::string user;                   // SMTP_USER; "" = nobody signs in
  std::string password;               // SMTP_PASSWORD
  std::string from;                   // SMTP_FROM: an address, or `Name <address>`
  SmtpTls tls = SmtpTls::starttls;    // SMTP_TLS
  std::string ca_file;                // SMTP_CA_FILE: certificates to trust, in PEM; "" = the system's
  std::string data_dir = "./data";    // DATA_DIR

  MailKind kind(Environment environment) const {
    return transport.value_or(environment == Environment::production ? MailKind::none : MailKind::log);
  }
};

const VariableTable<MailVariables>& mail_variables();

// What stands in the way of sending mail, one line for each variable.
std::vector<std::string> problems_of(const MailVariables& mail, Environment environment);

// Mails through an SMTP server. Certificates are verified. libcurl is loaded with the first mail.
std::shared_ptr<MailTransport> smtp_transport(const MailVariables& mail);
// Mails as `.eml` files in the folder `mail` below DATA_DIR. `wrote` is told each file's path.
std::shared_ptr<MailTransport> file_transport(const MailVariables& mail,
                                              std::function<void(const std::string& path)> wrote = {});

// All of it as the configuration says.
MailSettings mail_settings(const MailVariables& mail, const Settings& settings);

}  // namespace ignition::server
