#include "domains/mail.hpp"

#include "ignition/secrets.hpp"
#include "ignition/wire.hpp"

namespace ignition::mail {
namespace {

constexpr Sql kInsert{R"sql(
  INSERT INTO mail_outbox (id, to_address, template, params, next_attempt_at, created_at)
  VALUES ($1, $2, $3, $4, $5, $5))sql"};

std::string context_of(const Uuid& mail) { return "mail_outbox:" + mail.text(); }

}  // namespace

void order(Context& ctx, const Mail& mail) {
  const Uuid id = ctx.new_id();
  Map<std::string> params{.entries = mail.values};
  if (!mail.token.empty()) {
    params.entries.emplace_back("sealed_token",
                                seal(ctx.config.data_encryption_key, context_of(id), mail.token, ctx.random));
  }
  const std::string json = to_json(params);
  ctx.db.execute(kInsert, id, mail.to, mail.template_name, json, ctx.now);
  ctx.publish(std::string(kOrdered), "{}");
}

std::optional<std::string> token_of(const Config& config, std::string_view sealed_token, const Uuid& mail) {
  return unseal(config.data_encryption_key, context_of(mail), sealed_token);
}

}  // namespace ignition::mail
