// The inbox and captures, as existing clients read them.
#include <algorithm>
#include <array>

#include "compat/sections.hpp"
#include "compat/surface.hpp"
#include "ignition/rules/captures.hpp"

namespace ignition::server::compat {
namespace {

bool has_tag(Value& tags, std::string_view tag) {
  return std::ranges::any_of(tags.elements(), [tag](const Value& one) { return one.as_text() == tag; });
}

bool has_type_tag(Value& tags) { return has_tag(tags, "note") || has_tag(tags, "task") || has_tag(tags, "idea"); }

void add_tag(Value& item, std::string_view tag) {
  Value tags = item.get("tags");
  if (!tags.is_list()) tags = Value::list();
  if (!has_tag(tags, tag)) tags.append(Value::text(tag));
  item.set("tags", std::move(tags));
}

// Clients derive the type from the tags.
Step item_for_clients() {
  return {"`body` = `description`; tags of a task or an idea say so", [](Value& item, Scene&) {
            item.set("body", item.get("description"));
            const auto type = item.get("item_type").as_text();
            Value tags = item.get("tags");
            if ((type == "task" || type == "idea") && !has_type_tag(tags)) add_tag(item, *type);
          }};
}

// The words come as `description` or as `body`.
Step words() {
  return {"`body` → `description`", [](Value& body, Scene&) {
            auto text = body.take("body");
            if (text && body.find("description") == nullptr) body.set("description", std::move(*text));
          }};
}

Step type_as_tag() {
  return {"`item_type` is kept as a tag, too; one that is unknown becomes note", [](Value& body, Scene&) {
            const auto type = body.get("item_type").as_text();
            if (!type) return;
            Value tags = body.get("tags");
            if (!enum_of<rules::CaptureType>(*type)) {
              body.set("item_type", Value::text("note"));
              if (!type->empty()) add_tag(body, *type);
            } else if (!has_type_tag(tags)) {
              add_tag(body, *type);
            }
          }};
}

std::vector<Row> rows() {
  return {
      {.method = Method::GET,
       .paths = {"/api/user/inbox"},
       .operation = "inbox.list",
       .takes = {page_size(50), largest_page(100)},
       .gives = {each("items", {item_for_clients()}), data()}},
      {.method = Method::POST,
       .paths = {"/api/user/inbox"},
       .operation = "inbox.create",
       .takes = {words(), type_as_tag()},
       .gives = {inside("item"), item_for_clients(), data()}},
      {.method = Method::GET,
       .paths = {"/api/user/inbox/{id}"},
       .operation = "inbox.get",
       .gives = {inside("item"), item_for_clients(), data()}},
      {.method = Method::PUT,
       .paths = {"/api/user/inbox/{id}"},
       .operation = "inbox.update",
       .takes = {words()},
       .gives = {inside("item"), item_for_clients(), data()}},
      {.method = Method::DELETE,
       .paths = {"/api/user/inbox/{id}"},
       .operation = "inbox.delete",
       .gives = {only({"id"}), success(), data()}},

      {.method = Method::GET, .paths = {"/api/captures"}, .operation = "captures.list", .gives = {envelope()}},
      {.method = Method::POST,
       .paths = {"/api/captures"},
       .operation = "captures.create",
       .gives = {envelope()},
       .status = kAsOperation},
      {.method = Method::POST, .paths = {"/api/captures/bulk"}, .operation = "captures.bulk", .gives = {envelope()}},
      {.method = Method::GET, .paths = {"/api/captures/{id}"}, .operation = "captures.get", .gives = {envelope()}},
      {.method = Method::PATCH, .paths = {"/api/captures/{id}"}, .operation = "captures.update", .gives = {envelope()}},
      {.method = Method::DELETE,
       .paths = {"/api/captures/{id}"},
       .operation = "captures.delete",
       .gives = {envelope()}},
      {.method = Method::POST,
       .paths = {"/api/captures/{id}/process"},
       .operation = "captures.process",
       .gives = {envelope()}},
      {.method = Method::POST,
       .paths = {"/api/captures/{id}/convert"},
       .operation = "captures.convert",
       .gives = {envelope()},
       .status = kAsOperation},
  };
}

}  // namespace

Part inbox() { return {"Inbox, captures", rows()}; }

}  // namespace ignition::server::compat
