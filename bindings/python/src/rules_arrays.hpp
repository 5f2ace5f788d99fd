// Arrays of numbers that Python lends (the buffer protocol, Arrow's C data interface), and those that it gets.
#pragma once

#include <pybind11/pybind11.h>

#include <cstdint>
#include <limits>
#include <span>
#include <string_view>

namespace ignition::python {

// A type of elements, as the formats call it.
struct Element {
  std::string_view name;        // NumPy's
  char kind;                    // 'f' float, 'i' signed, 'u' unsigned
  char code;                    // of the module array
  Py_ssize_t size;              // bytes
  std::string_view arrow;       // Arrow's format
  std::string_view arrow_time;  // beginning of Arrow's format for times of this unit
};
template <class T>
inline constexpr Element element{};
template <>
inline constexpr Element element<double>{"float64", 'f', 'd', 8, "g", "-"};
template <>
inline constexpr Element element<std::int64_t>{"int64", 'i', 'q', 8, "l", "tsu:"};  // microseconds
template <>
inline constexpr Element element<std::int32_t>{"int32", 'i', 'i', 4, "i", "tdD"};  // days
template <>
inline constexpr Element element<std::uint8_t>{"uint8", 'u', 'B', 1, "C", "-"};

// A contiguous array that is borrowed as long as this lives. VALIDATION_ERROR names `field` for anything else.
class Lent {
 public:
  // `rows`: of two dimensions, too, row after row.
  Lent(const pybind11::object& value, std::string_view field, const Element& element, bool rows = false);
  ~Lent();
  Lent(const Lent&) = delete;
  Lent& operator=(const Lent&) = delete;

 protected:
  const void* data_ = nullptr;
  std::size_t count_ = 0;

 private:
  bool take_buffer(const pybind11::object& value, std::string_view field, const Element& element, bool rows);
  void take_arrow(const pybind11::object& value, std::string_view field, const Element& element);

  pybind11::object kept_;
  Py_buffer view_{};
};

// None is an empty column.
template <class T>
class Column : Lent {
 public:
  Column(const pybind11::object& value, std::string_view field, bool rows = false)
      : Lent(value, field, element<T>, rows) {}
  std::span<const T> all() const { return {static_cast<const T*>(data_), count_}; }
  operator std::span<const T>() const { return all(); }
};

// A new array: NumPy's where NumPy can be imported, else of the module array.
class New {
 public:
  New(std::size_t count, const Element& element);
  ~New() { PyBuffer_Release(&view_); }
  New(const New&) = delete;
  New& operator=(const New&) = delete;

  const pybind11::object& object() const { return object_; }

 protected:
  pybind11::object object_;
  Py_buffer view_{};
};

template <class T>
class Result : public New {
 public:
  explicit Result(std::size_t count) : New(count, element<T>) {}
  std::span<T> all() const { return {static_cast<T*>(view_.buf), static_cast<std::size_t>(view_.len) / sizeof(T)}; }
  operator std::span<T>() const { return all(); }
};

}  // namespace ignition::python
