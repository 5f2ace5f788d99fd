#include "week/script.hpp"

#include <fstream>
#include <iterator>
#include <map>

#include "ignition/sha256.hpp"

namespace ignition::week_test {
namespace {

using test::Answered;

// The value at `a.b.0.c` of an answer.
Answered at_path(Answered value, std::string_view path) {
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('.', begin), path.size());
    const std::string part(path.substr(begin, end - begin));
    const bool index = !part.empty() && part.find_first_not_of("0123456789") == std::string::npos;
    value = index ? value[std::stoi(part)] : value[part];
    begin = end + 1;
  }
  return value;
}

std::string with_names(std::string text, const std::map<std::string, std::string>& names) {
  for (std::size_t at = text.find("\"$"); at != std::string::npos; at = text.find("\"$", at + 1)) {
    const std::size_t end = text.find('"', at + 2);
    const std::string name = text.substr(at + 2, end - at - 2);
    REQUIRE_MESSAGE(names.contains(name), "no line named anything " << name);
    text.replace(at, end + 1 - at, names.at(name));
  }
  return text;
}

// Who calls the operation: the host program, or the user of the week.
std::string user_of(std::string_view operation, const std::string& user) {
  const Operation* found = catalogue().find(operation);
  REQUIRE_MESSAGE(found != nullptr, "there is no operation " << operation);
  return found->access == Access::system ? std::string() : user;
}

// The values at the paths of a line's key, in what was answered.
void check_values(const Answered& line, std::string_view key, const Answered& answer) {
  if (!line[key].exists()) return;
  for (const std::string& path : line[key].keys()) {
    CAPTURE(path);
    CHECK(at_path(answer, path).json() == line[key][path].json());
  }
}

void check_refusal(const Answered& line, const Answered& answer) {
  const std::string expected = line["refused"].exists() ? line["refused"].text() : std::string();
  std::string summary;
  if (answer["code"].exists() && answer["details"].exists()) {
    summary = answer["code"].text();
    if (answer["details"]["reason"].exists()) summary += " " + answer["details"]["reason"].text();
    for (int i = 0; answer["details"]["fields"][i].exists(); ++i) {
      summary += " " + answer["details"]["fields"][i]["field"].text();
    }
  }
  CHECK(summary == expected);
}

}  // namespace

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  REQUIRE_MESSAGE(file.good(), "cannot read " << path);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> split(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

std::string answer(Engine& engine, const Made& call) {
  const Caller caller = call.user.empty() ? Caller::system() : Caller::host(Uuid::parse(call.user).value());
  try {
    return engine.call(caller, Call{.operation = call.operation, .body = call.input}).body;
  } catch (const Error& error) {
    return error.json();
  }
}

Replay live(std::string_view store) {
  Replay replay;
  std::optional<test::World> world;
  std::map<std::string, std::string> names;
  std::string user;
  const auto make = [&](Made call) {
    replay.answers.push_back(answer(*world->engine, call));
    replay.calls.push_back(std::move(call));
    return Answered(replay.answers.back());
  };
  for (const std::string& text : split(read_file(IGNITION_WEEK "/week.calls"))) {
    if (text.empty() || text.starts_with('#')) continue;
    CAPTURE(text);
    const Answered line(text);
    const Instant at = line["at"].instant();
    if (!world) world.emplace(store, Config{}, at).with_shipped_rewards();  // as every way into the library has them
    world->clock->set(at);
    const std::string operation = line["call"].text();
    const std::string input = line["input"].exists() ? with_names(line["input"].json(), names) : "{}";
    const Answered output = make({at, user_of(operation, user), operation, input});
    check_refusal(line, output);
    check_values(line, "gives", output);
    if (line["as"].exists()) {
      for (const std::string& name : line["as"].keys()) {
        const Answered value = at_path(output, line["as"][name].text());
        REQUIRE_MESSAGE(value.exists(), "the output lacks what is to be named " << name << ": " << output.json());
        names[name] = value.json();
      }
    }
    if (user.empty()) user = output["user"]["id"].text();
    check_values(line, "see", make({at, user, "today.get", "{}"}));
  }
  return replay;
}

std::string lines_of(const std::vector<Made>& calls) {
  std::string lines;
  for (const Made& call : calls) {
    lines += fmt::format(R"({{"at":"{}",)", call.at.text());
    if (!call.user.empty()) lines += fmt::format(R"("user":"{}",)", call.user);
    lines += fmt::format(R"("operation":"{}","input":{}}})"
                         "\n",
                         call.operation, call.input);
  }
  return lines;
}

std::string digests_of(const Replay& replay) {
  std::string lines;
  for (std::size_t i = 0; i < replay.calls.size(); ++i) {
    if (replay.calls[i].operation == "today.get") lines += hex_text(sha256(replay.answers[i])) + "\n";
  }
  return lines;
}

void check_same(const Replay& expected, const std::vector<std::string>& answers) {
  CHECK(answers.size() == expected.answers.size());
  for (std::size_t i = 0; i < std::min(answers.size(), expected.answers.size()); ++i) {
    if (answers[i] == expected.answers[i]) continue;
    const Made& call = expected.calls[i];
    FAIL("call " << i + 1 << ", " << call.operation << " " << call.input << " at " << call.at.text()
                 << ", was answered\n  " << answers[i] << "\ninstead of\n  " << expected.answers[i]);
  }
}

}  // namespace ignition::week_test
