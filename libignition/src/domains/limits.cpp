#include "domains/limits.hpp"

#include "ignition/config.hpp"
#include "ignition/context.hpp"

namespace ignition::limits {
namespace {

constexpr std::string_view kLoginFailure = "login_failure";
constexpr std::string_view kAccountFailure = "account_failure";
constexpr std::string_view kMailAccount = "mail_account";
constexpr std::string_view kMailIp = "mail_ip";

// Nothing when the request is allowed.
std::optional<LimitHit> refusal(const Preparation& p, std::string_view rate_class, const rules::Rate& rate,
                                const RateKey& key) {
  if (rate.is_off()) return {};
  const auto drawn = p.rates.draw(rate_class, key, rate, p.now);
  if (drawn.allowed) return {};
  return LimitHit{.rate_class = std::string(rate_class), .limit = rate.limit, .retry_after = drawn.retry_after};
}

std::optional<LimitHit> mail_refusal(const Preparation& p, std::string_view address) {
  const std::string& client = p.caller.origin.ip_address;
  if (!client.empty()) {
    if (auto hit = refusal(p, kMailIp, p.config.mail_ip, RateKey::of_address(client))) return hit;
  }
  return refusal(p, kMailAccount, p.config.mail_account, RateKey::of_text(address));
}

}  // namespace

RateKey account_key(const std::optional<Uuid>& user, std::string_view identifier) {
  return RateKey::of_text(user ? user->text() : std::string(identifier));
}

Guess::Guess(const Preparation& preparation, const RateKey& account, bool knows_address)
    : preparation_(preparation),
      account_(account),
      account_here_(account.with(RateKey::of_address(preparation.caller.origin.ip_address))),
      counts_everywhere_(!knows_address && !preparation.config.account_failure.is_off()) {
  const Config& config = preparation.config;
  if (auto hit = refusal(preparation, kLoginFailure, config.login_failure, account_here_)) {
    throw rate_limited(std::move(*hit));
  }
  if (!counts_everywhere_) return;
  if (auto hit = refusal(preparation, kAccountFailure, config.account_failure, account_)) {
    if (!config.login_failure.is_off()) preparation.rates.take_back(kLoginFailure, account_here_, preparation.now);
    throw rate_limited(std::move(*hit));
  }
}

void Guess::was_right() const {
  if (!preparation_.config.login_failure.is_off()) preparation_.rates.forget(kLoginFailure, account_here_);
  if (counts_everywhere_) preparation_.rates.take_back(kAccountFailure, account_, preparation_.now);
}

bool may_mail(const Preparation& preparation, std::string_view address) { return !mail_refusal(preparation, address); }

void require_mail(const Preparation& preparation, std::string_view address) {
  if (auto hit = mail_refusal(preparation, address)) throw rate_limited(std::move(*hit));
}

}  // namespace ignition::limits
