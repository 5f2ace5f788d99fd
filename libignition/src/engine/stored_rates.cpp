// Rates in a table. Each draw is one statement in a transaction of its own: whether it changed the row says whether the
// request is allowed, so that no two servers can count the same place twice.
#include <fmt/format.h>

#include <algorithm>

#include "ignition/rate_store.hpp"
#include "ignition/storage.hpp"

namespace ignition {
namespace {

// A bucket that refills evenly: tat_us is the theoretical arrival time. $2 = it after a first draw, $3 = when the row
// says nothing any more, $4 = now, $5 = between two draws, $6 = the latest time at which one more is allowed.
constexpr Sql kDrawEvenly{R"sql(
  INSERT INTO rate_limit_buckets (key, tat_us, hits, expires_at) VALUES ($1, $2, '', $3)
  ON CONFLICT (key) DO UPDATE
    SET tat_us = CASE WHEN rate_limit_buckets.tat_us > $4 THEN rate_limit_buckets.tat_us + $5 ELSE $2 END,
        expires_at = $3
  WHERE rate_limit_buckets.tat_us IS NULL OR rate_limit_buckets.tat_us <= $6
  RETURNING tat_us)sql"};
constexpr Sql kArrival{"SELECT tat_us FROM rate_limit_buckets WHERE key = $1"};

// A window that slides: the latest requests, newest first, each `,` and 16 digits, so that texts compare like times.
// $2 = this request, $4 = the length of all that stay beside it, $5 = of a full window, $6 = where its oldest begins,
// $7 = what is out of the window.
constexpr Sql kDrawFromWindow{R"sql(
  INSERT INTO rate_limit_buckets (key, tat_us, hits, expires_at) VALUES ($1, NULL, $2, $3)
  ON CONFLICT (key) DO UPDATE
    SET hits = $2 || substr(rate_limit_buckets.hits, 1, CAST($4 AS INT)), expires_at = $3
  WHERE length(rate_limit_buckets.hits) < $5 OR substr(rate_limit_buckets.hits, CAST($6 AS INT), 17) <= $7
  RETURNING hits)sql"};
constexpr Sql kHits{"SELECT hits FROM rate_limit_buckets WHERE key = $1"};
constexpr Sql kTakeBack{"UPDATE rate_limit_buckets SET hits = replace(hits, $2, '') WHERE key = $1"};
constexpr Sql kForget{"DELETE FROM rate_limit_buckets WHERE key = $1"};

constexpr std::int64_t kSecond = 1'000'000;  // microseconds
constexpr std::size_t kHitLength = 17;

std::string key_text(std::string_view rate_class, const RateKey& key) {
  std::string out(rate_class);
  out += ':';
  for (const std::uint8_t byte : key.bytes) out += fmt::format("{:02x}", byte);
  return out;
}

std::string hit_text(std::int64_t micros) { return fmt::format(",{:016}", std::max<std::int64_t>(micros, 0)); }

// Oldest first.
std::vector<Instant> hits_of(std::string_view text) {
  std::vector<Instant> out;
  while (text.size() >= kHitLength) {
    out.push_back({std::stoll(std::string(text.substr(1, kHitLength - 1)))});
    text.remove_prefix(kHitLength);
  }
  std::ranges::reverse(out);
  return out;
}

class StoredRates final : public RateStore {
 public:
  explicit StoredRates(Store& store) : store_(store) {}

  rules::Draw draw(std::string_view rate_class, const RateKey& key, const rules::Rate& rate, Instant now) override {
    const std::string name = key_text(rate_class, key);
    const auto db = store_.begin(Mode::write);
    // The rule itself tells what the statement has done, from the state that the statement found.
    rules::RateState before =
        rate.burst > 0 ? draw_evenly(*db, name, rate, now) : draw_from_window(*db, name, rate, now);
    const rules::Draw drawn = rules::draw(rate, before, now);
    if (drawn.allowed) db->commit();
    return drawn;
  }

  void take_back(std::string_view rate_class, const RateKey& key, Instant drawn) override {
    const auto db = store_.begin(Mode::write);
    db->execute(kTakeBack, key_text(rate_class, key), hit_text(drawn.us));
    db->commit();
  }

  void forget(std::string_view rate_class, const RateKey& key) override {
    const auto db = store_.begin(Mode::write);
    db->execute(kForget, key_text(rate_class, key));
    db->commit();
  }

  bool waits() const override { return true; }

 private:
  static rules::RateState draw_evenly(Transaction& db, const std::string& name, const rules::Rate& rate, Instant now) {
    const std::int64_t interval = rate.period.count() * kSecond / rate.limit;
    const std::int64_t tolerance = interval * rate.burst;
    const auto after = db.maybe<std::int64_t>(kDrawEvenly, name, now.us + interval, Instant{now.us + tolerance}, now.us,
                                              interval, now.us + tolerance - interval);
    if (after) return {.arrival = {*after - interval}, .hits = {}};
    return {.arrival = {db.maybe<std::int64_t>(kArrival, name).value_or(now.us + tolerance)}, .hits = {}};
  }

  static rules::RateState draw_from_window(Transaction& db, const std::string& name, const rules::Rate& rate,
                                           Instant now) {
    const std::int64_t period = rate.period.count() * kSecond;
    const auto others = static_cast<std::int64_t>(kHitLength) * (rate.limit - 1);
    const auto after =
        db.maybe<std::string>(kDrawFromWindow, name, hit_text(now.us), Instant{now.us + period}, others,
                              others + static_cast<std::int64_t>(kHitLength), others + 1, hit_text(now.us - period));
    if (after) return {.arrival = {}, .hits = hits_of(std::string_view(*after).substr(kHitLength))};
    const auto hits = db.maybe<std::string>(kHits, name).value_or("");
    return {.arrival = {},
            .hits = hits_of(std::string_view(hits).substr(0, static_cast<std::size_t>(others) + kHitLength))};
  }

  Store& store_;
};

}  // namespace

std::unique_ptr<RateStore> stored_rates(Store& store) { return std::make_unique<StoredRates>(store); }

}  // namespace ignition
