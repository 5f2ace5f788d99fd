#include "domains/sign_in_news.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>

#include "domains/mail.hpp"
#include "ignition/rules/sessions.hpp"

namespace ignition::sign_in_news {
namespace {

constexpr std::chrono::hours kRemembered{24 * 90};

// The security log remembers sign-ins whose sessions are gone.
constexpr Sql kSignIns{R"sql(
  SELECT ip_address, user_agent FROM audit_log
   WHERE subject_user_id = $1 AND created_at >= $2 AND event_type = 'session_created'
   ORDER BY created_at DESC LIMIT 1000)sql"};
constexpr Sql kEver{R"sql(
  SELECT COUNT(*) FROM (SELECT 1 FROM audit_log
   WHERE subject_user_id = $1 AND event_type = 'session_created' LIMIT 1) AS ever)sql"};

struct SignIn {
  std::optional<std::string> ip_address;
  std::optional<std::string> user_agent;
};
BOOST_DESCRIBE_STRUCT(SignIn, (), (ip_address, user_agent))

std::string device_of(const std::string& user_agent) {
  return rules::device_label(user_agent).value_or("an unknown program");
}

// `2026-03-10 09:00 UTC`.
std::string time_text(Instant at) {
  const std::string iso = at.text();
  return fmt::format("{} {} UTC", iso.substr(0, 10), iso.substr(11, 5));
}

}  // namespace

std::string network_of(const std::string& address) {
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, address.c_str(), bytes.data()) == 1) {
    return fmt::format("{}.{}.{}.0/24", bytes[0], bytes[1], bytes[2]);
  }
  if (::inet_pton(AF_INET6, address.c_str(), bytes.data()) != 1) return address;
  std::string out;
  for (std::size_t i = 0; i < 7; ++i) out += fmt::format("{:02x}", bytes[i]);
  return out + "/56";
}

void tell(Context& ctx, const Uuid& user, std::string_view email) {
  const Origin& origin = ctx.caller.origin;
  const std::string device = device_of(origin.user_agent);
  const std::string network = network_of(origin.ip_address);
  const auto known = ctx.db.query<SignIn>(kSignIns, user, ctx.now - kRemembered);
  for (const SignIn& before : known) {
    if (device_of(before.user_agent.value_or("")) == device && network_of(before.ip_address.value_or("")) == network) {
      return;
    }
  }
  if (known.empty() && ctx.db.one<std::int64_t>(kEver, user) == 0) return;  // they have just come
  mail::order(ctx, {.to = email,
                    .template_name = "new_sign_in",
                    .values = {{"device", device}, {"ip_address", origin.ip_address}, {"time", time_text(ctx.now)}}});
}

}  // namespace ignition::sign_in_news
