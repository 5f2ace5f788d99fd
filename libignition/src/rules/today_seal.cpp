// The identity of a payload: its content hash and the exposure derived from it.
#include <algorithm>
#include <cstdint>
#include <span>

#include "ignition/rules/today.hpp"
#include "ignition/sha256.hpp"

namespace ignition::rules {
namespace {

constexpr std::string_view kDomain = "ignition.exposure.v1";
constexpr std::size_t kEtagDigits = 32;

// Where a field with a text value stands: from the comma before its key to the closing quote of its value. No text
// before these fields holds a quote, so the first match is the field.
struct Place {
  std::size_t begin;
  std::size_t value;
  std::size_t end;
};
Place place_of(std::string_view json, std::string_view key) {
  const std::string head = ",\"" + std::string(key) + "\":\"";
  const std::size_t begin = json.find(head);
  const std::size_t value = begin + head.size();
  return {begin, value, json.find('"', value) + 1};
}

void append_big_endian(std::string& out, std::int64_t number) {
  const auto bits = static_cast<std::uint64_t>(number);
  for (int shift = 56; shift >= 0; shift -= 8) out += static_cast<char>(bits >> shift & 0xFFU);
}

}  // namespace

Uuid exposure_id(const Sha256& content, const Uuid& user_id, Instant now) {
  std::string seed(kDomain);
  seed += '\0';
  seed.append(user_id.bytes.begin(), user_id.bytes.end());
  append_big_endian(seed, now.us);
  seed += kDecisionVersion;
  seed.append(content.begin(), content.end());

  const Sha256 hash = sha256(seed);
  Uuid id;
  std::copy_n(hash.begin(), id.bytes.size(), id.bytes.begin());
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0FU) | 0x80U);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3FU) | 0x80U);
  return id;
}

std::string unstamped(std::string_view payload_json) {
  const Place generated = place_of(payload_json, "generated_at");
  const Place exposure = place_of(payload_json, "exposure_id");
  const Place etag = place_of(payload_json, "etag");
  std::string out;
  out.reserve(payload_json.size());
  out += payload_json.substr(0, generated.begin);
  out += payload_json.substr(generated.end, exposure.begin - generated.end);
  out += payload_json.substr(etag.end);
  return out;
}

Seal seal_of(std::string_view unstamped_json, const Uuid& user_id, Instant now) {
  const Sha256 content = sha256(unstamped_json);
  return {.exposure_id = exposure_id(content, user_id, now),
          .etag = hex_text(content).substr(0, kEtagDigits),
          .content = content};
}

Seal seal(std::string& payload_json, const Uuid& user_id, Instant now) {
  Seal made = seal_of(unstamped(payload_json), user_id, now);
  payload_json.replace(place_of(payload_json, "exposure_id").value, 36, made.exposure_id.text());
  payload_json.replace(place_of(payload_json, "etag").value, kEtagDigits, made.etag);
  return made;
}

std::string restamped(std::string_view sealed_json, const Sha256& content, const Uuid& user_id, Instant now) {
  std::string json(sealed_json);
  const std::string at = now.text();
  json.replace(place_of(json, "generated_at").value, at.size(), at);
  json.replace(place_of(json, "exposure_id").value, 36, exposure_id(content, user_id, now).text());
  return json;
}

}  // namespace ignition::rules
