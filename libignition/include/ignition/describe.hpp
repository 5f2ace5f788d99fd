// Type tables: one small constant per described type, made by the compiler from BOOST_DESCRIBE_STRUCT and
// BOOST_DESCRIBE_ENUM. Everything that walks a value by its fields (JSON in and out, SQL binding and rows, OpenAPI,
// language bindings) is an ordinary function over these tables, written once and compiled once.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <boost/mp11.hpp>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "ignition/types.hpp"

namespace ignition {

enum class Kind : std::uint8_t {
  boolean,
  integer,
  real,
  text,
  enumeration,
  uuid,
  instant,
  date,
  json,
  bytes,
  optional,
  update,
  defaulted,
  list,
  map,
  object,
  rendered,
};

struct TypeInfo;

struct Field {
  std::string_view name;  // on the wire and in SQL
  const TypeInfo* type;
  void* (*at)(void* object);
  const void* at_const(const void* object) const { return at(const_cast<void*>(object)); }
};

struct Alias {
  std::string_view name;   // accepted on input
  std::string_view field;  // meant
};

struct TypeInfo {
  Kind kind;
  std::string_view name{};  // of enums and objects: the C++ type's name with its domain, for example `focus.Session`

  // integer: the bounds; text, list, map: least and greatest number of code points or elements
  std::int64_t min = 0;
  std::int64_t max = std::numeric_limits<std::int64_t>::max();
  bool trims = false;                           // text
  std::string_view format{};                    // text: what `accepts` asks for, in words
  bool (*accepts)(std::string_view) = nullptr;  // text

  const TypeInfo* element = nullptr;                // optional, update, defaulted, list, map, rendered
  std::span<const Field> fields{};                  // object
  std::span<const Alias> aliases{};                 // object
  std::span<const std::string_view> enumerators{};  // enumeration: names by ordinal

  std::size_t size = 0;  // of the C++ value; with `construct` and `destroy`, to make one without knowing its type
  void (*construct)(void*) = nullptr;
  void (*destroy)(void*) = nullptr;

  // integer and enumeration (its ordinal)
  std::int64_t (*get_integer)(const void*) = nullptr;
  void (*set_integer)(void*, std::int64_t) = nullptr;
  // text, json, bytes
  std::string* (*string)(void*) = nullptr;
  // optional, update: the value inside, or null. update: `present` tells whether the key came at all
  const void* (*inside)(const void*) = nullptr;
  void* (*emplace)(void*) = nullptr;  // optional, update, defaulted: makes the value inside; list: appends one
  void (*clear)(void*) = nullptr;     // optional, update: null; list, map: empty
  bool (*present)(const void*) = nullptr;
  // list, map
  std::size_t (*count)(const void*) = nullptr;
  const void* (*item)(const void*, std::size_t) = nullptr;
  const std::string* (*key)(const void*, std::size_t) = nullptr;  // map
  void* (*emplace_key)(void*, std::string) = nullptr;             // map

  const std::string& get_string(const void* p) const { return *string(const_cast<void*>(p)); }
};

// The table of T. Tables refer to each other by address, so types may contain themselves in lists.
template <class T>
struct Described {
  static const TypeInfo table;
};
template <class T>
inline constexpr const TypeInfo& type_info = Described<T>::table;

namespace detail {

template <class T>
T& as(void* p) {
  return *static_cast<T*>(p);
}
template <class T>
const T& as(const void* p) {
  return *static_cast<const T*>(p);
}

// "ignition::focus::Session" -> "focus.Session"
template <class T>
constexpr auto type_name_storage() {
  constexpr std::string_view text = __PRETTY_FUNCTION__;
  constexpr std::size_t at = text.find("T = ") + 4;
  constexpr std::string_view full = text.substr(at, text.find_first_of(";]", at) - at);
  constexpr std::string_view prefix = "ignition::";
  constexpr std::string_view name = full.starts_with(prefix) ? full.substr(prefix.size()) : full;
  std::array<char, name.size() + 1> out{};
  std::size_t n = 0;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] == ':' && i + 1 < name.size() && name[i + 1] == ':') {
      out[n++] = '.';
      ++i;
    } else {
      out[n++] = name[i];
    }
  }
  return std::pair{out, n};
}
template <class T>
inline constexpr auto type_name_of = type_name_storage<T>();
template <class T>
constexpr std::string_view type_name() {
  return {type_name_of<T>.first.data(), type_name_of<T>.second};
}

