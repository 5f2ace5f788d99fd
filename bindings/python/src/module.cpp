// The extension module ignition._core: an engine, calls by name, the catalogue. The package around it is Python.
#include <pybind11/pybind11.h>

#include <set>

#include "ignition/version.hpp"
#include "rules.hpp"
#include "values.hpp"
#include "work.hpp"

namespace ignition::python {
namespace {

namespace py = pybind11;

// An open store. Its engine lives until close() and the end of the calls under way; all members are guarded by the GIL.
class Store {
 public:
  Store(const py::object& url_text, const py::object& options) {
    if (exiting) throw store_closed();
    const UnderWay opening;
    const std::string url = text_of(url_text, "url");
    std::string json;
    write_json(json, options.ptr());
    host_ = without_gil([&] { return std::make_shared<Host>(Host::open(url, json)); });
    all().insert(this);
  }
  ~Store() {
    close();
    all().erase(this);
  }
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  std::shared_ptr<Host> host() const {
    if (forked_) throw Error(Code::UNAVAILABLE, "Open the store in the process that uses it.").because("forked");
    if (!host_) throw store_closed();
    return host_;
  }
  bool closed() const { return !host_; }

  void close() {
    std::shared_ptr<Host> host = std::move(host_);
    host_.reset();
    if (!host) return;
    const UnderWay closing;
    const py::gil_scoped_release release;
    host.reset();
  }

  void set_now(const py::object& now) {
    std::string json;
    write_json(json, now.ptr());
    const bool quoted = json.size() > 1 && json.front() == '"';
    host()->set_now(quoted ? std::string_view(json).substr(1, json.size() - 2) : std::string_view(json));
  }

  static std::set<Store*>& all() {
    static auto* const stores = new std::set<Store*>;
    return *stores;
  }

  // At the interpreter's exit: no call begins any more, those under way end, every store is closed.
  static void exit() {
    exiting = true;
    UnderWay::wait_for_all();
    while (!all().empty()) {
      Store* store = all().extract(all().begin()).value();
      store->close();
    }
    UnderWay::wait_for_all();
  }

  // In the child after a fork, the engine's threads are missing and its locks are as they were: it is left alone.
  static void forked() {
    work_under_way = 0;
    for (Store* store : all()) {
      if (store->host_) new std::shared_ptr<Host>(std::move(store->host_));
      store->forked_ = true;
    }
  }

 private:
  std::shared_ptr<Host> host_;
  bool forked_ = false;
};

Caller caller_of(const py::object& user) {
  return user.is_none() ? Caller::system() : user_of(text_of(user, "user_id"));
}

// Calls on behalf of one user, or of the host program.
class CallerOf {
 public:
  CallerOf(py::object store, const py::object& user)
      : owner_(std::move(store)), store_(py::cast<Store*>(owner_)), caller_(caller_of(user)) {}

  py::object call(const py::object& operation, const py::object& input, const py::object& key) const {
    Answer answer = run(operation, input, key, py::none());
    return answer.body.empty() ? py::none() : read_json(answer.body);
  }

  // Gives the output to `write(bytes)` piece by piece; what that raises ends the operation.
  void stream(const py::object& operation, const py::object& input, const py::function& write) const {
    if (exiting) throw store_closed();
    const UnderWay call;
    std::shared_ptr<Host> host = store_->host();
    const std::string name = text_of(operation, "operation");
    std::string body;
    if (!input.is_none()) write_json(body, input.ptr());
    std::exception_ptr raised;  // by write; dropped with the GIL held
    const auto give = [&](std::string_view piece) {
      const py::gil_scoped_acquire gil;
      try {
        write(py::bytes(piece.data(), piece.size()));
      } catch (const py::error_already_set&) {
        raised = std::current_exception();
        throw Error(Code::UNAVAILABLE, "The receiver gave up.").because("receiver_gave_up");
      }
    };
    try {
      without_gil([&] {
        const std::shared_ptr<Host> kept = std::move(host);
        kept->engine->stream(caller_, {.operation = name, .body = body}, give);
      });
    } catch (const Error&) {
      if (raised) std::rethrow_exception(raised);
      throw;
    }
  }

