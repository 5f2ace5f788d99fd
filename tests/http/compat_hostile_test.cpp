// Whatever is sent to the unversioned surface, a row answers or refuses: it never fails inside.
#include <rapidcheck.h>

#include "compat/surface.hpp"
#include "http/compat.hpp"

using namespace ignition;
using namespace ignition::http_test;
namespace compat = ignition::server::compat;

namespace {

// What rows look at, and some more.
constexpr const char* kKeys[] = {"action",
                                 "items",
                                 "item_id",
                                 "date",
                                 "completed",
                                 "status",
                                 "duration_minutes",
                                 "notes",
                                 "mode",
                                 "key",
                                 "value",
                                 "accessibility",
                                 "custom",
                                 "client_versions",
                                 "icon",
                                 "frequency",
                                 "custom_days",
                                 "title",
                                 "name",
                                 "id",
                                 "completed_today",
                                 "deadline",
                                 "target_date",
                                 "item_type",
                                 "tags",
                                 "body",
                                 "progress",
                                 "description",
                                 "flowId",
                                 "stepId",
                                 "step_id",
                                 "data",
                                 "response",
                                 "user_id",
                                 "softLandingHours",
                                 "theme",
                                 "priority",
                                 "xp_reward",
                                 "category",
                                 "estimated_minutes",
                                 "a.b",
                                 "task_description",
                                 "time_zone",
                                 "timezone",
                                 "content",
                                 "include_data",
                                 "duration_seconds",
                                 "page",
                                 "limit"};

constexpr const char* kValues[] = {"null",
                                   "true",
                                   "0",
                                   "-1",
                                   "1.5",
                                   "1e308",
                                   "9223372036854775807",
                                   "99999999999999999999",
                                   R"("")",
                                   R"("x")",
                                   R"("active")",
                                   R"("custom")",
                                   R"("generate")",
                                   R"("update")",
                                   R"("complete_item")",
                                   R"("plan_focus_1")",
                                   R"("2026-03-10")",
                                   R"("2026-03-10T23:59:59Z")",
                                   R"("9999-12-31T23:59:59Z")",
                                   R"("Asia/Tokyo")",
                                   R"("task")",
                                   R"("accessibility")",
                                   R"("a\"b\\c")",
                                   R"("0194f5c0-0000-7000-8000-000000000001")",
                                   "[]",
                                   "[1]",
                                   R"([null,{"id":1},{"id":"x","title":"y"},"z"])",
                                   R"(["note","x"])",
                                   "{}",
                                   R"({"reducedMotion":true,"largeText":3})",
                                   R"({"focus":"x","plan":7})",
                                   R"({"a":{"b":[{"c":null}]}})"};

std::string some_body() {
  std::string body = "{";
  const int n = *rc::gen::inRange(0, 5);
  std::vector<std::string> used;
  for (int i = 0; i < n; ++i) {
    const std::string key = *rc::gen::elementOf(std::vector<std::string>(std::begin(kKeys), std::end(kKeys)));
    if (std::find(used.begin(), used.end(), key) != used.end()) continue;
    used.push_back(key);
    if (body.size() > 1) body += ',';
    body += '"' + key + "\":" + *rc::gen::elementOf(std::vector<std::string>(std::begin(kValues), std::end(kValues)));
  }
  return body + "}";
}

struct Parameters {
  std::vector<std::string> texts;
  std::vector<std::pair<std::string_view, std::string_view>> pairs;
};

// Names and texts of a query, or of the parameters of a path.
Parameters some_query() {
  static const std::vector<std::string> kNames = {"page",   "page_size", "limit", "offset", "status",
                                                  "period", "stats",     "date",  "since",  "flow"};
  static const std::vector<std::string> kTexts = {"",     "1",    "0",          "-1",   "500",
                                                  "true", "many", "2026-03-10", "done", "18446744073709551616"};
  Parameters out;
  const int n = *rc::gen::inRange(0, 4);
  for (int i = 0; i < 2 * n; ++i) out.texts.push_back(*rc::gen::elementOf(i % 2 == 0 ? kNames : kTexts));
  for (std::size_t i = 0; i + 1 < out.texts.size(); i += 2) out.pairs.emplace_back(out.texts[i], out.texts[i + 1]);
  return out;
}

Parameters some_path(std::string_view pattern) {
  static const std::vector<std::string> kTexts = {"0194f5c0-0000-7000-8000-000000000001", "theme", "x", "a.b"};
  Parameters out;
  for (auto open = pattern.find('{'); open != std::string_view::npos; open = pattern.find('{', open + 1)) {
    out.texts.emplace_back(pattern.substr(open + 1, pattern.find('}', open) - open - 1));
    out.texts.push_back(*rc::gen::elementOf(kTexts));
  }
  for (std::size_t i = 0; i + 1 < out.texts.size(); i += 2) out.pairs.emplace_back(out.texts[i], out.texts[i + 1]);
  return out;
}

}  // namespace

TEST_CASE("no request makes a row fail inside") {
  test::World world;
  world.system().call("users.ensure_local");
  world.quiet = true;
  int answered = 0;
  int refused_ones = 0;
  for (const auto& part : compat::table()) {
    for (const auto& row : part.rows) {
      CAPTURE(row.paths.front());
      CHECK(rc::check([&] {
        const std::string body = row.method == Method::GET ? "" : some_body();
        const Parameters path = some_path(row.paths.front());
        const Parameters query = some_query();
        RC_LOG() << name_of(row.method) << ' ' << row.paths.front() << ' ' << body << '\n';
        for (const auto& [name, text] : query.pairs) RC_LOG() << name << '=' << text << '\n';
        try {
          const Answer answer =
              compat::answer(row, *world.engine, Caller::local(),
                             {.operation = {}, .body = body, .path = path.pairs, .query = query.pairs});
          if (!answer.body.empty()) RC_ASSERT(compact_json(answer.body).text == answer.body);
          ++answered;
        } catch (const Error& error) {
          RC_LOG() << error.json() << '\n';
          RC_ASSERT(error.code() != Code::INTERNAL);
          ++refused_ones;
        }
      }));
    }
  }
  CHECK(answered > 500);
  CHECK(refused_ones > 500);
}