// C++ keywords carry a trailing underscore that the wire does not show.
constexpr std::string_view wire_name(std::string_view name) {
  return name.ends_with('_') ? name.substr(0, name.size() - 1) : name;
}

template <class T>
using members_of = boost::describe::describe_members<T, boost::describe::mod_public | boost::describe::mod_inherited>;

template <class T, auto Member>
void* member_at(void* object) {
  return &(as<T>(object).*Member);
}

template <class T, class... D>
constexpr std::array<Field, sizeof...(D)> fields_of(boost::mp11::mp_list<D...>) {
  return {Field{wire_name(D::name), &Described<std::remove_cvref_t<decltype(std::declval<T>().*D::pointer)>>::table,
                &member_at<T, D::pointer>}...};
}
template <class T>
inline constexpr auto field_table = fields_of<T>(boost::mp11::mp_rename<members_of<T>, boost::mp11::mp_list>{});

template <class... D>
constexpr std::array<std::string_view, sizeof...(D)> enumerators_of(boost::mp11::mp_list<D...>) {
  return {wire_name(D::name)...};
}
template <class T>
inline constexpr auto enumerator_table =
    enumerators_of(boost::mp11::mp_rename<boost::describe::describe_enumerators<T>, boost::mp11::mp_list>{});
template <class T, class... D>
constexpr std::array<T, sizeof...(D)> values_of_enum(boost::mp11::mp_list<D...>) {
  return {D::value...};
}
template <class T>
inline constexpr auto enum_value_table =
    values_of_enum<T>(boost::mp11::mp_rename<boost::describe::describe_enumerators<T>, boost::mp11::mp_list>{});

template <class T>
constexpr std::int64_t ordinal_of(T value) {
  for (std::size_t i = 0; i < enum_value_table<T>.size(); ++i) {
    if (enum_value_table<T>[i] == value) return static_cast<std::int64_t>(i);
  }
  return -1;
}

template <class T>
constexpr TypeInfo base(Kind kind) {
  TypeInfo t{.kind = kind};
  t.size = sizeof(T);
  t.construct = [](void* p) { new (p) T(); };
  t.destroy = [](void* p) { as<T>(p).~T(); };
  return t;
}

template <class T>
constexpr TypeInfo integer_table(std::int64_t min, std::int64_t max) {
  TypeInfo t = base<T>(Kind::integer);
  t.min = min;
  t.max = max;
  t.get_integer = [](const void* p) { return static_cast<std::int64_t>(as<T>(p)); };
  if constexpr (std::is_integral_v<T>) {
    t.set_integer = [](void* p, std::int64_t v) { as<T>(p) = static_cast<T>(v); };
  } else {
    t.set_integer = [](void* p, std::int64_t v) { as<T>(p) = T(static_cast<typename T::value_type>(v)); };
  }
  return t;
}

// One specialisation per family of types.
template <class T>
struct Table {
  static constexpr TypeInfo make() {
    if constexpr (std::is_same_v<T, bool>) {
      return base<T>(Kind::boolean);
    } else if constexpr (std::is_integral_v<T>) {
      constexpr auto greatest = std::numeric_limits<T>::max();
      return integer_table<T>(
          static_cast<std::int64_t>(std::numeric_limits<T>::min()),
          sizeof(T) == 8 ? std::numeric_limits<std::int64_t>::max() : static_cast<std::int64_t>(greatest));
    } else if constexpr (std::is_floating_point_v<T>) {
      static_assert(std::is_same_v<T, double>);
      return base<T>(Kind::real);
    } else if constexpr (std::is_enum_v<T>) {
      TypeInfo t = base<T>(Kind::enumeration);
      t.name = type_name<T>();
      t.enumerators = enumerator_table<T>;
      t.get_integer = [](const void* p) { return ordinal_of(as<T>(p)); };
      t.set_integer = [](void* p, std::int64_t v) { as<T>(p) = enum_value_table<T>[static_cast<std::size_t>(v)]; };
      return t;
    } else {
      static_assert(boost::describe::has_describe_members<T>::value, "describe the type with BOOST_DESCRIBE_STRUCT");
      TypeInfo t = base<T>(Kind::object);
      t.name = type_name<T>();
      t.fields = field_table<T>;
      if constexpr (requires { T::aliases; }) t.aliases = T::aliases;
      return t;
    }
  }
};

