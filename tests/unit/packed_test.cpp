#include "ignition/packed.hpp"

#include <doctest/doctest.h>

#include <boost/describe/class.hpp>
#include <boost/describe/enum.hpp>
#include <limits>

#include <rapidcheck.h>

using namespace ignition;

namespace packed_test {

enum class Mood { calm = 3, wild = -1 };
BOOST_DESCRIBE_ENUM(Mood, calm, wild)

struct Inner {
  std::string word;
  std::optional<int> number;
  friend bool operator==(const Inner&, const Inner&) = default;
};
BOOST_DESCRIBE_STRUCT(Inner, (), (word, number))

struct Outer {
  Uuid id;
  Instant at;
  LocalDate day;
  Mood mood = Mood::calm;
  bool yes = false;
  std::int64_t large = 0;
  std::vector<Inner> list;
  std::array<Inner, 2> pair;
  friend bool operator==(const Outer&, const Outer&) = default;
};
BOOST_DESCRIBE_STRUCT(Outer, (), (id, at, day, mood, yes, large, list, pair))

template <class T>
std::string bytes_of(const T& value) {
  std::string out;
  pack(out, value);
  return out;
}

Inner any_inner() {
  Inner inner{.word = *rc::gen::container<std::string>(rc::gen::arbitrary<char>()), .number = {}};
  if (*rc::gen::arbitrary<bool>()) inner.number = *rc::gen::arbitrary<int>();
  return inner;
}

Outer any_outer() {
  Outer outer;
  for (auto& byte : outer.id.bytes) byte = *rc::gen::arbitrary<std::uint8_t>();
  outer.at.us = *rc::gen::arbitrary<std::int64_t>();
  outer.day.days = *rc::gen::arbitrary<std::int32_t>();
  outer.mood = *rc::gen::element(Mood::calm, Mood::wild);
  outer.yes = *rc::gen::arbitrary<bool>();
  outer.large = *rc::gen::arbitrary<std::int64_t>();
  outer.list.resize(*rc::gen::inRange<std::size_t>(0, 4));
  for (Inner& inner : outer.list) inner = any_inner();
  for (Inner& inner : outer.pair) inner = any_inner();
  return outer;
}

}  // namespace packed_test

using namespace packed_test;

TEST_CASE("numbers are packed in as many bytes as they need, small negative ones in few") {
  const std::string long_one = bytes_of(std::numeric_limits<std::int64_t>::min());
  CHECK(bytes_of(0) == std::string(1, '\0'));
  CHECK(bytes_of(-1) == "\x01");
  CHECK(bytes_of(1) == "\x02");
  CHECK(bytes_of(63) == "\x7e");
  CHECK(bytes_of(64) == "\x80\x01");
  CHECK(bytes_of(300) == "\xd8\x04");
  CHECK(long_one == "\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  CHECK(unpacked<std::int64_t>(long_one) == std::numeric_limits<std::int64_t>::min());
  CHECK(unpacked<std::int8_t>(bytes_of(128)) == std::nullopt);
  CHECK(unpacked<bool>(bytes_of(2)) == std::nullopt);
}

TEST_CASE("what was packed is unpacked as it was, and a part of it or more than it is nothing") {
  rc::check([] {
    const Outer outer = any_outer();
    const std::string bytes = bytes_of(outer);
    RC_ASSERT(unpacked<Outer>(bytes) == outer);
    const auto end = *rc::gen::inRange<std::size_t>(0, bytes.size());
    RC_ASSERT(!unpacked<Outer>(std::string_view(bytes).substr(0, end)));
    RC_ASSERT(!unpacked<Outer>(bytes + "x"));
  });
}

TEST_CASE("any bytes are a value or nothing, and what is a value packs into no more bytes") {
  rc::check([] {
    std::string bytes = bytes_of(any_outer());
    const auto changes = *rc::gen::inRange(1, 5);
    for (int i = 0; i < changes; ++i) {
      bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] = *rc::gen::arbitrary<char>();
    }
    if (const auto outer = unpacked<Outer>(bytes)) RC_ASSERT(bytes_of(*outer).size() <= bytes.size());
  });
  CHECK_FALSE(unpacked<std::vector<Inner>>("\xfe\xff\xff\xff\xff\xff\xff\xff\xff\x01"));  // more than there is
  CHECK_FALSE(unpacked<Mood>(bytes_of(2)));
  CHECK_FALSE(unpacked<std::optional<int>>("\x02\x02"));
}

TEST_CASE("the shape names every field, so that types that differ do not understand each other") {
  CHECK(shape_of<Inner>() == "{word:snumber:?n}");
  CHECK(shape_of<std::vector<Mood>>() == "[<calm wild >]");
  CHECK(shape_of<Outer>() ==
        "{id:uat:tday:dmood:<calm wild >yes:blarge:nlist:[{word:snumber:?n}]pair:2*{word:snumber:?n}}");
}
