#include "ignition/rules/captures.hpp"

#include <doctest/doctest.h>

#include "ignition/types.hpp"

using namespace ignition;
using namespace ignition::rules;

namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST_CASE("the first line of a capture is its title and the rest its description") {
  CHECK(split_capture("Buy milk\n2 l, oat") == CapturedText{"Buy milk", "2 l, oat"});
  CHECK(split_capture("Buy milk") == CapturedText{"Buy milk", {}});
  CHECK(split_capture("  Buy milk \n\n  2 l\n3 l  \n") == CapturedText{"Buy milk", "2 l\n3 l"});
  CHECK(split_capture("\n\nBuy milk\n") == CapturedText{"Buy milk", {}});
}

TEST_CASE("a capture without text is none") {
  CHECK_FALSE(split_capture(""));
  CHECK_FALSE(split_capture(" \t\n\n "));
  CHECK_FALSE(split_capture("\x01\x7f\r\n"));
}

TEST_CASE("control characters are removed from captures, line breaks and tabs stay") {
  CHECK(split_capture("a\x01"
                      "b\tc\r\nd\x1b[0m") == CapturedText{"ab\tc", "d[0m"});
  CHECK(split_capture("x\xC2\x85y\xC2\xA9z") == CapturedText{"xy\xC2\xA9z", {}});
}

TEST_CASE("a first line over 4000 characters is cut and its remainder opens the description") {
  const std::string whole = repeated("\xC3\xA4", 4000);
  CHECK(split_capture(whole) == CapturedText{whole, {}});
  CHECK(split_capture(whole + "bcd") == CapturedText{whole, "bcd"});
  CHECK(split_capture(whole + "bcd\nmore") == CapturedText{whole, "bcd\nmore"});
}

TEST_CASE("title and description together are the content again") {
  for (const std::string content : {"Buy milk\n2 l, oat", "Buy milk", "a\nb\n\nc"}) {
    const auto split = split_capture(content);
    CHECK(content_of(split->title, split->description) == content);
  }
}

TEST_CASE("the first tag that names a type gives the type") {
  CHECK(type_in_tags(std::vector<std::string>{"home", "idea"}) == CaptureType::idea);
  CHECK(type_in_tags(std::vector<std::string>{"task", "idea"}) == CaptureType::task);
  CHECK_FALSE(type_in_tags(std::vector<std::string>{"home", "Idea"}));
  CHECK_FALSE(type_in_tags({}));
}

TEST_CASE("a capture that begins like a task or an idea is one, without that beginning") {
  const auto judged = [](std::string_view content) {
    const auto opening = judge_capture(content, {});
    return std::pair(opening.type, split_capture(opening.content)->title);
  };
  using Judged = std::pair<CaptureType, std::string>;
  CHECK(judged("todo: call Ann") == Judged{CaptureType::task, "call Ann"});
  CHECK(judged("TASK:call Ann") == Judged{CaptureType::task, "call Ann"});
  CHECK(judged("[ ] call Ann") == Judged{CaptureType::task, "call Ann"});
  CHECK(judged("  - [ ] call Ann") == Judged{CaptureType::task, "call Ann"});
  CHECK(judged("Idea: a song") == Judged{CaptureType::idea, "a song"});
  CHECK(judged("ideas: none") == Judged{CaptureType::note, "ideas: none"});
  CHECK(judged("call Ann todo:") == Judged{CaptureType::note, "call Ann todo:"});
}

TEST_CASE("tags tell the type before the beginning does, which then stays") {
  const std::vector<std::string> tags{"idea"};
  const auto opening = judge_capture("todo: call Ann", tags);
  CHECK(opening.type == CaptureType::idea);
  CHECK(opening.content == "todo: call Ann");
}

TEST_CASE("tags are kept once in their first spelling") {
  CHECK(distinct_tags({"Dark", "dark", "Pad"}) == std::vector<std::string>{"Dark", "Pad"});
  CHECK(distinct_tags({"\xC3\x84pfel", "\xC3\xA4pfel"}) == std::vector<std::string>{"\xC3\x84pfel"});
  CHECK(distinct_tags({}).empty());
}

TEST_CASE("the first code points of a text never cut one in two") {
  CHECK(first_code_points("a\xC3\xA4z", 2) == "a\xC3\xA4");
  CHECK(first_code_points("a\xC3\xA4z", 9) == "a\xC3\xA4z");
  CHECK(first_code_points("\xF0\x9F\x98\x80x", 1) == "\xF0\x9F\x98\x80");
  CHECK(first_code_points("abc", 0).empty());
}
