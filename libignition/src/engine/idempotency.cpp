#include "engine/idempotency.hpp"

#include <zlib.h>

#include <algorithm>
#include <array>

#include "ignition/sha256.hpp"

namespace ignition::idempotency {
namespace {

constexpr Sql kFind{R"sql(
  SELECT request_hash, status, answer FROM idempotency_keys
   WHERE user_id = $1 AND operation = $2 AND key = $3 AND expires_at > $4)sql"};
constexpr Sql kForgetExpired{R"sql(DELETE FROM idempotency_keys WHERE user_id = $1 AND expires_at <= $2)sql"};
constexpr Sql kStore{R"sql(
  INSERT INTO idempotency_keys (user_id, operation, key, request_hash, status, answer, created_at, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, $8))sql"};

constexpr Micros kKept = std::chrono::hours(24);
constexpr std::size_t kLargest = 1 << 16;  // of a stored answer

struct Stored {
  std::string request_hash;
  std::int64_t status = 0;
  Bytes answer;
};
BOOST_DESCRIBE_STRUCT(Stored, (), (request_hash, status, answer))

// Of an answer too large to keep, only the id of what it is about: its own, or that of the object it holds.
struct OnlyId {
  std::optional<Uuid> id;
};
BOOST_DESCRIBE_STRUCT(OnlyId, (), (id))

std::optional<Uuid> id_of(const TypeInfo& type, const void* value) {
  for (const Field& field : type.fields) {
    if (field.name == "id" && field.type->kind == Kind::uuid) return *static_cast<const Uuid*>(field.at_const(value));
  }
  for (const Field& field : type.fields) {
    if (field.type->kind != Kind::object) continue;
    if (const auto id = id_of(*field.type, field.at_const(value))) return id;
  }
  return {};
}

struct Refusal {
  Code code = Code::INTERNAL;
  std::string message;
  Json details;
};
BOOST_DESCRIBE_STRUCT(Refusal, (), (code, message, details))

std::string compressed(std::string_view text) {
  uLongf size = compressBound(text.size());
  std::string out(size, '\0');
  const int status =
      compress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(text.data()), text.size());
  if (status != Z_OK) throw Error(Code::INTERNAL, "An answer could not be compressed.");
  out.resize(size);
  return out;
}

std::string decompressed(std::string_view bytes) {
  constexpr std::size_t kMost = 64 * kLargest;
  std::string out;
  uLongf size = 0;
  int status = Z_BUF_ERROR;
  for (std::size_t room = kLargest; status == Z_BUF_ERROR && room <= kMost; room *= 4) {
    out.resize(room);
    size = room;
    status = uncompress(reinterpret_cast<Bytef*>(out.data()), &size, reinterpret_cast<const Bytef*>(bytes.data()),
                        bytes.size());
  }
  if (status != Z_OK) throw Error(Code::INTERNAL, "A stored answer could not be read.");
  out.resize(size);
  return out;
}

void store(Context& context, const Request& request, int status, const std::string& compressed_answer) {
  context.db.execute(kForgetExpired, context.user, context.now);
  context.db.execute(kStore, context.user, request.operation, request.key, request.hash, status,
                     Param(BytesView{compressed_answer}), context.now, context.now + kKept);
}

}  // namespace

bool may_be_kept(const Operation& operation) {
  constexpr std::array<std::string_view, 3> kSecret{"api_keys.create", "auth.change_password", "auth.reauthenticate"};
  // Keys of a user go with the user.
  return operation.name != "user.delete" && std::ranges::find(kSecret, operation.name) == kSecret.end();
}

Request request(const Operation& operation, std::string_view key, const void* input) {
  const bool printable = std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
  if (key.empty() || key.size() > 128 || !printable) {
    throw invalid("Idempotency-Key", "invalid_format", "must be 1..128 printable ASCII characters");
  }
  std::string text = operation.name + '\n';
  write_json(text, *operation.input, input);
  return {operation.name, key, hex_text(sha256(text))};
}

std::optional<Answer> find(Context& context, const Request& request) {
  const auto stored = context.db.maybe<Stored>(kFind, context.user, request.operation, request.key, context.now);
  if (!stored) return {};
  if (stored->request_hash != request.hash) {
    throw conflict("idempotency_mismatch", "This idempotency key was used with another request.");
  }
  std::string body = decompressed(stored->answer.value);
  if (stored->status < 400) return Answer{static_cast<int>(stored->status), std::move(body), "", false, true};
  auto refusal = from_json<Refusal>(body);
  throw Error::replayed(refusal.code, std::move(refusal.message), std::move(refusal.details.text));
}

void store(Context& context, const Request& request, const Answer& answer, const TypeInfo& type, const void* output) {
  std::string bytes = compressed(answer.body);
  if (bytes.size() > kLargest) bytes = compressed(to_json(OnlyId{id_of(type, output)}));
  store(context, request, answer.status, bytes);
}

void store(Context& context, const Request& request, const Error& error) {
  store(context, request, http_status(error.code()), compressed(error.json()));
}

}  // namespace ignition::idempotency
