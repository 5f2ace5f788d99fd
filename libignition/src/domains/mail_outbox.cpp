#include "domains/mail_outbox.hpp"

#include <algorithm>
#include <array>

#include "domains/mail.hpp"
#include "domains/mail_message.hpp"
#include "domains/mail_texts.hpp"
#include "ignition/wire.hpp"

namespace ignition::mail {
namespace {

using std::chrono::minutes;

constexpr int kAtOnce = 50;
// Between an attempt and the next.
constexpr std::array kWaits{minutes(1), minutes(4), minutes(10), minutes(45)};
constexpr std::int64_t kAttempts = kWaits.size() + 1;

constexpr Sql kIsDue{R"sql(
  SELECT COUNT(*) FROM (SELECT 1 FROM mail_outbox
   WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at <= $1 LIMIT 1) AS due)sql"};
constexpr Sql kDue{R"sql(
  SELECT id, to_address, template, params, attempts FROM mail_outbox
   WHERE sent_at IS NULL AND failed_at IS NULL AND next_attempt_at <= $1 ORDER BY next_attempt_at, id LIMIT $2)sql"};
// The attempt counts before it is made, so that a mail that ends the program does not do so for ever.
constexpr Sql kClaim{R"sql(
  UPDATE mail_outbox SET attempts = attempts + 1, next_attempt_at = $3
   WHERE id = $1 AND attempts = $2 AND sent_at IS NULL AND failed_at IS NULL)sql"};
constexpr Sql kSent{R"sql(UPDATE mail_outbox SET sent_at = $2, params = '{}', last_error = NULL WHERE id = $1)sql"};
constexpr Sql kLater{R"sql(UPDATE mail_outbox SET last_error = $2 WHERE id = $1)sql"};
constexpr Sql kFailed{R"sql(UPDATE mail_outbox SET failed_at = $2, params = '{}', last_error = $3 WHERE id = $1)sql"};
constexpr Sql kUnsent{R"sql(
  SELECT id, to_address, template, attempts, created_at, next_attempt_at, failed_at, last_error FROM mail_outbox
   WHERE sent_at IS NULL ORDER BY id DESC LIMIT $1)sql"};

struct Row {
  Uuid id;
  std::string to_address;
  std::string template_name;
  std::string params;
  std::int64_t attempts = 0;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id, to_address, template_name, params, attempts))

template <class... Args>
std::int64_t change(Engine& engine, Sql sql, const Args&... args) {
  const auto db = engine.store().begin(Mode::write);
  const std::int64_t changed = db->execute(sql, args...);
  db->commit();
  return changed;
}

std::optional<std::string> value_of(const Map<std::string>& params, std::string_view name) {
  const auto found = std::ranges::find(params.entries, name, [](const auto& entry) { return entry.first; });
  return found == params.entries.end() ? std::nullopt : std::optional(found->second);
}

// Servers like to repeat the address, which is nobody's business in a log.
std::string without_address(std::string text, std::string_view address) {
  for (auto at = text.find(address); at != std::string::npos; at = text.find(address, at)) {
    text.replace(at, address.size(), "the recipient");
  }
  if (text.size() > 400) text.resize(400);
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) > 0x7E; }, ' ');
  return text;
}

OutgoingMail message_of(const Template& of, const MailSettings& settings, const Row& row, Instant now,
                        const std::function<std::optional<std::string>(std::string_view)>& value,
                        std::string_view token) {
  const Rendered rendered = render(of, settings.frontend_url, token, value);
  OutgoingMail out{
      .template_name = std::string(of.name), .from = settings.from, .to = row.to_address, .id = {}, .message = {}};
  out.id = row.id.text() + settings.from.substr(settings.from.find('@'));
  out.message = written({.from_name = settings.from_name,
                         .from = settings.from,
                         .to_name = value("name").value_or(""),
                         .to = row.to_address,
                         .id = out.id,
                         .date = now,
                         .subject = rendered.subject,
                         .text = rendered.text,
                         .html = rendered.html});
  return out;
}

MailAnswer attempt(jobs::Run& run, const Row& row) {
  const Template* of = find_template(row.template_name);
  if (of == nullptr) return {MailOutcome::refused, "There is no such template."};
  const auto params = from_json<Map<std::string>>(row.params);
  std::string token;
  if (const auto sealed = value_of(params, "sealed_token")) {
    auto opened = token_of(run.engine.config(), *sealed, row.id);
    // Another program may have the key.
    if (!opened) return {MailOutcome::later, "Its link was encrypted with another DATA_ENCRYPTION_KEY."};
    token = std::move(*opened);
  }
  const MailSettings& settings = run.settings.mail;
  const auto mail = message_of(
      *of, settings, row, run.engine.clock().now(), [&](std::string_view name) { return value_of(params, name); },
      token);
  return settings.transport->send(mail, run.stop_token());
}

void note(jobs::Run& run, const Row& row, const MailAnswer& answer) {
  const Instant now = run.engine.clock().now();
  const bool last = row.attempts + 1 >= kAttempts;
  if (answer.outcome == MailOutcome::sent) {
    change(run.engine, kSent, row.id, now);
    return run.count(row.template_name + " sent", 1);
  }
  const std::string why = without_address(answer.text, row.to_address);
  const bool failed = last || answer.outcome == MailOutcome::refused;
  if (failed) {
    change(run.engine, kFailed, row.id, now, why);
  } else {
    change(run.engine, kLater, row.id, why);
  }
  run.count(row.template_name + (failed ? " failed" : " deferred"), 1);
  run.complain(why);
}

void send(jobs::Run& run, const Row& row) {
  const Instant now = run.engine.clock().now();
  if (row.attempts >= kAttempts) {  // the program ended in the middle of the last
    change(run.engine, kFailed, row.id, now, std::string("The last attempt did not end."));
    return run.count(row.template_name + " failed", 1);
  }
  const auto n = static_cast<std::size_t>(row.attempts);
  const Instant next = now + kWaits[std::min(n, kWaits.size() - 1)];
  if (change(run.engine, kClaim, row.id, row.attempts, next) == 0) return;
  note(run, row, attempt(run, row));
}

}  // namespace

void send_due(jobs::Run& run) {
  if (run.settings.mail.transport == nullptr) return;
  while (true) {
    const Instant now = run.engine.clock().now();
    const auto rows = run.engine.store().begin(Mode::read)->query<Row>(kDue, now, kAtOnce);
    for (const Row& row : rows) {
      if (!run.goes_on()) return;
      send(run, row);
    }
    if (rows.size() < kAtOnce) return;
  }
}

bool is_wanted(Engine& engine, const JobSettings& settings) {
  return settings.mail.transport != nullptr &&
         engine.store().begin(Mode::read)->one<std::int64_t>(kIsDue, engine.clock().now()) > 0;
}

}  // namespace ignition::mail

namespace ignition {

MailAnswer send_test_mail(const MailSettings& settings, std::string_view to, Instant now) {
  const mail::Row row{
      .id = RandomIds().next(now), .to_address = std::string(to), .template_name = "test", .params = {}};
  return settings.transport->send(mail::message_of(*mail::find_template("test"), settings, row, now,
                                                   [](std::string_view) { return std::optional<std::string>(); }, {}),
                                  {});
}

std::vector<UnsentMail> unsent_mails(Engine& engine, int most) {
  return engine.store().begin(Mode::read)->query<UnsentMail>(mail::kUnsent, most);
}

}  // namespace ignition
