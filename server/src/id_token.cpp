#include "id_token.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>
#include <simdjson.h>

#include <algorithm>

#include "ignition/secrets.hpp"

namespace ignition::server {
namespace {

using simdjson::dom::element;
using simdjson::dom::object;

constexpr std::size_t kMostBytes = 16'384;
constexpr std::size_t kMostKeys = 64;
constexpr int kLeastRsaBits = 2048;
constexpr std::size_t kPointBytes = 32;  // of one coordinate on P-256
constexpr std::string_view kRs256 = "RS256";
constexpr std::string_view kEs256 = "ES256";

template <class T, void (*free)(T*)>
struct Freed {
  void operator()(T* p) const { free(p); }
};
template <class T, void (*free)(T*)>
using Owned = std::unique_ptr<T, Freed<T, free>>;
using Number = Owned<BIGNUM, BN_free>;

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

std::string text_at(const object& from, std::string_view key) {
  std::string_view text;
  return from[key].get(text) == simdjson::SUCCESS ? std::string(text) : std::string();
}

std::optional<std::string> bytes_at(const object& from, std::string_view key) {
  return from_base64url(text_at(from, key));
}

Number number_of(std::string_view bytes) {
  return Number(BN_bin2bn(bytes_of(bytes), static_cast<int>(bytes.size()), nullptr));
}

// The key with these parameters; null when they make none.
std::shared_ptr<EVP_PKEY> made_of(const char* type, OSSL_PARAM_BLD* builder) {
  const Owned<OSSL_PARAM, OSSL_PARAM_free> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Owned<EVP_PKEY_CTX, EVP_PKEY_CTX_free> context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return {};
  }
  return {key, EVP_PKEY_free};
}

std::shared_ptr<EVP_PKEY> rsa_key(const object& from) {
  const auto n = bytes_at(from, "n");
  const auto e = bytes_at(from, "e");
  if (!n || !e || n->size() > 1024 || e->size() > 8) return {};
  const Number modulus = number_of(*n);
  const Number exponent = number_of(*e);
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  const bool built = builder && modulus && exponent && BN_num_bits(modulus.get()) >= kLeastRsaBits &&
                     BN_is_odd(exponent.get()) == 1 && BN_is_one(exponent.get()) == 0 &&
                     OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get()) == 1 &&
                     OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get()) == 1;
  return built ? made_of("RSA", builder.get()) : nullptr;
}

std::shared_ptr<EVP_PKEY> ec_key(const object& from) {
  const auto x = bytes_at(from, "x");
  const auto y = bytes_at(from, "y");
  if (text_at(from, "crv") != "P-256" || !x || !y || x->size() != kPointBytes || y->size() != kPointBytes) return {};
  const std::string point = "\x04" + *x + *y;
  const Owned<OSSL_PARAM_BLD, OSSL_PARAM_BLD_free> builder(OSSL_PARAM_BLD_new());
  const bool built =
      builder && OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
      OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size()) == 1;
  return built ? made_of("EC", builder.get()) : nullptr;
}

// JOSE writes r and s one after the other, OpenSSL reads them as DER.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * kPointBytes) return {};
  const Owned<ECDSA_SIG, ECDSA_SIG_free> parts(ECDSA_SIG_new());
  Number r = number_of(signature.substr(0, kPointBytes));
  Number s = number_of(signature.substr(kPointBytes));
  if (!parts || !r || !s || ECDSA_SIG_set0(parts.get(), r.get(), s.get()) != 1) return {};
  static_cast<void>(r.release());
  static_cast<void>(s.release());
  const int size = i2d_ECDSA_SIG(parts.get(), nullptr);
  if (size <= 0) return {};
  std::string der(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(der.data());
  i2d_ECDSA_SIG(parts.get(), &out);
  return der;
}

bool is_signed(EVP_PKEY* key, std::string_view text, std::string_view signature) {
  const Owned<EVP_MD_CTX, EVP_MD_CTX_free> context(EVP_MD_CTX_new());
  return context && !signature.empty() &&
         EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text), text.size()) == 1;
}

// ---- Claims ----

bool text_claim(const object& from, std::string_view key, std::string& out) {
  element value;
  if (from[key].get(value) != simdjson::SUCCESS || value.is_null()) return true;
  std::string_view text;
  if (value.get(text) != simdjson::SUCCESS) return false;
  out = text;
  return true;
}

// Seconds, which may come with a fraction.
bool time_claim(const object& from, std::string_view key, std::optional<std::int64_t>& out) {
  element value;
  if (from[key].get(value) != simdjson::SUCCESS || value.is_null()) return true;
  double seconds = 0;
  if (value.get(seconds) != simdjson::SUCCESS || seconds < 0 || seconds > 1e11) return false;
  out = static_cast<std::int64_t>(seconds);
  return true;
}

