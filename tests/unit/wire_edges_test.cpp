// What hostile or unusual JSON does to the reader.
#include <doctest/doctest.h>

#include <chrono>

#include "ignition/wire.hpp"

using namespace ignition;

namespace wire_edges {

struct Bag {
  std::optional<std::int64_t> whole;
  std::optional<double> real;
  std::optional<Text<0, 4>> text;
  std::optional<Trimmed<1, 4>> trimmed;
  std::optional<Json> extra;
  std::optional<Map<std::string>> words;
  Update<Int<1, 9>> step;
};
BOOST_DESCRIBE_STRUCT(Bag, (), (whole, real, text, trimmed, extra, words, step))

struct Long {
  Text<0, 1 << 21> text;
};
BOOST_DESCRIBE_STRUCT(Long, (), (text))

// "field code" of every refused field; "" when the document is taken.
std::string refusals(std::string_view json) {
  try {
    from_json<Bag>(json);
  } catch (const Error& error) {
    std::string out;
    for (const auto& field : error.fields()) out += (out.empty() ? "" : ", ") + field.field + " " + field.code;
    return out;
  }
  return "";
}

Bag read(std::string_view json) { return from_json<Bag>(json); }

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

TEST_CASE("whole numbers reach the limits of 64 bits and not beyond") {
  CHECK(read(R"({"whole":9223372036854775807})").whole == std::numeric_limits<std::int64_t>::max());
  CHECK(read(R"({"whole":-9223372036854775808})").whole == std::numeric_limits<std::int64_t>::min());
  CHECK(refusals(R"({"whole":9223372036854775808})") == "whole out_of_range");
  CHECK(refusals(R"({"whole":-9223372036854775809})") == "whole out_of_range");
  CHECK(refusals(R"({"whole":18446744073709551616})") == "whole out_of_range");
  CHECK(read(R"({"whole":-0})").whole == 0);
  for (const char* text : {"1.0", "1e0", "0.5"})
    CHECK(refusals(fmt::format(R"({{"whole":{}}})", text)) == "whole wrong_type");
}

TEST_CASE("numbers that are none, or beyond a double, are malformed") {
  for (const char* text : {"1e400", "-1e400", "+1", "01", "-", "-a", "1.", ".5", "1e", "0x10", "1_000", "NaN",
                           "Infinity", "99999999999999999999x"}) {
    CAPTURE(text);
    CHECK(refusals(fmt::format(R"({{"real":{}}})", text)) == " malformed_json");
    CHECK(refusals(fmt::format(R"({{"whole":{}}})", text)) == " malformed_json");
    CHECK(refusals(fmt::format(R"({{"extra":[{}]}})", text)) == " malformed_json");
  }
  CHECK(read(R"({"real":1e-400})").real == 0.0);
  CHECK(read(R"({"real":-0.0})").real == 0.0);
  CHECK(read(R"({"real":18446744073709551615})").real == 18446744073709551615.0);
  CHECK(read(R"({"real":99999999999999999999})").real == 1e20);
}

TEST_CASE("text is well-formed Unicode") {
  CHECK(read(R"({"text":"\ud83d\ude00"})").text->value == "\U0001F600");
  for (const char* bad : {R"("\ud800")", R"("\udc00")", R"("\ud800a")", R"("\ud83d\ud83d")", R"("\u12")", R"("\x41")",
                          "\"a\nb\"", "\"\xc0\xaf\"", "\"\xed\xa0\x80\"", "\"\xf4\x90\x80\x80\"", "\"\xe2\x82\""}) {
    CAPTURE(bad);
    CHECK(refusals(fmt::format(R"({{"text":{}}})", bad)) == " malformed_json");
  }
  CHECK(refusals(R"({"text":"a\u0000"})") == "text invalid_text");
  CHECK(refusals(R"({"extra":{"a":"\u0000"}})") == " malformed_json");
}

TEST_CASE("a byte order mark is not part of JSON") { CHECK(refusals("\xef\xbb\xbf{}") == " malformed_json"); }

TEST_CASE("lengths count code points, and white space of Unicode is trimmed") {
  CHECK(read(R"({"text":"😀😀😀😀"})").text->value.size() == 16);
  CHECK(refusals(R"({"text":"😀😀😀😀😀"})") == "text too_long");
  CHECK(read("{\"trimmed\":\"\\t\u00a0\u3000 ab\u2003\u2009 \"}").trimmed->value == "ab");
  CHECK(refusals("{\"trimmed\":\" \u00a0\u2000\u3000\\n\"}") == "trimmed too_short");
  CHECK(read("{\"text\":\" a \"}").text->value == " a ");
  CHECK(read("{\"trimmed\":\"\u00a0à\u00a0\"}").trimmed->value == "à");  // à ends in the byte A0
}

TEST_CASE("nesting is allowed to the limit and refused beyond it") {
  const int below = kMaxJsonDepth - 1;  // the object around is one level
  CHECK(refusals(fmt::format(R"({{"extra":{}}})", nested(below))) == "");
  CHECK(refusals(fmt::format(R"({{"extra":{}}})", nested(below + 1))) == " malformed_json");
  CHECK(refusals(fmt::format(R"({{"unknown":{}}})", nested(below + 1))) == " malformed_json");
  CHECK(compact_json(nested(kMaxJsonDepth)).text == nested(kMaxJsonDepth));
  CHECK_THROWS_AS(compact_json(nested(kMaxJsonDepth + 1)), Error);
}

TEST_CASE("keys that are equal once unescaped are repeated") {
  CHECK(refusals(R"({"whole":1,"\u0077hole":2})") == " malformed_json");
  CHECK(refusals(R"({"extra":{"a":1,"\u0061":2}})") == " malformed_json");
  CHECK(refusals(R"({"words":{"a":"x","\u0061":"y"}})") == " malformed_json");
  CHECK(read(R"({"extra":{"a":1,"A":2}})").extra->text == R"({"a":1,"A":2})");
}

TEST_CASE("a mebibyte of text is read, and refused with a short message where it does not fit") {
  const std::string much(1 << 20, 'x');
  const auto value = from_json<Long>(fmt::format(R"({{"text":"{}"}})", much));
  CHECK(value.text.value == much);
  CHECK(refusals(fmt::format(R"({{"text":"{}"}})", much)) == "text too_long");
  for (const auto& json :
       {fmt::format(R"({{"{}":1}})", much), fmt::format(R"({{"words":{{"{0}":"","{0}":""}}}})", much),
        fmt::format(R"({{"whole":{}}})", std::string(1 << 20, '7'))}) {
    try {
      from_json<Bag>(json);
      FAIL("taken");
    } catch (const Error& error) {
      CHECK(error.json().size() < 1000);
    }
  }
}

TEST_CASE("an object with very many keys costs no more per key than a small one") {
  const auto keys = [](int count) {
    std::string out = "{";
    for (int i = 0; i < count; ++i) out += fmt::format("{}\"k{}\":\"\"", i == 0 ? "" : ",", i);
    return out + "}";
  };
  const auto time_of = [](const std::string& json) {
    const auto start = std::chrono::steady_clock::now();
    from_json<Bag>(json);
    return std::chrono::steady_clock::now() - start;
  };
  for (const char* field : {"extra", "words"}) {
    const std::string many = fmt::format(R"({{"{}":{}}})", field, keys(80'000));
    CHECK(time_of(many) < std::chrono::seconds(2));  // comparing each with each takes 3,200,000,000 comparisons
  }
}

TEST_CASE("an update that was not given is not written, one that clears is null") {
  CHECK(to_json(read("{}")).find("step") == std::string::npos);
  CHECK(to_json(read(R"({"step":null})")).ends_with(R"("step":null})"));
  CHECK(to_json(read(R"({"step":3})")).ends_with(R"("step":3})"));
}

struct Filter {
  std::optional<List<Int<1, 9>, 1, 3>> levels;
};
BOOST_DESCRIBE_STRUCT(Filter, (), (levels))

TEST_CASE("a list in a parameter is bounded, and each element is checked") {
  const auto codes_of = [](std::initializer_list<std::string_view> texts) {
    Filter filter;
    Reader reader;
    for (const auto text : texts) reader.set(type_info<Filter>, &filter, "levels", text);
    std::string codes;
    for (const auto& field : reader.errors()) codes += field.field + ":" + field.code + " ";
    return codes;
  };
  CHECK(codes_of({"1,2", "3"}) == "");
  CHECK(codes_of({"1,2,3,4"}) == "levels:too_many ");
  CHECK(codes_of({"1,,3"}) == "levels:wrong_type ");
  CHECK(codes_of({"1,10"}) == "levels:out_of_range ");
  CHECK(codes_of({""}) == "levels:wrong_type ");
}

TEST_CASE("parameters are checked like JSON") {
  Bag bag;
  Reader reader;
  reader.set(type_info<Bag>, &bag, "step", "5");
  reader.set(type_info<Bag>, &bag, "whole", "9223372036854775808");
  reader.set(type_info<Bag>, &bag, "real", "1e400");
  reader.set(type_info<Bag>, &bag, "text", "\xff");
  reader.set(type_info<Bag>, &bag, "extra", "{}");
  CHECK(bag.step.value->value() == 5);
  std::string codes;
  for (const auto& field : reader.errors()) codes += field.field + ":" + field.code + " ";
  CHECK(codes == "whole:wrong_type real:wrong_type text:invalid_text extra:wrong_type ");
}

}  // namespace wire_edges
