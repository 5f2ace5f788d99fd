#include "ignition/domains/ledger.hpp"

#include <array>

#include "ignition/rules/levels.hpp"
#include "ignition/rules/skills.hpp"
#include "ignition/sha256.hpp"

namespace ignition::ledger {

namespace {

// Everything one entry depends on: the balances, the entry that has the key already, what the ceiling's deeds of the
// date were paid, the running boost and the skill. The dates' entries are found by the time they were written at.
constexpr Sql kAccount{R"sql(
  SELECT COALESCE(p.total_xp, 0), COALESCE(p.total_skill_stars, 0), COALESCE(w.coins, 0), COALESCE(w.total_earned, 0),
         COALESCE(w.total_spent, 0), COALESCE(w.ledger_seq, 0),
         e.id, e.kind, e.event_type, e.event_id, e.payload_hash, e.base_xp, e.xp, e.coins, e.skill_stars, e.skill_key,
         e.activity_date, e.seq, r.id,
         used.deeds, used.xp, used.coins, b.starts_at, b.ends_at, b.multiplier_percent,
         d.max_level, d.xp_base, d.xp_multiplier_percent, d.stars_per_level, d.max_star_level,
         COALESCE(s.xp, 0), COALESCE(s.stars, 0)
    FROM users u
    LEFT JOIN user_progress p ON p.user_id = u.id
    LEFT JOIN user_wallet w ON w.user_id = u.id
    LEFT JOIN points_ledger e ON e.user_id = u.id AND e.idempotency_key = $2
    LEFT JOIN points_ledger r ON r.user_id = u.id AND r.reverses_id = e.id
    LEFT JOIN (SELECT count(*) FILTER (WHERE xp > 0 OR coins > 0) AS deeds,
                      CAST(COALESCE(sum(base_xp), 0) AS BIGINT) AS xp, CAST(COALESCE(sum(coins), 0) AS BIGINT) AS coins
                 FROM points_ledger
                WHERE user_id = $1 AND created_at >= $5 AND activity_date = $6 AND kind = 'award'
                  AND event_type IN ($7, $8, $9)) used ON TRUE
    LEFT JOIN user_boosts b ON b.user_id = u.id
          AND b.id = (SELECT x.id FROM user_boosts x
                       WHERE x.user_id = $1 AND x.starts_at <= $4 AND x.ends_at > $4
                       ORDER BY x.ends_at DESC, x.id LIMIT 1)
    LEFT JOIN skill_definitions d ON d.key = COALESCE(e.skill_key, CAST($3 AS TEXT))
    LEFT JOIN user_skills s ON s.user_id = u.id AND s.skill_key = COALESCE(e.skill_key, CAST($3 AS TEXT))
   WHERE u.id = $1)sql"};
constexpr Sql kStoreProgress{R"sql(
  INSERT INTO user_progress (user_id, total_xp, level, total_skill_stars, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $5)
  ON CONFLICT (user_id) DO UPDATE SET total_xp = excluded.total_xp, level = excluded.level,
         total_skill_stars = excluded.total_skill_stars, updated_at = excluded.updated_at)sql"};
constexpr Sql kStoreWallet{R"sql(
  INSERT INTO user_wallet (user_id, coins, total_earned, total_spent, ledger_seq, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
  ON CONFLICT (user_id) DO UPDATE SET coins = excluded.coins, total_earned = excluded.total_earned,
         total_spent = excluded.total_spent, ledger_seq = excluded.ledger_seq, updated_at = excluded.updated_at)sql"};
constexpr Sql kStoreSkill{R"sql(
  INSERT INTO user_skills (user_id, skill_key, xp, stars, level, star_level, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7)
  ON CONFLICT (user_id, skill_key) DO UPDATE SET xp = excluded.xp, stars = excluded.stars, level = excluded.level,
         star_level = excluded.star_level, updated_at = excluded.updated_at)sql"};
constexpr Sql kList{R"sql(
  SELECT id, seq, kind, event_type, event_id, xp, coins, skill_key, skill_stars, base_xp, multiplier_percent,
         idempotency_key, reverses_id, reason, activity_date, coins_after, total_xp_after, created_at
    FROM points_ledger
   WHERE user_id = $1 AND (CAST($2 AS TEXT) IS NULL OR kind = $2) AND (CAST($3 AS TEXT) IS NULL OR event_type = $3)
     AND (CAST($4 AS DATE) IS NULL OR activity_date >= $4) AND (CAST($5 AS DATE) IS NULL OR activity_date <= $5)
   ORDER BY seq DESC LIMIT $6 OFFSET $7)sql"};
constexpr Sql kCount{R"sql(
  SELECT count(*) FROM points_ledger
   WHERE user_id = $1 AND (CAST($2 AS TEXT) IS NULL OR kind = $2) AND (CAST($3 AS TEXT) IS NULL OR event_type = $3)
     AND (CAST($4 AS DATE) IS NULL OR activity_date >= $4)
     AND (CAST($5 AS DATE) IS NULL OR activity_date <= $5))sql"};
constexpr Sql kProof{R"sql(
  SELECT COALESCE(w.coins, 0), COALESCE(w.total_earned, 0), COALESCE(w.total_spent, 0), COALESCE(p.total_xp, 0),
         COALESCE(p.level, 1), COALESCE(p.total_skill_stars, 0), COALESCE(w.ledger_seq, 0),
         t.entries, t.coins, t.earned, t.spent, t.xp, t.stars
    FROM users u
    LEFT JOIN user_progress p ON p.user_id = u.id
    LEFT JOIN user_wallet w ON w.user_id = u.id
    LEFT JOIN (SELECT count(*) AS entries, CAST(COALESCE(sum(coins), 0) AS BIGINT) AS coins,
                      CAST(COALESCE(sum(CASE WHEN kind IN ('spend', 'refund') THEN 0 ELSE coins END), 0) AS BIGINT)
                        AS earned,
                      CAST(COALESCE(sum(CASE WHEN kind IN ('spend', 'refund') THEN -coins ELSE 0 END), 0) AS BIGINT)
                        AS spent,
                      CAST(COALESCE(sum(xp), 0) AS BIGINT) AS xp,
                      CAST(COALESCE(sum(skill_stars), 0) AS BIGINT) AS stars
                 FROM points_ledger WHERE user_id = $1) t ON TRUE
   WHERE u.id = $1)sql"};
constexpr Sql kRunningSums{R"sql(
  SELECT seq, n, coins_after, coins, total_xp_after, xp
    FROM (SELECT seq, coins_after, total_xp_after, row_number() OVER (ORDER BY seq) AS n,
                 CAST(sum(coins) OVER (ORDER BY seq) AS BIGINT) AS coins,
                 CAST(sum(xp) OVER (ORDER BY seq) AS BIGINT) AS xp
            FROM points_ledger WHERE user_id = $1) sums
   WHERE seq <> n OR coins_after <> coins OR total_xp_after <> xp
   ORDER BY seq LIMIT 100)sql"};
constexpr Sql kSkillSums{R"sql(
  SELECT d.key, d.max_level, d.xp_base, d.xp_multiplier_percent, d.stars_per_level, d.max_star_level,
         COALESCE(s.xp, 0), COALESCE(s.stars, 0), COALESCE(s.level, 1), COALESCE(s.star_level, 0),
         COALESCE(t.xp, 0), COALESCE(t.stars, 0)
    FROM skill_definitions d
    LEFT JOIN user_skills s ON s.user_id = $1 AND s.skill_key = d.key
    LEFT JOIN (SELECT skill_key, CAST(sum(xp) AS BIGINT) AS xp, CAST(sum(skill_stars) AS BIGINT) AS stars
                 FROM points_ledger WHERE user_id = $1 AND skill_key IS NOT NULL GROUP BY skill_key) t
      ON t.skill_key = d.key
   ORDER BY d.key)sql"};

struct Account : rules::Balances {
  std::int64_t seq = 0;
  // the entry with the key
  std::optional<Uuid> entry_id;
  std::optional<rules::EntryKind> entry_kind;
  std::optional<std::string> entry_event_type;
  std::optional<Uuid> entry_event_id;
  std::optional<std::string> payload_hash;
  std::optional<std::int64_t> entry_base_xp;
  std::optional<std::int64_t> entry_xp;
  std::optional<std::int64_t> entry_coins;
  std::optional<std::int64_t> entry_stars;
  std::optional<std::string> entry_skill;
  std::optional<LocalDate> entry_date;
  std::optional<std::int64_t> entry_seq;
  std::optional<Uuid> reversal_id;
  // what the deeds under the ceiling were paid
  std::int64_t used_deeds = 0;
  std::int64_t used_xp = 0;
  std::int64_t used_coins = 0;
  // the running boost
  std::optional<Instant> boost_starts;
  std::optional<Instant> boost_ends;
  std::optional<std::int64_t> boost_percent;
  // the skill
  std::optional<int> max_level;
  std::optional<int> xp_base;
  std::optional<int> xp_multiplier_percent;
  std::optional<int> stars_per_level;
  std::optional<int> max_star_level;
  std::int64_t skill_xp = 0;
  std::int64_t skill_stars = 0;

  rules::Change entry() const {
    return {.kind = *entry_kind, .xp = *entry_xp, .coins = *entry_coins, .skill_stars = *entry_stars};
  }
  rules::SkillCurve curve() const {
    return {*max_level, *xp_base, *xp_multiplier_percent, *stars_per_level, *max_star_level};
  }
};
BOOST_DESCRIBE_STRUCT(Account, (rules::Balances),
                      (seq, entry_id, entry_kind, entry_event_type, entry_event_id, payload_hash, entry_base_xp,
                       entry_xp, entry_coins, entry_stars, entry_skill, entry_date, entry_seq, reversal_id, used_deeds,
                       used_xp, used_coins, boost_starts, boost_ends, boost_percent, max_level, xp_base,
                       xp_multiplier_percent, stars_per_level, max_star_level, skill_xp, skill_stars))

struct Row {
  static constexpr std::string_view table = "points_ledger";
  Uuid user_id;
  Uuid id;
  std::int64_t seq = 0;
  rules::EntryKind kind = rules::EntryKind::award;
  std::string event_type;
  std::optional<Uuid> event_id;
  std::int64_t xp = 0;
  std::int64_t coins = 0;
  std::optional<std::string> skill_key;
  std::int64_t skill_stars = 0;
  std::int64_t base_xp = 0;
  std::int64_t multiplier_percent = 100;
  std::string idempotency_key;
  std::string payload_hash;
  std::optional<Uuid> reverses_id;
  std::optional<std::string> reason;
  LocalDate activity_date;
  std::int64_t coins_after = 0;
  std::int64_t total_xp_after = 0;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Row, (),
                      (user_id, id, seq, kind, event_type, event_id, xp, coins, skill_key, skill_stars, base_xp,
                       multiplier_percent, idempotency_key, payload_hash, reverses_id, reason, activity_date,
                       coins_after, total_xp_after, created_at))

constexpr std::size_t kLongestKey = 200;
constexpr Instant kNever{253'402'300'799'999'999};  // the last microsecond of the year 9999

Param null_if_empty(std::string_view text) {
  if (text.empty()) return Null{};
  return text;
}

Account account(Context& ctx, std::string_view key, std::string_view skill_key, std::span<const rules::EventKind> kinds,
                LocalDate date) {
  std::array<std::string_view, 3> names{};
  for (std::size_t i = 0; i < names.size() && !kinds.empty(); ++i) {
    names[i] = rules::name_of(kinds[std::min(i, kinds.size() - 1)]);
  }
  return ctx.db.one<Account>(kAccount, ctx.user, key, null_if_empty(skill_key), ctx.now,
                             kinds.empty() ? kNever : earliest_of(date), date, names[0], names[1], names[2]);
}

std::string hash_of(const std::string& payload) { return hex_text(sha256(payload)); }

Posted replay(const Account& account, bool capped) {
  return {.already = true,
          .reversed = account.reversal_id.has_value(),
          .reward_capped = capped,
          .id = *account.entry_id,
          .seq = *account.entry_seq,
          .change = account.entry(),
          .event_type = *account.entry_event_type,
          .activity_date = *account.entry_date,
          .skill_key = account.entry_skill,
          .total_xp_before = account.total_xp,
          .balances = account};
}

void expect_hash(const Account& account, std::string_view hash) {
  if (account.payload_hash != hash) {
    throw conflict("idempotency_mismatch", "This deed was recorded before with other amounts.");
  }
}

// Writes an entry and brings the caches to the balances after it.
Posted post(Context& ctx, const Account& before, Row row, const rules::Change& change) {
  const rules::Balances balances = rules::after(before, change);
  row.user_id = ctx.user;
  row.id = ctx.new_id();
  row.seq = before.seq + 1;
  row.kind = change.kind;
  row.xp = change.xp;
  row.coins = change.coins;
  row.skill_stars = change.skill_stars;
  row.coins_after = balances.coins;
  row.total_xp_after = balances.total_xp;
  row.created_at = ctx.now;
  ctx.db.insert(row);
  if (change.xp != 0 || change.skill_stars != 0) {
    ctx.db.execute(kStoreProgress, ctx.user, balances.total_xp, rules::level_of(balances.total_xp),
                   balances.total_skill_stars, ctx.now);
  }
  ctx.db.execute(kStoreWallet, ctx.user, balances.coins, balances.total_earned, balances.total_spent, row.seq, ctx.now);
  if (row.skill_key && (change.xp != 0 || change.skill_stars != 0)) {
    const std::int64_t xp = before.skill_xp + change.xp;
    const std::int64_t stars = before.skill_stars + change.skill_stars;
    ctx.db.execute(kStoreSkill, ctx.user, *row.skill_key, xp, stars, rules::skill_level(before.curve(), xp).level,
                   rules::star_level(before.curve(), stars).star_level, ctx.now);
  }
  return {.id = row.id,
          .seq = row.seq,
          .change = change,
          .event_type = std::move(row.event_type),
          .activity_date = row.activity_date,
          .skill_key = std::move(row.skill_key),
          .total_xp_before = before.total_xp,
          .balances = balances};
}

std::vector<rules::Boost> boosts_of(const Account& account) {
  if (!account.boost_percent) return {};
  return {{.starts_at = *account.boost_starts,
           .ends_at = *account.boost_ends,
           .multiplier_percent = static_cast<int>(*account.boost_percent)}};
}

// The entry that takes `account`'s entry back.
Row row_against(const Account& account, std::string event_type, std::optional<std::string> reason) {
  std::string key = rules::keys::reversal(*account.entry_id);
  std::string hash = hash_of(key);
  return {.event_type = std::move(event_type),
          .event_id = account.entry_event_id,
          .skill_key = account.entry_skill,
          .idempotency_key = std::move(key),
          .payload_hash = std::move(hash),
          .reverses_id = account.entry_id,
          .reason = std::move(reason),
          .activity_date = *account.entry_date};
}

Account account_of_entry(Context& ctx, std::string_view key) {
  Account found = account(ctx, key, {}, {}, ctx.today);
  if (!found.entry_id) throw not_found("entry");
  return found;
}

}  // namespace

Instant earliest_of(LocalDate date) {
  constexpr Micros kFurthestEast = std::chrono::hours(16);
  return Instant{std::int64_t{date.days} * Micros(std::chrono::hours(24)).count()} - kFurthestEast;
}

Posted award(Context& ctx, const Asked& asked) {
  rules::check_award(asked.amounts);
  if (asked.key.empty() || asked.key.size() > kLongestKey) {
    throw invalid("idempotency_key", "length", "A key has 1 to 200 characters.");
  }
  const rules::EventRule& rule = rules::rule_of(asked.kind);
  const std::string_view skill = rules::canonical_skill(asked.skill_key);
  const Account before = account(ctx, asked.key, skill, rules::counted_together(asked.kind), asked.activity_date);
  const std::string hash =
      hash_of(rules::payload(rules::EntryKind::award, rule.name, asked.event_id, asked.amounts, skill));
  if (before.entry_id) {
    expect_hash(before, hash);
    return replay(before, *before.entry_base_xp < asked.amounts.xp || *before.entry_coins < asked.amounts.coins);
  }
  if (!skill.empty() && !before.max_level) throw invalid("skill_key", "unknown", "There is no such skill.");
  if (skill.empty() && asked.amounts.skill_stars > 0) {
    throw invalid("skill_key", "required", "Stars belong to a skill.");
  }
  const rules::CeilingUse used{
      .deeds = rule.ceiling == rules::Ceiling::drill ? asked.earlier_attempts : before.used_deeds,
      .xp = before.used_xp,
      .coins = before.used_coins};
  const rules::Capped left = rules::under_ceiling(rule.ceiling, used, asked.amounts);
  const int percent = rules::multiplier_percent(asked.kind, boosts_of(before), ctx.now);
  const rules::Change change = rules::award(before, left.amounts, percent);
  Posted posted = post(ctx, before,
                       {.event_type = std::string(rule.name),
                        .event_id = asked.event_id,
                        .skill_key = skill.empty() ? std::nullopt : std::optional<std::string>(skill),
                        .base_xp = left.amounts.xp,
                        .multiplier_percent = percent,
                        .idempotency_key = asked.key,
                        .payload_hash = hash,
                        .reason = asked.reason,
                        .activity_date = asked.activity_date},
                       change);
  posted.reward_capped = left.reward_capped;
  return posted;
}

Posted reverse(Context& ctx, std::string_view key) {
  const Account before = account_of_entry(ctx, key);
  if (before.entry_kind != rules::EntryKind::award) throw not_found("award");
  const rules::Change change = rules::reversal_of(before.entry());
  if (before.reversal_id) {
    Posted posted = replay(before, false);
    posted.change = change;
    return posted;
  }
  return post(ctx, before, row_against(before, *before.entry_event_type, {}), change);
}

Posted spend(Context& ctx, std::string_view key, const Uuid& purchase, std::int64_t coins,
             std::optional<std::string> reason) {
  constexpr std::string_view kEventType = "purchase";
  rules::check_spend(coins);
  const Account before = account(ctx, key, {}, {}, ctx.today);
  const std::string hash = hash_of(rules::payload(rules::EntryKind::spend, kEventType, purchase, {.coins = coins}, {}));
  if (before.entry_id) {
    expect_hash(before, hash);
    return replay(before, false);
  }
  return post(ctx, before,
              {.event_type = std::string(kEventType),
               .event_id = purchase,
               .idempotency_key = std::string(key),
               .payload_hash = hash,
               .reason = std::move(reason),
               .activity_date = ctx.today},
              rules::spend(before, coins));
}

Posted refund(Context& ctx, std::string_view spend_key, std::optional<std::string> reason) {
  const Account before = account_of_entry(ctx, spend_key);
  if (before.entry_kind != rules::EntryKind::spend) throw not_found("purchase");
  const rules::Change change = rules::refund_of(before.entry());
  if (before.reversal_id) {
    Posted posted = replay(before, false);
    posted.change = change;
    return posted;
  }
  Row row = row_against(before, "refund", std::move(reason));
  row.activity_date = ctx.today;
  return post(ctx, before, std::move(row), change);
}

Entries list(Context& ctx, const ListEntries& in) {
  const std::int64_t size = in.page_size.value;
  const std::int64_t page = in.page.value;
  return {
      .entries = ctx.db.query<Entry>(kList, ctx.user, in.kind, in.event_type, in.from, in.to, size, (page - 1) * size),
      .total = ctx.db.one<std::int64_t>(kCount, ctx.user, in.kind, in.event_type, in.from, in.to),
      .page = page,
      .page_size = size};
}

namespace {

struct Proof : StoredBalances {
  std::int64_t entries = 0;
  std::int64_t sum_coins = 0;
  std::int64_t sum_earned = 0;
  std::int64_t sum_spent = 0;
  std::int64_t sum_xp = 0;
  std::int64_t sum_stars = 0;
};
BOOST_DESCRIBE_STRUCT(Proof, (StoredBalances), (entries, sum_coins, sum_earned, sum_spent, sum_xp, sum_stars))

struct RunningSums {
  std::int64_t seq = 0;
  std::int64_t n = 0;
  std::int64_t coins_after = 0;
  std::int64_t coins = 0;
  std::int64_t total_xp_after = 0;
  std::int64_t xp = 0;
};
BOOST_DESCRIBE_STRUCT(RunningSums, (), (seq, n, coins_after, coins, total_xp_after, xp))

struct SkillSums {
  std::string key;
  int max_level = 0;
  int xp_base = 0;
  int xp_multiplier_percent = 0;
  int stars_per_level = 0;
  int max_star_level = 0;
  std::int64_t stored_xp = 0;
  std::int64_t stored_stars = 0;
  std::int64_t level = 1;
  std::int64_t star_level = 0;
  std::int64_t xp = 0;
  std::int64_t stars = 0;
};
BOOST_DESCRIBE_STRUCT(SkillSums, (),
                      (key, max_level, xp_base, xp_multiplier_percent, stars_per_level, max_star_level, stored_xp,
                       stored_stars, level, star_level, xp, stars))

void compare(std::vector<Mismatch>& mismatches, std::string field, std::int64_t stored, std::int64_t computed) {
  if (stored != computed) mismatches.push_back({std::move(field), stored, computed});
}

}  // namespace

Verified verify(Context& ctx, const Nothing&) {
  const auto proof = ctx.db.one<Proof>(kProof, ctx.user);
  Verified out{.entries = proof.entries,
               .sums = {.coins = proof.sum_coins, .xp = proof.sum_xp, .skill_stars = proof.sum_stars},
               .balances = proof};
  auto& found = out.mismatches;
  compare(found, "coins", proof.coins, proof.sum_coins);
  compare(found, "total_earned", proof.total_earned, proof.sum_earned);
  compare(found, "total_spent", proof.total_spent, proof.sum_spent);
  compare(found, "total_xp", proof.total_xp, proof.sum_xp);
  compare(found, "level", proof.level, rules::level_of(proof.sum_xp));
  compare(found, "total_skill_stars", proof.total_skill_stars, proof.sum_stars);
  compare(found, "ledger_seq", proof.ledger_seq, proof.entries);
  for (const auto& skill : ctx.db.query<SkillSums>(kSkillSums, ctx.user)) {
    const rules::SkillCurve curve{skill.max_level, skill.xp_base, skill.xp_multiplier_percent, skill.stars_per_level,
                                  skill.max_star_level};
    const std::string name = "skills." + skill.key;
    compare(found, name + ".xp", skill.stored_xp, skill.xp);
    compare(found, name + ".stars", skill.stored_stars, skill.stars);
    compare(found, name + ".level", skill.level, rules::skill_level(curve, skill.xp).level);
    compare(found, name + ".star_level", skill.star_level, rules::star_level(curve, skill.stars).star_level);
  }
  for (const auto& entry : ctx.db.query<RunningSums>(kRunningSums, ctx.user)) {
    const std::string name = "entries." + std::to_string(entry.seq);
    compare(found, name + ".seq", entry.seq, entry.n);
    compare(found, name + ".coins_after", entry.coins_after, entry.coins);
    compare(found, name + ".total_xp_after", entry.total_xp_after, entry.xp);
  }
  out.ok = found.empty();
  return out;
}

void add_operations(Catalogue& c) {
  c.add("ledger.list", Get("/gamification/ledger"), Access::user, Effect::read, &list,
        "Entries of the points ledger, newest first.")
      .from_replica();
  c.add("ledger.verify", Get("/gamification/ledger/verify"), Access::user, Effect::read, &verify,
        "Proves every balance by the entries of the ledger.")
      .from_replica();
}

}  // namespace ignition::ledger
