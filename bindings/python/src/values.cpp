#include "values.hpp"

#include <datetime.h>
#include <simdjson.h>

#include <cmath>
#include <memory>
#include <unordered_map>

#include "ignition/engine.hpp"
#include "ignition/wire.hpp"

namespace ignition::python {
namespace {

namespace py = pybind11;

// Where a value stands in the input; written out only when it is refused.
struct Place {
  const Place* parent = nullptr;
  std::string_view key{};
  Py_ssize_t index = -1;  // of a list
  int depth = 0;

  std::string text() const {
    if (parent == nullptr) return {};
    if (index >= 0) return parent->text() + fmt::format("[{}]", index);
    const std::string before = parent->text();
    return before + (before.empty() ? "" : ".") + std::string(key);
  }
};

[[noreturn]] void refuse(const Place& place, std::string code, std::string message) {
  throw invalid(place.text(), std::move(code), std::move(message));
}

// What the standard library's types look like from here.
struct Known {
  py::object uuid = py::module_::import("uuid").attr("UUID");
  py::object enumeration = py::module_::import("enum").attr("Enum");
  py::object utc = py::module_::import("datetime").attr("timezone").attr("utc");
};

const Known& known() {
  // Lives as long as the process: the interpreter may be gone before static objects are.
  static const Known* const types = [] {
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == nullptr) throw py::error_already_set();
    return new Known;
  }();
  return *types;
}

std::string_view utf8(PyObject* text, const Place& place) {
  Py_ssize_t size = 0;
  const char* bytes = PyUnicode_AsUTF8AndSize(text, &size);
  if (bytes == nullptr) {
    PyErr_Clear();
    refuse(place, "invalid_text", "must be valid Unicode text, without lone surrogates");
  }
  return {bytes, static_cast<std::size_t>(size)};
}

py::object owned(PyObject* object) {
  if (object == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(object);
}

void write(std::string& out, PyObject* value, const Place& place);

void write_integer(std::string& out, PyObject* value, const Place& place) {
  int overflow = 0;
  const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
  if (overflow != 0) refuse(place, "out_of_range", "must be an integer of at most 64 bits");
  if (number == -1 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  fmt::format_to(std::back_inserter(out), "{}", number);
}

void write_real(std::string& out, PyObject* value, const Place& place) {
  const double number = PyFloat_AsDouble(value);
  if (!std::isfinite(number)) refuse(place, "out_of_range", "must be a finite number");
  // repr() semantics: a float stays one, `25.0` is not the integer 25.
  const std::string text = fmt::format("{}", number);
  out += text;
  if (text.find_first_of(".e") == std::string::npos) out += ".0";
}

void write_time(std::string& out, PyObject* value, const Place& place) {
  py::object time = py::reinterpret_borrow<py::object>(value);
  if (PyDateTime_Check(value)) {
    if (time.attr("utcoffset")().is_none()) refuse(place, "invalid_format", "must be a datetime with a time zone");
    time = time.attr("astimezone")(known().utc);
  }
  write_json_string(out, utf8(py::object(time.attr("isoformat")()).ptr(), place));
}

void write_member(std::string& out, PyObject* key, PyObject* value, const Place& place, bool first) {
  if (!PyUnicode_Check(key))
    refuse(place, "wrong_type", fmt::format("must have text keys, got {}", Py_TYPE(key)->tp_name));
  const std::string_view name = utf8(key, place);
  if (!first) out += ',';
  write_json_string(out, name);
  out += ':';
  write(out, value, {.parent = &place, .key = name, .depth = place.depth + 1});
}

void write_dict(std::string& out, PyObject* dict, const Place& place) {
  out += '{';
  PyObject* key = nullptr;
  PyObject* value = nullptr;
  Py_ssize_t at = 0;
  const Py_ssize_t size = PyDict_GET_SIZE(dict);
  for (bool first = true; PyDict_Next(dict, &at, &key, &value) != 0; first = false) {
    // Converting a value may run Python code; what it holds must live until it is written.
    const auto held_key = py::reinterpret_borrow<py::object>(key);
    const auto held_value = py::reinterpret_borrow<py::object>(value);
    write_member(out, key, value, place, first);
    if (PyDict_GET_SIZE(dict) != size) refuse(place, "changed", "must not change while it is read");
  }
  out += '}';
}

void write_mapping(std::string& out, PyObject* mapping, const Place& place) {
  const py::object items = owned(PyMapping_Items(mapping));
  out += '{';
  bool first = true;
  for (const py::handle item : items) {
    const auto pair = py::reinterpret_borrow<py::tuple>(item);
    if (!PyTuple_Check(item.ptr()) || pair.size() != 2) refuse(place, "wrong_type", "must be a mapping with items()");
    write_member(out, py::object(pair[0]).ptr(), py::object(pair[1]).ptr(), place, first);
    first = false;
  }
  out += '}';
}

void write_sequence(std::string& out, PyObject* sequence, const Place& place) {
  // A list could change under our hands while an element's code runs.
  const py::object items = owned(PySequence_Tuple(sequence));
  out += '[';
  const Py_ssize_t size = PyTuple_GET_SIZE(items.ptr());
  for (Py_ssize_t i = 0; i < size; ++i) {
    if (i > 0) out += ',';
    write(out, PyTuple_GET_ITEM(items.ptr(), i), {.parent = &place, .index = i, .depth = place.depth + 1});
  }
  out += ']';
}

void write(std::string& out, PyObject* value, const Place& place) {
  if (place.depth > kMaxJsonDepth)
    refuse(place, "too_deep", fmt::format("must be nested at most {} deep", kMaxJsonDepth));
  if (value == Py_None) {
    out += "null";
  } else if (PyBool_Check(value)) {
    out += value == Py_True ? "true" : "false";
  } else if (PyUnicode_CheckExact(value)) {
    write_json_string(out, utf8(value, place));
  } else if (PyLong_CheckExact(value)) {
    write_integer(out, value, place);
  } else if (PyDict_Check(value)) {
    write_dict(out, value, place);
  } else if (PyObject_IsInstance(value, known().enumeration.ptr()) == 1) {
    const py::object inside = py::handle(value).attr("value");
    write(out, inside.ptr(),
          {.parent = place.parent, .key = place.key, .index = place.index, .depth = place.depth + 1});
  } else if (PyUnicode_Check(value)) {
    write_json_string(out, utf8(value, place));
  } else if (PyLong_Check(value)) {
    write_integer(out, value, place);
  } else if (PyFloat_Check(value)) {
    write_real(out, value, place);
  } else if (PyObject_IsInstance(value, known().uuid.ptr()) == 1) {
    write_json_string(out, utf8(owned(PyObject_Str(value)).ptr(), place));
  } else if (PyDate_Check(value)) {  // a datetime is a date, too
    write_time(out, value, place);
  } else if (PyMapping_Check(value) && PyObject_HasAttrString(value, "keys") == 1) {
    write_mapping(out, value, place);
  } else if (PySequence_Check(value) && !PyObject_CheckBuffer(value)) {
    write_sequence(out, value, place);
  } else {
    refuse(place, "wrong_type", fmt::format("cannot be a Python {}", Py_TYPE(value)->tp_name));
  }
}

// The keys of all outputs as Python texts, made once: most of reading an answer would otherwise be making keys.
class Keys {
 public:
  Keys() {
    for (const Operation& operation : catalogue().operations()) add(*operation.output);
    seen_.clear();
  }
  py::object of(std::string_view name) const {
    const auto found = texts_.find(name);
    return found != texts_.end() ? py::reinterpret_borrow<py::object>(found->second) : text_of(name);
  }
  static py::object text_of(std::string_view utf8) {
    return owned(PyUnicode_DecodeUTF8(utf8.data(), static_cast<Py_ssize_t>(utf8.size()), "strict"));
  }

 private:
  void add(const TypeInfo& type) {
    if (!seen_.emplace(&type, true).second) return;
    if (type.element != nullptr) add(*type.element);
    for (const Field& field : type.fields) {
      if (!texts_.contains(field.name)) texts_.emplace(field.name, text_of(field.name).release().ptr());
      add(*field.type);
    }
  }
  std::unordered_map<std::string_view, PyObject*> texts_;
  std::unordered_map<const TypeInfo*, bool> seen_;
};

const Keys& keys() {
  static const Keys* const all = new Keys;
  return *all;
}

py::object read(const simdjson::dom::element& element) {
  using simdjson::dom::element_type;
  switch (element.type()) {
    case element_type::OBJECT: {
      py::object dict = owned(PyDict_New());
      for (const auto& [key, value] : simdjson::dom::object(element)) {
        const py::object name = keys().of(key);
        const py::object inner = read(value);
        if (PyDict_SetItem(dict.ptr(), name.ptr(), inner.ptr()) != 0) throw py::error_already_set();
      }
      return dict;
    }
    case element_type::ARRAY: {
      const simdjson::dom::array array(element);
      py::object list = owned(PyList_New(0));
      for (const simdjson::dom::element item : array) {
        const py::object inner = read(item);
        if (PyList_Append(list.ptr(), inner.ptr()) != 0) throw py::error_already_set();
      }
      return list;
    }
    case element_type::STRING:
      return Keys::text_of(std::string_view(element));
    case element_type::INT64:
      return owned(PyLong_FromLongLong(std::int64_t(element)));
    case element_type::UINT64:
      return owned(PyLong_FromUnsignedLongLong(std::uint64_t(element)));
    case element_type::DOUBLE:
      return owned(PyFloat_FromDouble(double(element)));
    case element_type::BOOL:
      return py::bool_(bool(element));
    case element_type::NULL_VALUE:
      break;
  }
  return py::none();
}

}  // namespace

void prepare_values() {
  known();
  keys();
}

void write_json(std::string& out, PyObject* value) { write(out, value, {}); }

std::string text_of(const py::object& value, std::string_view field) {
  const Place root;
  const Place place{.parent = &root, .key = field};
  if (PyUnicode_Check(value.ptr())) return std::string(utf8(value.ptr(), place));
  if (PyObject_IsInstance(value.ptr(), known().uuid.ptr()) != 1) {
    refuse(place, "wrong_type", fmt::format("must be a str, got a Python {}", Py_TYPE(value.ptr())->tp_name));
  }
  return std::string(utf8(py::object(py::str(value)).ptr(), place));
}

py::object read_json(std::string& json) {
  thread_local simdjson::dom::parser parser;
  json.reserve(json.size() + simdjson::SIMDJSON_PADDING);
  simdjson::dom::element root;
  if (parser.parse(json.data(), json.size(), false).get(root) == simdjson::SUCCESS) return read(root);
  // Stored JSON may hold integers of more than 64 bits, which Python has and simdjson has not.
  return py::module_::import("json").attr("loads")(json);
}

}  // namespace ignition::python