  py::tuple answer(const py::object& operation, const py::object& input, const py::object& key,
                   const py::object& if_none_match) const {
    Answer answer = run(operation, input, key, if_none_match);
    return py::make_tuple(answer.body.empty() ? py::none() : read_json(answer.body), answer.status,
                          answer.etag.empty() ? py::object(py::none()) : py::str(answer.etag), answer.not_modified,
                          answer.replayed);
  }

 private:
  Answer run(const py::object& operation, const py::object& input, const py::object& key,
             const py::object& if_none_match) const {
    if (exiting) throw store_closed();
    const UnderWay call;
    std::shared_ptr<Host> host = store_->host();
    const std::string name = text_of(operation, "operation");
    const std::string idempotency_key = key.is_none() ? "" : text_of(key, "idempotency_key");
    const std::string tag = if_none_match.is_none() ? "" : text_of(if_none_match, "if_none_match");
    std::string body;
    if (!input.is_none()) write_json(body, input.ptr());
    return without_gil([&] {
      // The last one to leave a closed store closes it, which may take a while.
      const std::shared_ptr<Host> kept = std::move(host);
      return kept->engine->call(
          caller_, {.operation = name, .body = body, .idempotency_key = idempotency_key, .if_none_match = tag});
    });
  }

  py::object owner_;
  Store* store_;
  Caller caller_;
};

// (name, summary, input fields, of these the required ones) of every operation.
py::list operations() {
  py::list out;
  for (const Operation& operation : catalogue().operations()) {
    py::list fields;
    py::list required;
    for (const Field& field : operation.input->fields) {
      fields.append(py::str(field.name.data(), field.name.size()));
      const Kind kind = field.type->kind;
      if (kind == Kind::optional || kind == Kind::update || kind == Kind::defaulted) continue;
      required.append(py::str(field.name.data(), field.name.size()));
    }
    out.append(py::make_tuple(operation.name, operation.summary, py::tuple(fields), py::tuple(required)));
  }
  return out;
}

void raise(std::exception_ptr thrown) {
  try {
    if (thrown) std::rethrow_exception(thrown);
  } catch (const Error& error) {
    try {
      std::string details = error.details_json();
      const py::object type =
          py::module_::import("ignition.errors").attr("ERRORS")[py::str(std::string(name_of(error.code())))];
      const py::object value = type(error.message(), read_json(details));
      PyErr_SetObject(type.ptr(), value.ptr());
    } catch (py::error_already_set& failed) {
      failed.restore();
    }
  }
}

}  // namespace

PYBIND11_MODULE(_core, m) {
  prepare_values();
  py::register_exception_translator(&raise);
  py::class_<Store>(m, "Store")
      .def(py::init<const py::object&, const py::object&>())
      .def("close", &Store::close)
      .def_property_readonly("closed", &Store::closed)
      .def("set_now", &Store::set_now);
  py::class_<CallerOf>(m, "Caller")
      .def(py::init<py::object, const py::object&>())
      .def("call", &CallerOf::call)
      .def("answer", &CallerOf::answer)
      .def("stream", &CallerOf::stream);
  m.def("operations", &operations);
  m.def("codes", [] {
    py::list out;
    for (const std::string_view code : type_info<Code>.enumerators) out.append(py::str(code.data(), code.size()));
    return out;
  });
  add_rules(m);
  m.attr("version") = kVersion;
  m.attr("local_user") = kLocalUser.text();
  py::module_::import("atexit").attr("register")(py::cpp_function(&Store::exit));
  py::module_::import("os").attr("register_at_fork")(py::arg("after_in_child") = py::cpp_function(&Store::forked));
}

}  // namespace ignition::python
