// Value types of inputs, outputs and rows. A value that exists is valid: the reader refuses everything else, naming the
// field, the bound and what came.
#pragma once

#include <boost/describe/class.hpp>
#include <concepts>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ignition/error.hpp"
#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {

// Number of Unicode code points of valid UTF-8.
std::size_t code_points(std::string_view utf8);
// Without leading and trailing white space (ASCII and the Unicode spaces U+00A0, U+2000..U+200A, U+3000).
std::string_view trimmed(std::string_view text);

namespace detail {
[[noreturn]] void out_of_bounds(std::int64_t min, std::int64_t max, std::int64_t value);
}

// An integer within [Min, Max]; making one out of bounds throws VALIDATION_ERROR `out_of_range`.
template <std::integral T, std::int64_t Min, std::int64_t Max>
class Bounded {
 public:
  using value_type = T;
  static constexpr std::int64_t min = Min;
  static constexpr std::int64_t max = Max;

  constexpr Bounded() = default;
  constexpr Bounded(T value) : value_(value) {  // NOLINT(google-explicit-constructor): a bounded number is a number
    if (value < Min || value > Max) detail::out_of_bounds(Min, Max, static_cast<std::int64_t>(value));
  }
  constexpr operator T() const { return value_; }  // NOLINT(google-explicit-constructor)
  constexpr T value() const { return value_; }

 private:
  T value_ = static_cast<T>(Min > 0 ? Min : Max < 0 ? Max : 0);
};
template <std::int64_t Min, std::int64_t Max>
using Int = Bounded<std::int64_t, Min, Max>;

// UTF-8 text of Min..Max code points, kept as it came.
template <std::size_t Min, std::size_t Max>
struct Text {
  static constexpr std::size_t min = Min;
  static constexpr std::size_t max = Max;
  static constexpr bool trims = false;
  std::string value;
  operator const std::string&() const { return value; }  // NOLINT(google-explicit-constructor)
};

// As Text; white space at both ends is removed before it is measured.
template <std::size_t Min, std::size_t Max>
struct Trimmed {
  static constexpr std::size_t min = Min;
  static constexpr std::size_t max = Max;
  static constexpr bool trims = true;
  std::string value;
  operator const std::string&() const { return value; }  // NOLINT(google-explicit-constructor)
};

// Text in a format: Format has `name` (shown in messages and in OpenAPI), `max` (code points) and
// `static bool accepts(std::string_view)`.
template <class Format>
struct Formatted {
  std::string value;
  operator const std::string&() const { return value; }  // NOLINT(google-explicit-constructor)
};

struct ColorFormat {
  static constexpr std::string_view name = "a colour #RRGGBB";
  static constexpr std::size_t max = 7;
  static bool accepts(std::string_view text);
};
using Color = Formatted<ColorFormat>;

struct TimeOfDayFormat {
  static constexpr std::string_view name = "a time of day HH:MM, 00:00 to 23:59";
  static constexpr std::size_t max = 5;
  static bool accepts(std::string_view text);
};
using TimeOfDay = Formatted<TimeOfDayFormat>;

struct TimeZoneFormat {
  static constexpr std::string_view name = "an IANA time zone such as Europe/Berlin";
  static constexpr std::size_t max = 64;
  static bool accepts(std::string_view text);
};
using TimeZoneName = Formatted<TimeZoneFormat>;

struct HttpsUrlFormat {
  static constexpr std::string_view name = "an https URL";
  static constexpr std::size_t max = 2048;
  static bool accepts(std::string_view text);
};
using HttpsUrl = Formatted<HttpsUrlFormat>;

struct WebUrlFormat {
  static constexpr std::string_view name = "an http or https URL";
  static constexpr std::size_t max = 2048;
  static bool accepts(std::string_view text);
};
using WebUrl = Formatted<WebUrlFormat>;

// An input field that may be left out: it then has the value V.
template <class T, auto V>
struct Or {
  using value_type = T;
  T value{V};
  operator const T&() const { return value; }  // NOLINT(google-explicit-constructor)
};

// A list of Min..Max elements.
template <class T, std::size_t Min, std::size_t Max>
struct List : std::vector<T> {
  using std::vector<T>::vector;
};

// A field of an update (PATCH): absent keeps, null clears, a value replaces.
template <class T>
struct Update {
  bool present = false;
  std::optional<T> value;

  bool clears() const { return present && !value; }
  // Writes the new value over `target` when the field was given.
  template <class U>
  void apply(std::optional<U>& target) const {
    if (!present) return;
    if (value) {
      target = U(*value);
    } else {
      target.reset();
    }
  }
};

// A JSON object or array that the library stores and returns without looking into it: compact text, keys in the order
// they came.
struct Json {
  std::string text = "{}";
};

// Bytes of a BYTEA column.
struct Bytes {
  std::string value;
};

// A JSON object with keys known only at run time, written in this order.
template <class V>
struct Map {
  std::vector<std::pair<std::string, V>> entries;
};

// An answer of type T that is JSON already, for example out of a cache.
template <class T>
struct Rendered {
  std::shared_ptr<const std::string> json;
};

// Answer of operations that return nothing but success.
struct Deleted {
  bool deleted = true;
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(Deleted, (), (deleted, id))

// Input of operations without input.
struct Nothing {};
BOOST_DESCRIBE_STRUCT(Nothing, (), ())

// Input of operations on one object.
struct ById {
  Uuid id;
};
BOOST_DESCRIBE_STRUCT(ById, (), (id))

}  // namespace ignition
