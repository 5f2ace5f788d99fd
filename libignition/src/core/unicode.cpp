#include "ignition/unicode.hpp"

#include <unicode/bytestream.h>
#include <unicode/casemap.h>
#include <unicode/idna.h>
#include <unicode/normalizer2.h>

#include <memory>

#include "ignition/error.hpp"

namespace ignition {
namespace {

void check(UErrorCode status) {
  if (U_FAILURE(status)) throw Error(Code::INTERNAL, "The Unicode tables cannot be used.");
}

icu::StringPiece piece(std::string_view text) { return {text.data(), static_cast<std::int32_t>(text.size())}; }

std::unique_ptr<const icu::IDNA> make_idna() {
  UErrorCode status = U_ZERO_ERROR;
  constexpr std::uint32_t kOptions =
      UIDNA_USE_STD3_RULES | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ | UIDNA_NONTRANSITIONAL_TO_ASCII;
  std::unique_ptr<const icu::IDNA> idna(icu::IDNA::createUTS46Instance(kOptions, status));
  check(status);
  return idna;
}

}  // namespace

std::string nfc(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* form = icu::Normalizer2::getNFCInstance(status);
  check(status);
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  form->normalizeUTF8(0, piece(text), sink, nullptr, status);
  check(status);
  return out;
}

std::string lower_case(std::string_view text) {
  UErrorCode status = U_ZERO_ERROR;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  icu::CaseMap::utf8ToLower("", 0, piece(text), sink, nullptr, status);
  check(status);
  return out;
}

std::optional<std::string> ascii_domain(std::string_view domain) {
  static const std::unique_ptr<const icu::IDNA> idna = make_idna();
  UErrorCode status = U_ZERO_ERROR;
  icu::IDNAInfo info;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  idna->nameToASCII_UTF8(piece(domain), sink, info, status);
  check(status);
  if (info.hasErrors() || out.empty() || out.ends_with('.')) return {};
  return out;
}

}  // namespace ignition