template <>
struct Table<std::string> {
  static constexpr TypeInfo make() {
    TypeInfo t = base<std::string>(Kind::text);
    t.string = [](void* p) { return &as<std::string>(p); };
    return t;
  }
};
template <>
struct Table<Uuid> {
  static constexpr TypeInfo make() { return base<Uuid>(Kind::uuid); }
};
template <>
struct Table<Instant> {
  static constexpr TypeInfo make() { return base<Instant>(Kind::instant); }
};
template <>
struct Table<LocalDate> {
  static constexpr TypeInfo make() { return base<LocalDate>(Kind::date); }
};
template <>
struct Table<Json> {
  static constexpr TypeInfo make() {
    TypeInfo t = base<Json>(Kind::json);
    t.string = [](void* p) { return &as<Json>(p).text; };
    return t;
  }
};
template <>
struct Table<Bytes> {
  static constexpr TypeInfo make() {
    TypeInfo t = base<Bytes>(Kind::bytes);
    t.string = [](void* p) { return &as<Bytes>(p).value; };
    return t;
  }
};
template <class I, std::int64_t Min, std::int64_t Max>
struct Table<Bounded<I, Min, Max>> {
  static constexpr TypeInfo make() { return integer_table<Bounded<I, Min, Max>>(Min, Max); }
};
template <class T>
constexpr TypeInfo text_table(std::size_t min, std::size_t max) {
  TypeInfo t = base<T>(Kind::text);
  t.min = static_cast<std::int64_t>(min);
  t.max = static_cast<std::int64_t>(max);
  t.string = [](void* p) { return &as<T>(p).value; };
  return t;
}
template <std::size_t Min, std::size_t Max>
struct Table<Text<Min, Max>> {
  static constexpr TypeInfo make() { return text_table<Text<Min, Max>>(Min, Max); }
};
template <std::size_t Min, std::size_t Max>
struct Table<Trimmed<Min, Max>> {
  static constexpr TypeInfo make() {
    TypeInfo t = text_table<Trimmed<Min, Max>>(Min, Max);
    t.trims = true;
    return t;
  }
};
template <class F>
struct Table<Formatted<F>> {
  static constexpr TypeInfo make() {
    TypeInfo t = text_table<Formatted<F>>(0, F::max);
    t.format = F::name;
    t.accepts = &F::accepts;
    return t;
  }
};
template <class T>
struct Table<std::optional<T>> {
  static constexpr TypeInfo make() {
    using O = std::optional<T>;
    TypeInfo t = base<O>(Kind::optional);
    t.element = &Described<T>::table;
    t.inside = [](const void* p) -> const void* { return as<O>(p) ? &*as<O>(p) : nullptr; };
    t.emplace = [](void* p) -> void* { return &as<O>(p).emplace(); };
    t.clear = [](void* p) { as<O>(p).reset(); };
    return t;
  }
};
template <class T>
struct Table<Update<T>> {
  static constexpr TypeInfo make() {
    using P = Update<T>;
    TypeInfo t = base<P>(Kind::update);
    t.element = &Described<T>::table;
    t.inside = [](const void* p) -> const void* { return as<P>(p).value ? &*as<P>(p).value : nullptr; };
    t.emplace = [](void* p) -> void* {
      as<P>(p).present = true;
      return &as<P>(p).value.emplace();
    };
    t.clear = [](void* p) {
      as<P>(p).present = true;
      as<P>(p).value.reset();
    };
    t.present = [](const void* p) { return as<P>(p).present; };
    return t;
  }
};
template <class T, auto V>
struct Table<Or<T, V>> {
  static constexpr TypeInfo make() {
    using D = Or<T, V>;
    TypeInfo t = base<D>(Kind::defaulted);
    t.element = &Described<T>::table;
    t.inside = [](const void* p) -> const void* { return &as<D>(p).value; };
    t.emplace = [](void* p) -> void* { return &as<D>(p).value; };
    return t;
  }
};
template <class T>
struct Table<std::vector<T>> {
  static constexpr TypeInfo make() {
    using L = std::vector<T>;
    TypeInfo t = base<L>(Kind::list);
    t.element = &Described<T>::table;
    t.count = [](const void* p) { return as<L>(p).size(); };
    t.item = [](const void* p, std::size_t i) -> const void* { return &as<L>(p)[i]; };
    t.emplace = [](void* p) -> void* { return &as<L>(p).emplace_back(); };
    t.clear = [](void* p) { as<L>(p).clear(); };
    return t;
  }
};
template <class T, std::size_t Min, std::size_t Max>
struct Table<List<T, Min, Max>> {
  static constexpr TypeInfo make() {
    TypeInfo t = Table<std::vector<T>>::make();
    t.size = sizeof(List<T, Min, Max>);
    t.construct = [](void* p) { new (p) List<T, Min, Max>(); };
    t.destroy = [](void* p) { as<List<T, Min, Max>>(p).~List(); };
    t.count = [](const void* p) { return as<List<T, Min, Max>>(p).size(); };
    t.item = [](const void* p, std::size_t i) -> const void* { return &as<List<T, Min, Max>>(p)[i]; };
    t.emplace = [](void* p) -> void* { return &as<List<T, Min, Max>>(p).emplace_back(); };
    t.clear = [](void* p) { as<List<T, Min, Max>>(p).clear(); };
    t.min = static_cast<std::int64_t>(Min);
    t.max = static_cast<std::int64_t>(Max);
    return t;
  }
};
template <class V>
struct Table<Map<V>> {
  static constexpr TypeInfo make() {
    using M = Map<V>;
    TypeInfo t = base<M>(Kind::map);
    t.element = &Described<V>::table;
    t.count = [](const void* p) { return as<M>(p).entries.size(); };
    t.item = [](const void* p, std::size_t i) -> const void* { return &as<M>(p).entries[i].second; };
    t.key = [](const void* p, std::size_t i) -> const std::string* { return &as<M>(p).entries[i].first; };
    t.emplace_key = [](void* p, std::string key) -> void* {
      return &as<M>(p).entries.emplace_back(std::move(key), V{}).second;
    };
    t.clear = [](void* p) { as<M>(p).entries.clear(); };
    return t;
  }
};
template <class T>
struct Table<Rendered<T>> {
  static constexpr TypeInfo make() {
    TypeInfo t = base<Rendered<T>>(Kind::rendered);
    t.element = &Described<T>::table;
    t.inside = [](const void* p) -> const void* { return as<Rendered<T>>(p).json.get(); };
    return t;
  }
};

}  // namespace detail

template <class T>
constinit const TypeInfo Described<T>::table = detail::Table<T>::make();

// The wire name of an enumerator, and back.
template <class E>
requires std::is_enum_v<E>
constexpr std::string_view name_of(E value) {
  const std::int64_t i = detail::ordinal_of(value);
  return i < 0 ? std::string_view{} : detail::enumerator_table<E>[static_cast<std::size_t>(i)];
}
template <class E>
requires std::is_enum_v<E>
constexpr std::optional<E> enum_of(std::string_view name) {
  for (std::size_t i = 0; i < detail::enumerator_table<E>.size(); ++i) {
    if (detail::enumerator_table<E>[i] == name) return detail::enum_value_table<E>[i];
  }
  return {};
}

}  // namespace ignition
