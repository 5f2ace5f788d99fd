#include "domains/mail_tokens.hpp"

#include "ignition/secrets.hpp"

namespace ignition::mail_tokens {
namespace {

constexpr Sql kFind{R"sql(
  SELECT id, user_id, email, pending FROM verification_tokens
   WHERE token_hash = $1 AND purpose = $2 AND consumed_at IS NULL AND expires_at > $3)sql"};
constexpr Sql kOwner{R"sql(
  SELECT user_id FROM verification_tokens
   WHERE token_hash = $1 AND purpose = $2 AND consumed_at IS NULL AND user_id IS NOT NULL)sql"};
constexpr Sql kConsume{R"sql(
  UPDATE verification_tokens SET consumed_at = $2 WHERE id = $1 AND consumed_at IS NULL)sql"};
constexpr Sql kVoid{R"sql(
  UPDATE verification_tokens SET consumed_at = $3 WHERE user_id = $1 AND purpose = $2 AND consumed_at IS NULL)sql"};
constexpr Sql kVoidAll{R"sql(
  UPDATE verification_tokens SET consumed_at = $2 WHERE user_id = $1 AND consumed_at IS NULL)sql"};
constexpr Sql kInsert{R"sql(
  INSERT INTO verification_tokens (id, user_id, purpose, token_hash, email, pending, expires_at, created_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8))sql"};

std::string_view text_of(Purpose purpose) { return name_of(purpose); }

std::chrono::seconds lifetime(const Config& config, Purpose purpose) {
  return purpose == Purpose::reset_password ? config.password_reset_expiry : config.email_verification_expiry;
}

}  // namespace

std::string issue(Context& ctx, const Issue& in) {
  std::string token = fresh_token(ctx.random);
  if (in.user) ctx.db.execute(kVoid, *in.user, text_of(in.purpose), ctx.now);
  ctx.db.execute(kInsert, ctx.new_id(), in.user, text_of(in.purpose), token_hash(token), in.email, in.pending,
                 ctx.now + lifetime(ctx.config, in.purpose), ctx.now);
  return token;
}

std::optional<Token> consume(Context& ctx, std::initializer_list<Purpose> purposes, std::string_view token) {
  const std::string hash = token_hash(token);
  for (const Purpose purpose : purposes) {
    auto found = ctx.db.maybe<Token>(kFind, hash, text_of(purpose), ctx.now);
    if (found) return ctx.db.execute(kConsume, found->id, ctx.now) == 1 ? std::move(found) : std::nullopt;
  }
  return {};
}

std::optional<Uuid> owner(Transaction& db, Purpose purpose, std::string_view token) {
  return db.maybe<Uuid>(kOwner, token_hash(token), text_of(purpose));
}

void void_all(Context& ctx, const Uuid& user) { ctx.db.execute(kVoidAll, user, ctx.now); }

}  // namespace ignition::mail_tokens
