#include "rules_arrays.hpp"

#include <bit>
#include <string>

#include "ignition/error.hpp"

namespace ignition::python {
namespace {

namespace py = pybind11;

static_assert(std::endian::native == std::endian::little);

// The structures of Arrow's C data interface (arrow.apache.org/docs/format/CDataInterface.html).
struct ArrowSchema {
  const char* format;
  const char* name;
  const char* metadata;
  std::int64_t flags;
  std::int64_t n_children;
  ArrowSchema** children;
  ArrowSchema* dictionary;
  void (*release)(ArrowSchema*);
  void* private_data;
};
struct ArrowArray {
  std::int64_t length;
  std::int64_t null_count;
  std::int64_t offset;
  std::int64_t n_buffers;
  std::int64_t n_children;
  const void** buffers;
  ArrowArray** children;
  ArrowArray* dictionary;
  void (*release)(ArrowArray*);
  void* private_data;
};

[[noreturn]] void refuse(std::string_view field, const char* code, std::string message) {
  throw invalid(std::string(field), code, std::move(message));
}

[[noreturn]] void refuse_type(std::string_view field, const Element& wanted, std::string_view got) {
  refuse(field, "wrong_type", fmt::format("must be an array of {}, got {}", wanted.name, got));
}

// NumPy, if there is one.
py::object numpy() {
  static bool missing = false;  // guarded by the GIL
  if (missing) return py::none();
  try {
    return py::module_::import("numpy");
  } catch (const py::error_already_set& failed) {
    if (!failed.matches(PyExc_ImportError)) throw;
    missing = true;
    return py::none();
  }
}

// Does a format of the module struct, which buffers have, mean these elements?
bool means(const char* format, const Element& wanted) {
  std::string_view text = format == nullptr ? "B" : format;
  if (!text.empty() && std::string_view("@=<").find(text[0]) != std::string_view::npos) text.remove_prefix(1);
  if (text.size() != 1) return false;
  const std::string_view same_kind = wanted.kind == 'f' ? "fd" : wanted.kind == 'i' ? "bhilqn" : "BHILQN";
  return same_kind.find(text[0]) != std::string_view::npos;
}

// NumPy's times in microseconds as the numbers that they are: NumPy lends no others.
py::object as_numbers(const py::object& value, const Element& wanted) {
  if (wanted.code != 'q' || !py::hasattr(value, "dtype")) return value;
  const std::string type = py::str(value.attr("dtype"));
  return type == "datetime64[us]" ? py::object(value.attr("view")("int64")) : value;
}

template <class T>
const T* content(const py::handle capsule, const char* name) {
  const void* pointer = PyCapsule_GetPointer(capsule.ptr(), name);
  if (pointer == nullptr) throw py::error_already_set();
  return static_cast<const T*>(pointer);
}

bool has_null(const ArrowArray& array) {
  if (array.null_count == 0 || array.buffers[0] == nullptr) return false;
  const auto* valid = static_cast<const std::uint8_t*>(array.buffers[0]);
  for (std::int64_t i = array.offset; i < array.offset + array.length; ++i) {
    if ((valid[i / 8] >> (i % 8) & 1) == 0) return true;
  }
  return false;
}

}  // namespace

Lent::Lent(const py::object& value, std::string_view field, const Element& element, bool rows) {
  if (value.is_none()) return;
  if (PyObject_CheckBuffer(value.ptr())) {
    if (take_buffer(as_numbers(value, element), field, element, rows)) return;
  } else if (py::hasattr(value, "__arrow_c_array__")) {
    take_arrow(value, field, element);
    return;
  } else if (py::hasattr(value, "__array__")) {  // pandas and others: NumPy looks inside
    const py::object module = numpy();
    if (!module.is_none() && take_buffer(as_numbers(module.attr("asarray")(value), element), field, element, rows)) {
      return;
    }
  }
  const py::object kind =
      py::hasattr(value, "dtype") ? py::object(value.attr("dtype")) : py::object(py::type::of(value));
  refuse_type(field, element, std::string(py::str(kind)));
}

Lent::~Lent() { PyBuffer_Release(&view_); }

bool Lent::take_buffer(const py::object& value, std::string_view field, const Element& wanted, bool rows) {
  if (PyObject_GetBuffer(value.ptr(), &view_, PyBUF_STRIDES | PyBUF_FORMAT) != 0) {
    if (PyErr_ExceptionMatches(PyExc_MemoryError) != 0) throw py::error_already_set();
    PyErr_Clear();
    return false;
  }
  // A constructor that throws is not followed by its destructor.
  const auto give_back = [this] { PyBuffer_Release(&view_); };
  if (!means(view_.format, wanted) || view_.itemsize != wanted.size) {
    give_back();
    return false;
  }
  if (view_.ndim != 1 && !(rows && view_.ndim == 2)) {
    const int dimensions = view_.ndim;
    give_back();
    refuse(field, "shape", fmt::format("must have one dimension, got {}", dimensions));
  }
  const bool aligned = std::bit_cast<std::uintptr_t>(view_.buf) % static_cast<std::uintptr_t>(wanted.size) == 0;
  if (PyBuffer_IsContiguous(&view_, 'C') == 0 || (view_.len > 0 && !aligned)) {
    give_back();
    refuse(field, "not_contiguous", "must lie in memory without gaps, aligned");
  }
  data_ = view_.buf;
  count_ = static_cast<std::size_t>(view_.len / wanted.size);
  return true;
}

void Lent::take_arrow(const py::object& value, std::string_view field, const Element& wanted) {
  kept_ = value.attr("__arrow_c_array__")();  // the capsules give the memory back when they go
  if (!PyTuple_Check(kept_.ptr()) || PyTuple_GET_SIZE(kept_.ptr()) != 2) {
    refuse(field, "wrong_type", "must give two capsules as an Arrow array");
  }
  const auto& schema = *content<ArrowSchema>(PyTuple_GET_ITEM(kept_.ptr(), 0), "arrow_schema");
  const auto& array = *content<ArrowArray>(PyTuple_GET_ITEM(kept_.ptr(), 1), "arrow_array");
  if (schema.release == nullptr || array.release == nullptr) refuse(field, "released", "must be a living Arrow array");
  const std::string_view format = schema.format;
  if (schema.dictionary != nullptr || (format != wanted.arrow && !format.starts_with(wanted.arrow_time))) {
    refuse_type(field, wanted, fmt::format("Arrow's {}", format));
  }
  if (array.n_buffers != 2 || array.length < 0 || array.offset < 0)
    refuse(field, "shape", "must be a flat Arrow array");
  if (array.length == 0) return;
  if (has_null(array)) refuse(field, "null", "must have no nulls");
  data_ = static_cast<const char*>(array.buffers[1]) + array.offset * wanted.size;
  if (std::bit_cast<std::uintptr_t>(data_) % static_cast<std::uintptr_t>(wanted.size) != 0) {
    refuse(field, "not_contiguous", "must lie in memory without gaps, aligned");
  }
  count_ = static_cast<std::size_t>(array.length);
}

New::New(std::size_t count, const Element& element) {
  const py::object module = numpy();
  if (!module.is_none()) {
    object_ = module.attr("empty")(count, py::str(element.name.data(), element.name.size()));
  } else {
    py::list one;
    one.append(py::int_(0));
    object_ = py::module_::import("array").attr("array")(py::str(&element.code, 1), one) * py::int_(count);
  }
  if (PyObject_GetBuffer(object_.ptr(), &view_, PyBUF_WRITABLE) != 0) throw py::error_already_set();
}

}  // namespace ignition::python
