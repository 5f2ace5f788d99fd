#include "rates.hpp"

#include <algorithm>

namespace ignition::server {
namespace {

using rules::Rate;
using std::chrono::seconds;

constexpr auto kStart = std::to_array<std::string_view>({"auth.signin", "auth.callback"});
constexpr auto kCredential = std::to_array<std::string_view>(
    {"auth.login", "auth.login_mfa", "passkeys.login", "auth.register", "auth.verify_email", "auth.reset_password",
     "auth.oauth_exchange", "admin.claim", "auth.reauthenticate"});
constexpr auto kRefresh = std::to_array<std::string_view>({"auth.refresh"});
constexpr auto kApiKeys = std::to_array<std::string_view>({"api_keys.create"});
constexpr auto kUpload =
    std::to_array<std::string_view>({"blobs.upload", "blobs.upload_init", "tracks.upload", "tracks.upload_init"});
constexpr auto kSign = std::to_array<std::string_view>({"blobs.download_url", "tracks.stream_url"});
constexpr auto kFrames = std::to_array<std::string_view>({"frames.query"});
constexpr auto kBrowse = std::to_array<std::string_view>({"tracks.browse"});
constexpr auto kPurchase = std::to_array<std::string_view>({"market.purchase"});
constexpr auto kFeedback = std::to_array<std::string_view>({"feedback.create"});
constexpr auto kRebuild = std::to_array<std::string_view>({"personal_records.rebuild", "admin.ledger.rebuild"});
constexpr auto kExport = std::to_array<std::string_view>({"user.export", "admin.users.export", "admin.audit.export"});
constexpr auto kBackup = std::to_array<std::string_view>({"admin.backup.create", "admin.backup.restore"});

constexpr Rate evenly(int limit, int period, int burst) { return {limit, seconds(period), burst}; }
constexpr Rate window(int limit, int period) { return {limit, seconds(period), 0}; }

// In the order of the enumeration.
constexpr auto kRows = std::to_array<RateRow>({
    {RateClass::ip_ceiling, "IP", evenly(50, 1, 100), RateOwner::address, {}},
    {RateClass::auth_start, "AUTH_START", evenly(20, 60, 10), RateOwner::address, kStart},
    {RateClass::auth_credential, "AUTH", evenly(10, 60, 5), RateOwner::address, kCredential},
    {RateClass::auth_refresh, "REFRESH", evenly(30, 60, 10), RateOwner::address, kRefresh},
    {RateClass::user, "USER", evenly(300, 60, 100), RateOwner::user, {}},
    {RateClass::anonymous, "ANON", evenly(60, 60, 60), RateOwner::address, {}},
    {RateClass::api_key, "API_KEY", evenly(60, 60, 30), RateOwner::api_key, kApiKeys},
    {RateClass::admin, "ADMIN", evenly(100, 60, 50), RateOwner::user, {}},
    {RateClass::upload, "UPLOAD", evenly(30, 60, 10), RateOwner::user, kUpload},
    {RateClass::url_sign, "URL_SIGN", evenly(120, 60, 30), RateOwner::user, kSign},
    {RateClass::frames, "FRAMES", evenly(120, 60, 30), RateOwner::user, kFrames},
    {RateClass::browse, "BROWSE", evenly(20, 60, 5), RateOwner::user, kBrowse},
    {RateClass::purchase, "PURCHASE", evenly(5, 60, 5), RateOwner::user, kPurchase},
    {RateClass::feedback, "FEEDBACK", window(10, 86'400), RateOwner::user, kFeedback},
    {RateClass::rebuild, "REBUILD", window(6, 3'600), RateOwner::user, kRebuild},
    {RateClass::export_, "EXPORT", window(2, 3'600), RateOwner::user, kExport},
    {RateClass::backup, "BACKUP", window(2, 3'600), RateOwner::instance, kBackup},
});
static_assert(kRows.size() == kRateClasses);

bool names(std::span<const std::string_view> operations, std::string_view name) {
  return std::ranges::find(operations, name) != operations.end();
}

bool stands_instead(RateClass rate_class) {
  return rate_class == RateClass::auth_start || rate_class == RateClass::auth_credential ||
         rate_class == RateClass::auth_refresh;
}

}  // namespace

std::span<const RateRow> rate_rows() { return kRows; }

const RateRow& rate_row(RateClass rate_class) { return kRows[static_cast<std::size_t>(rate_class)]; }

bool is_in_use(RateClass rate_class, const Catalogue& catalogue) {
  const auto& operations = catalogue.operations();
  if (rate_class == RateClass::admin) {
    return std::ranges::any_of(operations, [](const Operation& o) { return is_administration(o.access); });
  }
  const auto wanted = rate_row(rate_class).operations;
  return wanted.empty() || std::ranges::any_of(operations, [&](const Operation& o) { return names(wanted, o.name); });
}

OperationRates rates_of(const Operation& operation) {
  OperationRates out;
  if (is_administration(operation.access)) out.instead = RateClass::admin;
  for (const RateRow& row : kRows) {
    if (row.rate_class == RateClass::api_key || !names(row.operations, operation.name)) continue;
    (stands_instead(row.rate_class) ? out.instead : out.besides) = row.rate_class;
  }
  return out;
}

RateKey key_of(const boost::asio::ip::address& address) {
  if (address.is_v4()) return RateKey::of_address(address.to_v4().to_bytes());
  return RateKey::of_address(address.to_v6().to_bytes());
}

// In single-user mode everybody is the one user of this machine, whom a limit would protect from himself: what the
// operator does not set is off.
RateLimiter::RateLimiter(const Settings& settings, std::size_t most_keys) : memory_(most_keys) {
  for (const RateRow& row : kRows) {
    const auto given = settings.rate_limits.find(row.rate_class);
    auto& rate = rates_[static_cast<std::size_t>(row.rate_class)];
    if (given != settings.rate_limits.end()) {
      rate = given->second;
    } else if (!settings.local_user) {
      rate = row.rate;
    }
  }
}

std::optional<rules::Draw> RateLimiter::draw(RateClass rate_class, const RateKey& key, Instant now, RateStore* store) {
  const Rate& limit = rate(rate_class);
  if (limit.is_off()) return {};
  if (store == nullptr) store = &memory_;
  return store->draw(name_of(rate_class), key, limit, now);
}

}  // namespace ignition::server
