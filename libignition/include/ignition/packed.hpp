// Described values as few bytes, for what programs of one build keep for each other: numbers as variable-length
// integers (seven bits a byte, the sign in the lowest bit), texts and lists after their length, the fields of a struct
// in their order. Who stores packed values stores shape_of() beside them: another build may describe the type
// otherwise.
#pragma once

#include <array>
#include <boost/describe/bases.hpp>
#include <boost/describe/enumerators.hpp>
#include <boost/describe/members.hpp>
#include <boost/mp11/algorithm.hpp>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ignition/time.hpp"
#include "ignition/uuid.hpp"

namespace ignition {
namespace packed {

template <class T>
using Members = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

inline void put_number(std::string& out, std::int64_t value) {
  std::uint64_t rest = (static_cast<std::uint64_t>(value) << 1U) ^ (value < 0 ? ~std::uint64_t{0} : 0);
  for (; rest >= 0x80; rest >>= 7U) out += static_cast<char>(rest | 0x80U);
  out += static_cast<char>(rest);
}

inline bool take_number(std::string_view& in, std::int64_t& value) {
  std::uint64_t bits = 0;
  for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
    const auto byte = static_cast<std::uint8_t>(in.front());
    in.remove_prefix(1);
    bits |= std::uint64_t{byte & 0x7FU} << shift;
    if (byte >= 0x80) continue;
    value = static_cast<std::int64_t>((bits >> 1U) ^ (~(bits & 1U) + 1U));
    return true;
  }
  return false;
}

template <class T>
struct Codec {
  static void put(std::string& out, const T& value) {
    boost::mp11::mp_for_each<Members<T>>(
        [&](auto m) { Codec<std::remove_cvref_t<decltype(value.*m.pointer)>>::put(out, value.*m.pointer); });
  }
  static bool take(std::string_view& in, T& value) {
    bool whole = true;
    boost::mp11::mp_for_each<Members<T>>([&](auto m) {
      whole = whole && Codec<std::remove_cvref_t<decltype(value.*m.pointer)>>::take(in, value.*m.pointer);
    });
    return whole;
  }
  static void shape(std::string& out) {
    out += '{';
    boost::mp11::mp_for_each<Members<T>>([&](auto m) {
      out.append(m.name) += ':';
      Codec<std::remove_cvref_t<decltype(std::declval<T>().*m.pointer)>>::shape(out);
    });
    out += '}';
  }
};

template <std::integral T>
struct Codec<T> {
  static void put(std::string& out, T value) { put_number(out, static_cast<std::int64_t>(value)); }
  static bool take(std::string_view& in, T& value) {
    std::int64_t number = 0;
    if (!take_number(in, number)) return false;
    value = static_cast<T>(number);
    return static_cast<std::int64_t>(value) == number;
  }
  static void shape(std::string& out) { out += std::is_same_v<T, bool> ? 'b' : 'n'; }
};

template <class T>
requires std::is_enum_v<T>
struct Codec<T> {
  static void put(std::string& out, T value) { put_number(out, static_cast<std::int64_t>(value)); }
  static bool take(std::string_view& in, T& value) {
    std::int64_t number = 0;
    if (!take_number(in, number)) return false;
    bool known = false;
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto e) {
      if (static_cast<std::int64_t>(e.value) != number) return;
      value = e.value;
      known = true;
    });
    return known;
  }
  static void shape(std::string& out) {
    out += '<';
    boost::mp11::mp_for_each<boost::describe::describe_enumerators<T>>([&](auto e) { out.append(e.name) += ' '; });
    out += '>';
  }
};

template <>
struct Codec<std::string> {
  static void put(std::string& out, const std::string& value) {
    put_number(out, static_cast<std::int64_t>(value.size()));
    out += value;
  }
  static bool take(std::string_view& in, std::string& value) {
    std::int64_t size = 0;
    if (!take_number(in, size) || size < 0 || static_cast<std::uint64_t>(size) > in.size()) return false;
    value = in.substr(0, static_cast<std::size_t>(size));
    in.remove_prefix(value.size());
    return true;
  }
  static void shape(std::string& out) { out += 's'; }
};

