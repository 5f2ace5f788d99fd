// Rows and parameters of described objects: one walk over a type table in each direction.
#include <fmt/format.h>

#include <cmath>
#include <map>
#include <memory>
#include <mutex>

#include "ignition/storage.hpp"
#include "ignition/wire.hpp"

namespace ignition {
namespace {

// A value that the schema does not let in: the program and its database do not belong together.
[[noreturn]] void mismatch(std::string_view what) {
  throw Error(Code::INTERNAL, fmt::format("A stored value is not {}.", what));
}

std::string_view text_of(const Cell& cell, std::string_view what) {
  if (cell.type != Cell::Type::text) mismatch(what);
  return cell.text;
}

void read_json(std::string_view json, const TypeInfo& type, void* out) {
  Reader reader(UnknownKeys::ignore);
  reader.read(json, type, out);
  if (!reader.errors().empty()) mismatch("the document it should be");
}

void read_enum(const Cell& cell, const TypeInfo& type, void* out) {
  const std::string_view name = text_of(cell, "one of a set of names");
  for (std::size_t i = 0; i < type.enumerators.size(); ++i) {
    if (type.enumerators[i] == name) return type.set_integer(out, static_cast<std::int64_t>(i));
  }
  mismatch("one of a set of names");
}

template <class T>
void read_parsed(const Cell& cell, void* out, std::string_view what) {
  const auto value = T::parse(text_of(cell, what));
  if (!value) mismatch(what);
  *static_cast<T*>(out) = *value;
}

void read_real(const Cell& cell, void* out) {
  if (cell.type == Cell::Type::real) {
    *static_cast<double*>(out) = cell.real;
  } else if (cell.type == Cell::Type::integer) {
    *static_cast<double*>(out) = static_cast<double>(cell.integer);
  } else {
    mismatch("a number");
  }
}

void read_cell(const Cell& cell, const TypeInfo& type, void* out) {
  switch (type.kind) {
    case Kind::optional:
    case Kind::update:
      if (cell.type == Cell::Type::null) return type.clear(out);
      return read_cell(cell, *type.element, type.emplace(out));
    case Kind::defaulted:
      return read_cell(cell, *type.element, type.emplace(out));
    case Kind::boolean:
      if (cell.type != Cell::Type::integer) mismatch("a truth value");
      *static_cast<bool*>(out) = cell.integer != 0;
      return;
    case Kind::integer:
      if (cell.type != Cell::Type::integer) mismatch("a whole number");
      if (cell.integer < type.min || cell.integer > type.max) mismatch("within its bounds");
      return type.set_integer(out, cell.integer);
    case Kind::real:
      return read_real(cell, out);
    case Kind::text:
      *type.string(out) = text_of(cell, "a text");
      return;
    case Kind::json:
      *type.string(out) = text_of(cell, "a document");
      return;
    case Kind::bytes:
      if (cell.type != Cell::Type::blob) mismatch("a sequence of bytes");
      *type.string(out) = cell.text;
      return;
    case Kind::enumeration:
      return read_enum(cell, type, out);
    case Kind::uuid:
      return read_parsed<Uuid>(cell, out, "an id");
    case Kind::instant:
      return read_parsed<Instant>(cell, out, "an instant");
    case Kind::date:
      return read_parsed<LocalDate>(cell, out, "a date");
    case Kind::list:
    case Kind::map:
    case Kind::object:
      return read_json(text_of(cell, "a document"), type, out);
    case Kind::rendered:
      break;
  }
  throw Error(Code::INTERNAL, "A row holds a field that cannot be stored.");
}

// The absence of a value of this type.
Null null_of(const TypeInfo& type) {
  const bool wraps = type.kind == Kind::optional || type.kind == Kind::update || type.kind == Kind::defaulted;
  return wraps ? null_of(*type.element) : Null{type.kind};
}

// The parameter of one value. Documents become text that `texts` keeps; `texts` must not move its elements.
Param param_from(const TypeInfo& type, const void* value, std::vector<std::string>& texts) {
  switch (type.kind) {
    case Kind::optional:
    case Kind::update: {
      const void* inside = type.inside(value);
      return inside == nullptr ? Param{null_of(*type.element)} : param_from(*type.element, inside, texts);
    }
    case Kind::defaulted:
      return param_from(*type.element, type.inside(value), texts);
    case Kind::list:
    case Kind::map:
    case Kind::object:
      write_json(texts.emplace_back(), type, value);
      return std::string_view(texts.back());
    default:
      return detail::param_of(type, value);
  }
}

}  // namespace

void read_row(const RowView& row, const TypeInfo& type, void* out) {
  if (type.kind != Kind::object) {
    if (row.size() != 1) throw Error(Code::INTERNAL, "A statement for one value returned several columns.");
    return read_cell(row.cell(0), type, out);
  }
  if (static_cast<std::size_t>(row.size()) != type.fields.size()) {
    throw Error(Code::INTERNAL, fmt::format("A statement returned {} columns for the {} fields of {}.", row.size(),
                                            type.fields.size(), type.name));
  }
  int column = 0;
  for (const Field& field : type.fields) read_cell(row.cell(column++), *field.type, field.at(out));
}

std::vector<Param> params_of(const TypeInfo& type, const void* object, std::vector<std::string>& texts) {
  texts.clear();
  texts.reserve(type.fields.size());
  std::vector<Param> params;
  params.reserve(type.fields.size());
  for (const Field& field : type.fields) {
    params.push_back(param_from(*field.type, field.at_const(object), texts));
  }
  return params;
}

Sql insert_statement(const TypeInfo& row, std::string_view table) {
  static std::mutex mutex;
  static std::map<std::pair<const TypeInfo*, std::string>, std::unique_ptr<const std::string>, std::less<>> statements;
  const std::scoped_lock lock(mutex);
  auto& statement = statements[{&row, std::string(table)}];
  if (!statement) {
    std::string columns;
    std::string values;
    for (std::size_t i = 0; i < row.fields.size(); ++i) {
      const std::string_view comma = i == 0 ? "" : ", ";
      fmt::format_to(std::back_inserter(columns), "{}{}", comma, row.fields[i].name);
      fmt::format_to(std::back_inserter(values), "{}${}", comma, i + 1);
    }
    statement =
        std::make_unique<const std::string>(fmt::format("INSERT INTO {} ({}) VALUES ({})", table, columns, values));
  }
  return Sql{*statement};
}

namespace detail {

Param param_of(const TypeInfo& type, const void* value) {
  switch (type.kind) {
    case Kind::optional:
    case Kind::update: {
      const void* inside = type.inside(value);
      return inside == nullptr ? Param{null_of(*type.element)} : param_of(*type.element, inside);
    }
    case Kind::defaulted:
      return param_of(*type.element, type.inside(value));
    case Kind::boolean:
      return *static_cast<const bool*>(value);
    case Kind::integer:
      return type.get_integer(value);
    case Kind::real: {
      const double number = *static_cast<const double*>(value);
      // SQLite would store NULL for it.
      if (!std::isfinite(number)) throw Error(Code::INTERNAL, "A number to store is not finite.");
      return number;
    }
    case Kind::text:
    case Kind::json:
      return std::string_view(type.get_string(value));
    case Kind::bytes:
      return BytesView{type.get_string(value)};
    case Kind::enumeration: {
      const std::int64_t ordinal = type.get_integer(value);
      if (ordinal < 0) throw Error(Code::INTERNAL, "An enumerator to store has no name.");
      return type.enumerators[static_cast<std::size_t>(ordinal)];
    }
    case Kind::uuid:
      return *static_cast<const Uuid*>(value);
    case Kind::instant:
      return *static_cast<const Instant*>(value);
    case Kind::date:
      return *static_cast<const LocalDate*>(value);
    case Kind::list:
    case Kind::map:
    case Kind::object:
    case Kind::rendered:
      break;
  }
  throw Error(Code::INTERNAL, "A list, map or object was given as a parameter; write it as JSON first.");
}

}  // namespace detail

void Transaction::insert_row(const TypeInfo& type, std::string_view table, const void* row) {
  std::vector<std::string> texts;
  const std::vector<Param> params = params_of(type, row, texts);
  run(insert_statement(type, table), params, nullptr, nullptr);
}

void Transaction::insert_rows(const TypeInfo& row, std::string_view table, std::span<const void* const> rows) {
  if (rows.empty()) return;
  const Sql sql = insert_statement(row, table);
  std::vector<std::string> texts;
  for (const void* object : rows) {
    const std::vector<Param> params = params_of(row, object, texts);
    run(sql, params, nullptr, nullptr);
  }
}

}  // namespace ignition