// true, or what providers write for it.
bool truth_claim(const object& from, std::string_view key) {
  element value;
  if (from[key].get(value) != simdjson::SUCCESS) return false;
  bool truth = false;
  std::int64_t number = 0;
  std::string_view text;
  if (value.get(truth) == simdjson::SUCCESS) return truth;
  if (value.get(number) == simdjson::SUCCESS) return number == 1;
  return value.get(text) == simdjson::SUCCESS && (text == "true" || text == "1");
}

bool audience_claim(const object& from, std::vector<std::string>& out) {
  element value;
  if (from["aud"].get(value) != simdjson::SUCCESS) return true;
  std::string_view text;
  if (value.get(text) == simdjson::SUCCESS) {
    out.emplace_back(text);
    return true;
  }
  simdjson::dom::array list;
  if (value.get(list) != simdjson::SUCCESS) return false;
  for (const element one : list) {
    if (one.get(text) != simdjson::SUCCESS) return false;
    out.emplace_back(text);
  }
  return true;
}

}  // namespace

std::optional<SignedToken> parse_token(std::string_view compact) {
  if (compact.size() > kMostBytes) return {};
  const auto first = compact.find('.');
  const auto second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos) return {};
  const auto header = from_base64url(compact.substr(0, first));
  auto payload = from_base64url(compact.substr(first + 1, second - first - 1));
  auto signature = from_base64url(compact.substr(second + 1));
  if (!header || !payload || !signature) return {};
  simdjson::dom::parser parser;
  object fields;
  if (parser.parse(*header).get(fields) != simdjson::SUCCESS) return {};
  element critical;
  if (fields["crit"].get(critical) == simdjson::SUCCESS) return {};  // extensions that must be understood
  SignedToken token{.algorithm = text_at(fields, "alg"),
                    .key_id = text_at(fields, "kid"),
                    .payload = std::move(*payload),
                    .signed_text = std::string(compact.substr(0, second)),
                    .signature = std::move(*signature)};
  if ((token.algorithm != kRs256 && token.algorithm != kEs256) || token.key_id.empty()) return {};
  return token;
}

std::optional<PublishedKeys> PublishedKeys::parse(std::string_view json) {
  simdjson::dom::parser parser;
  simdjson::dom::array list;
  if (parser.parse(json.data(), json.size())["keys"].get(list) != simdjson::SUCCESS) return {};
  PublishedKeys out;
  for (const element one : list) {
    object fields;
    if (one.get(fields) != simdjson::SUCCESS || out.keys_.size() >= kMostKeys) continue;
    const std::string type = text_at(fields, "kty");
    const std::string use = text_at(fields, "use");
    Key key{.id = text_at(fields, "kid"), .algorithm = std::string(type == "EC" ? kEs256 : kRs256), .key = {}};
    const std::string told = text_at(fields, "alg");
    if (key.id.empty() || out.has(key.id) || (!use.empty() && use != "sig")) continue;
    if (!told.empty() && told != key.algorithm) continue;
    if (type == "RSA") key.key = rsa_key(fields);
    if (type == "EC") key.key = ec_key(fields);
    if (key.key) out.keys_.push_back(std::move(key));
  }
  return out;
}

const PublishedKeys::Key* PublishedKeys::find(std::string_view key_id) const {
  const auto found = std::ranges::find(keys_, key_id, &Key::id);
  return found == keys_.end() ? nullptr : &*found;
}

bool PublishedKeys::has(std::string_view key_id) const { return find(key_id) != nullptr; }

bool PublishedKeys::have_signed(const SignedToken& token) const {
  const Key* key = find(token.key_id);
  if (key == nullptr || key->algorithm != token.algorithm) return false;
  const bool elliptic = token.algorithm == kEs256;
  return is_signed(key->key.get(), token.signed_text, elliptic ? der_of(token.signature) : token.signature);
}

std::optional<rules::IdToken> claims_of(std::string_view payload) {
  simdjson::dom::parser parser;
  object from;
  if (parser.parse(payload.data(), payload.size()).get(from) != simdjson::SUCCESS) return {};
  rules::IdToken out;
  const bool readable = text_claim(from, "iss", out.iss) && text_claim(from, "sub", out.sub) &&
                        audience_claim(from, out.aud) && text_claim(from, "azp", out.azp) &&
                        text_claim(from, "nonce", out.nonce) && time_claim(from, "exp", out.exp) &&
                        time_claim(from, "iat", out.iat) && time_claim(from, "nbf", out.nbf) &&
                        time_claim(from, "auth_time", out.auth_time) && text_claim(from, "email", out.email) &&
                        text_claim(from, "name", out.name) && text_claim(from, "picture", out.picture) &&
                        text_claim(from, "preferred_username", out.preferred_username) &&
                        text_claim(from, "oid", out.oid) && text_claim(from, "tid", out.tid);
  if (!readable) return {};
  out.email_verified = truth_claim(from, "email_verified");
  out.xms_edov = truth_claim(from, "xms_edov");
  return out;
}

}  // namespace ignition::server