template <>
struct Codec<Uuid> {
  static void put(std::string& out, const Uuid& value) { out.append(value.bytes.begin(), value.bytes.end()); }
  static bool take(std::string_view& in, Uuid& value) {
    if (in.size() < value.bytes.size()) return false;
    for (auto& byte : value.bytes) {
      byte = static_cast<std::uint8_t>(in.front());
      in.remove_prefix(1);
    }
    return true;
  }
  static void shape(std::string& out) { out += 'u'; }
};

template <>
struct Codec<Instant> {
  static void put(std::string& out, const Instant& value) { put_number(out, value.us); }
  static bool take(std::string_view& in, Instant& value) { return take_number(in, value.us); }
  static void shape(std::string& out) { out += 't'; }
};

template <>
struct Codec<LocalDate> {
  static void put(std::string& out, const LocalDate& value) { put_number(out, value.days); }
  static bool take(std::string_view& in, LocalDate& value) { return Codec<std::int32_t>::take(in, value.days); }
  static void shape(std::string& out) { out += 'd'; }
};

template <class T>
struct Codec<std::optional<T>> {
  static void put(std::string& out, const std::optional<T>& value) {
    out += value ? '\1' : '\0';
    if (value) Codec<T>::put(out, *value);
  }
  static bool take(std::string_view& in, std::optional<T>& value) {
    if (in.empty()) return false;
    const char there = in.front();
    in.remove_prefix(1);
    value.reset();
    if (there == '\0') return true;
    return there == '\1' && Codec<T>::take(in, value.emplace());
  }
  static void shape(std::string& out) {
    out += '?';
    Codec<T>::shape(out);
  }
};

template <class T>
struct Codec<std::vector<T>> {
  static void put(std::string& out, const std::vector<T>& value) {
    put_number(out, static_cast<std::int64_t>(value.size()));
    for (const T& element : value) Codec<T>::put(out, element);
  }
  // No element is packed as nothing, so that hostile lengths end with the bytes.
  static bool take(std::string_view& in, std::vector<T>& value) {
    std::int64_t size = 0;
    if (!take_number(in, size) || size < 0 || static_cast<std::uint64_t>(size) > in.size()) return false;
    value.clear();
    value.reserve(static_cast<std::size_t>(size));
    for (std::int64_t i = 0; i < size; ++i) {
      if (!Codec<T>::take(in, value.emplace_back())) return false;
    }
    return true;
  }
  static void shape(std::string& out) {
    out += '[';
    Codec<T>::shape(out);
    out += ']';
  }
};

template <class T, std::size_t n>
struct Codec<std::array<T, n>> {
  static void put(std::string& out, const std::array<T, n>& value) {
    for (const T& element : value) Codec<T>::put(out, element);
  }
  static bool take(std::string_view& in, std::array<T, n>& value) {
    for (T& element : value) {
      if (!Codec<T>::take(in, element)) return false;
    }
    return true;
  }
  static void shape(std::string& out) {
    out += std::to_string(n) + '*';
    Codec<T>::shape(out);
  }
};

}  // namespace packed

// Appends the value.
template <class T>
void pack(std::string& out, const T& value) {
  packed::Codec<T>::put(out, value);
}

// The value of exactly these bytes; nothing when they are none.
template <class T>
std::optional<T> unpacked(std::string_view bytes) {
  T value{};
  if (!packed::Codec<T>::take(bytes, value) || !bytes.empty()) return {};
  return value;
}

// The type in words: two types of the same shape understand each other's bytes.
template <class T>
std::string shape_of() {
  std::string out;
  packed::Codec<T>::shape(out);
  return out;
}

}  // namespace ignition
