// Bytes that claim to be HTTP. Whatever comes, each answer is a well-formed response, and the answers do not depend on
// how the bytes were cut into pieces, save that garbage in pieces may be recognised later. The first byte of an input
// says how long the pieces are.
#include <spdlog/sinks/null_sink.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <string>
#include <string_view>

#include "conversation.hpp"

namespace {

using namespace ignition;
using namespace ignition::server;

struct Note {
  Text<1, 50> text;
  std::vector<std::string> tags;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text, tags))
struct OneNote {
  std::string id;
  std::optional<std::string> filter;
};
BOOST_DESCRIBE_STRUCT(OneNote, (), (id, filter))

Note create(Context&, const Note& in) { return in; }
Note get(Context&, const OneNote&) { return {}; }

// Reads inputs like the real one, and answers them.
class EchoEngine final : public Engine {
 public:
  EchoEngine() {
    catalogue_.add("notes.create", Create("/notes"), Access::user, Effect::write, &create, "Echoes.");
    catalogue_.add("notes.get", Get("/notes/{id}"), Access::user, Effect::read, &get, "Echoes.");
    catalogue_.add("notes.delete", Delete("/notes/{id}"), Access::public_, Effect::write, &get, "Echoes.");
  }
  Answer call(const Caller&, const Call& call) override {
    if (call.operation == "notes.create") return {.status = 201, .body = to_json(from_json<Note>(call.body))};
    OneNote note;
    Reader reader;
    for (const auto& [name, text] : call.path) reader.set(type_info<OneNote>, &note, name, text);
    for (const auto& [name, text] : call.query) reader.set(type_info<OneNote>, &note, name, text);
    reader.finish();
    return {.body = to_json(note), .etag = "e"};
  }
  const Catalogue& catalogue() const override { return catalogue_; }
  const Config& config() const override { return config_; }
  Store& store() override { throw Error(Code::UNAVAILABLE, "There is no store."); }
  Clock& clock() override { return clock_; }
  RateStore& rates() override { return rates_; }
  int pending_migrations() override { return 0; }
  int subscribe(std::function<void(std::string_view, std::string_view)>) override { return 0; }
  void unsubscribe(int) override {}

 protected:
  void run(const Operation&, const Caller&, const void*, void*) override {}

 private:
  Catalogue catalogue_;
  Config config_;
  SystemClock clock_;
  MemoryRates rates_;
};

Settings settings() {
  Settings s;
  s.local_user = true;
  s.max_body_bytes = 2000;
  s.log = std::make_shared<spdlog::sinks::null_sink_mt>();
  return s;
}

std::string answers(Site& site, std::string_view input, std::size_t piece) {
  Conversation conversation(site, Peer{.address = {}, .unix_socket = true});
  std::string out;
  while (true) {
    switch (conversation.advance(out)) {
      case Wants::close:
        return out;
      case Wants::flush:
        break;
      case Wants::work:
        conversation.work();
        break;
      case Wants::input: {
        if (input.empty()) return out;
        const auto room = conversation.room();
        const std::size_t n = std::min({piece, room.size(), input.size()});
        std::copy_n(input.begin(), n, room.begin());
        conversation.received(n);
        input.remove_prefix(n);
      }
    }
    if (out.size() > 10'000'000) return out;
  }
}

// The statuses of all responses in `out`; aborts when it is not a row of well-formed responses. A body may be missing
// after its length only where a HEAD request was possible, which is wherever the next response begins at once.
std::string statuses(std::string_view out) {
  std::string found;
  while (!out.empty()) {
    if (!out.starts_with("HTTP/1.1 ") || out.size() < 16) std::abort();
    found.append(out.substr(9, 3)).push_back(' ');
    const auto end = out.find("\r\n\r\n");
    if (end == std::string_view::npos) std::abort();
    const std::string_view header = out.substr(0, end);
    if (header.find("\n\n") != std::string_view::npos) std::abort();
    out.remove_prefix(end + 4);
    const auto field = header.find("\r\nContent-Length: ");
    if (field == std::string_view::npos) continue;
    std::size_t length = 0;
    std::from_chars(header.data() + field + 18, header.data() + header.size(), length);
    const bool without_body = length > 0 && (out.empty() || out.starts_with("HTTP/1.1 "));
    if (without_body) continue;
    if (out.size() < length) std::abort();
    out.remove_prefix(length);
  }
  return found;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  static EchoEngine engine;
  static Site site(&engine, settings());
  if (size == 0) return 0;
  const std::string_view input(reinterpret_cast<const char*>(bytes) + 1, size - 1);
  const std::string whole = statuses(answers(site, input, 1'000'000));
  const std::string pieces = statuses(answers(site, input, bytes[0] % 64 + std::size_t{1}));
  // Whether 100 Continue is said depends on what has arrived; and large garbage may be refused for either reason.
  const bool comparable =
      size < 8000 && whole.find("100 ") == std::string::npos && pieces.find("100 ") == std::string::npos;
  if (comparable && !whole.starts_with(pieces)) std::abort();
  return 0;
}
