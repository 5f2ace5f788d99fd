#include "mail.hpp"

#include <termios.h>
#include <unistd.h>

#include <iostream>

#include "configuration.hpp"
#include "ignition/jobs.hpp"

namespace ignition::cli {
namespace {

void test(const GlobalOptions& global, const std::string& to) {
  const Configuration config = configuration(global);
  if (!config.jobs.mail.transport) {
    throw server::ConfigError({"MAIL_TRANSPORT: mails do not leave; set it to smtp, or to log for files"});
  }
  const MailAnswer answer = send_test_mail(config.jobs.mail, to, Instant::system_now());
  if (answer.outcome != MailOutcome::sent) {
    std::cerr << "ignition: not sent: " << answer.text << '\n';
    throw CLI::RuntimeError(answer.outcome == MailOutcome::refused ? kValidation : kUnavailable);
  }
  std::cout << "Sent: " << answer.text << '\n';
}

void list(const GlobalOptions& global) {
  Session session(global);
  const auto mails = unsent_mails(session.engine());
  if (global.json) {
    std::cout << to_json(mails) << '\n';
    return;
  }
  std::vector<std::vector<std::string>> rows{{"ORDERED", "TO", "MAIL", "ATTEMPTS", "STATE", "LAST ANSWER"}};
  for (const UnsentMail& mail : mails) {
    rows.push_back({mail.created_at.text(), mail.to_address, mail.template_name, std::to_string(mail.attempts),
                    mail.failed_at ? "given up" : "next at " + mail.next_attempt_at.text(),
                    mail.last_error.value_or("")});
  }
  std::cout << (mails.empty() ? "No mail waits.\n" : table(rows));
}

// A line of standard input, unseen on a terminal.
std::string secret_line(std::string_view prompt) {
  const bool terminal = ::isatty(STDIN_FILENO) == 1;
  termios before{};
  if (terminal) {
    std::cerr << prompt << std::flush;
    ::tcgetattr(STDIN_FILENO, &before);
    termios silent = before;
    silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent);
  }
  std::string line;
  std::getline(std::cin, line);
  if (terminal) {
    ::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    std::cerr << '\n';
  }
  return line;
}

std::string object_of(std::string_view key, std::string_view text) {
  std::string out = fmt::format("{{\"{}\":", key);
  write_json_string(out, text);
  return out + '}';
}

void mail_reset(const GlobalOptions& global, const std::string& email) {
  Session session(global);
  session.engine().call(Caller::system(), Call{.operation = "auth.forgot_password", .body = object_of("email", email)});
  // Without DATA_ENCRYPTION_KEY nobody but this process can open the link.
  Jobs(session.engine(), {.settings = configuration(global).jobs}).run("mail");
  std::cout << "If this account is there, it gets a mail for a new password. See also: ignition mail list\n";
}

struct Credentials {
  std::string email;
  std::string password;
};
BOOST_DESCRIBE_STRUCT(Credentials, (), (email, password))

void set_password(const GlobalOptions& global, const std::string& email) {
  Session session(global);
  const std::string password = secret_line("New password: ");
  if (::isatty(STDIN_FILENO) == 1 && secret_line("Once more: ") != password) {
    throw invalid("password", "different", "was not the same twice");
  }
  session.engine().call(Caller::system(), Call{.operation = "users.set_password",
                                               .body = to_json(Credentials{.email = email, .password = password})});
  std::cout << "The password is set. All devices of " << email << " are signed out.\n";
}

}  // namespace

void add_mail(CLI::App& app, GlobalOptions& global) {
  auto* command = app.add_subcommand("mail", "See whether mail leaves, and which does not");
  command->require_subcommand(1);
  auto to = std::make_shared<std::string>();
  auto* sending = command->add_subcommand("test", "Send a test mail and print what the server says");
  sending->add_option("ADDRESS", *to, "To whom")->required();
  sending->callback([to, &global] { test(global, *to); });
  command->add_subcommand("list", "List the mails that have not left")->callback([&global] { list(global); });
}

void add_password(CLI::App& user, GlobalOptions& global) {
  struct Input {
    std::string email;
    bool mail = false;
  };
  auto input = std::make_shared<Input>();
  auto* command = user.add_subcommand("password", "Set a user's password, read from standard input");
  command->add_option("EMAIL", input->email, "E-mail address")->required();
  command->add_flag("--mail", input->mail, "Mail a link for a new password instead");
  command->callback(
      [input, &global] { input->mail ? mail_reset(global, input->email) : set_password(global, input->email); });
}

}  // namespace ignition::cli
