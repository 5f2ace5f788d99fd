// Captures: thoughts put down quickly, to be looked at later and turned into something. They are the rows of the inbox
// that the user wrote. Rules Q1, Q2, Q4 to Q6.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ignition/catalogue.hpp"
#include "ignition/context.hpp"
#include "ignition/domains/inbox.hpp"

namespace ignition::captures {

struct Capture {
  Uuid id;
  rules::CaptureType type = rules::CaptureType::note;
  std::string content;  // title and description
  std::string title;
  std::optional<std::string> description;
  std::vector<std::string> tags;
  std::optional<std::string> url;
  inbox::Source source = inbox::Source::web;
  std::optional<std::string> client_ref;
  Instant captured_at;
  bool is_processed = false;
  std::optional<Instant> processed_at;
  bool is_archived = false;
  std::optional<Instant> expires_at;
  std::optional<Instant> snoozed_until;
  std::optional<inbox::Conversion> converted_to;
  Instant created_at;
  Instant updated_at;
};
BOOST_DESCRIBE_STRUCT(Capture, (),
                      (id, type, content, title, description, tags, url, source, client_ref, captured_at, is_processed,
                       processed_at, is_archived, expires_at, snoozed_until, converted_to, created_at, updated_at))

// Open ones are neither processed, archived, expired nor snoozed.
enum class State : std::uint8_t { open, snoozed, processed, archived, all };
BOOST_DESCRIBE_ENUM(State, open, snoozed, processed, archived, all)

struct ListCaptures {
  Or<Int<1, 1'000'000>, 1> page;
  Or<Int<1, 100>, 20> page_size;
  Or<State, State::open> state;
  std::optional<rules::CaptureType> type;
  std::optional<inbox::Source> source;
  std::optional<Text<1, 200>> q;  // part of the content, letter case ignored; encrypted captures are not searched
  std::optional<Trimmed<1, 40>> tag;
};
BOOST_DESCRIBE_STRUCT(ListCaptures, (), (page, page_size, state, type, source, q, tag))

struct Captures {
  std::vector<Capture> captures;  // captured last first
  std::int64_t total = 0;
  std::int64_t page = 1;
  std::int64_t page_size = 20;
  std::int64_t open_count = 0;  // of all captures
};
BOOST_DESCRIBE_STRUCT(Captures, (), (captures, total, page, page_size, open_count))

Captures list(Context& ctx, const ListCaptures& in);
Capture get(Context& ctx, const ById& in);

using Content = Text<1, 40'000>;

struct CreateCapture {
  Content content;
  std::optional<rules::CaptureType> type;  // default: by tags, then by how the content begins
  std::optional<inbox::Tags> tags;
  std::optional<WebUrl> url;
  std::optional<Instant> captured_at;          // default: now; from 2000 on, at most a day ahead
  std::optional<inbox::ClientRef> client_ref;  // known already: answers that capture, 200
};
BOOST_DESCRIBE_STRUCT(CreateCapture, (), (content, type, tags, url, captured_at, client_ref))

// CONFLICT `client_ref_taken` when a notice of the system has the reference.
Capture create(Context& ctx, const CreateCapture& in);

// From an outside program (rule Q3): small in, small out.
struct CreateExternal {
  std::optional<Content> content;
  std::optional<Content> text;  // another name of it
  std::optional<rules::CaptureType> type;
  std::optional<inbox::Tags> tags;
  std::optional<WebUrl> url;  // default: the content, when it is nothing but an address
  std::optional<Instant> captured_at;
  std::optional<inbox::ClientRef> client_ref;
  std::optional<inbox::Source> source;  // default: what the program says it is
};
BOOST_DESCRIBE_STRUCT(CreateExternal, (), (content, text, type, tags, url, captured_at, client_ref, source))

struct ExternalCapture {
  Uuid id;
  rules::CaptureType type = rules::CaptureType::note;
  std::optional<std::string> title;  // null: the key may not read what was captured before
  bool duplicate = false;            // the capture was there: the same reference, or a double tap
};
BOOST_DESCRIBE_STRUCT(ExternalCapture, (), (id, type, title, duplicate))

// The same content by the same key within 60 s is one capture (rule Q4).
ExternalCapture create_external(Context& ctx, const CreateExternal& in);

struct UpdateCapture {
  Uuid id;
  std::optional<Content> content;
  std::optional<rules::CaptureType> type;
  std::optional<inbox::Tags> tags;
  Update<WebUrl> url;
  std::optional<bool> is_archived;
  Update<Instant> snoozed_until;
};
BOOST_DESCRIBE_STRUCT(UpdateCapture, (), (id, content, type, tags, url, is_archived, snoozed_until))

Capture update(Context& ctx, const UpdateCapture& in);
Deleted remove(Context& ctx, const ById& in);

struct ProcessCapture {
  Uuid id;
  Or<bool, true> processed;
};
BOOST_DESCRIBE_STRUCT(ProcessCapture, (), (id, processed))

Capture process(Context& ctx, const ProcessCapture& in);

enum class BulkAction : std::uint8_t { process, archive, delete_ };
BOOST_DESCRIBE_ENUM(BulkAction, process, archive, delete_)

struct Bulk {
  List<Uuid, 1, 100> ids;  // those that are no captures of the caller are passed over
  BulkAction action = BulkAction::process;
};
BOOST_DESCRIBE_STRUCT(Bulk, (), (ids, action))

struct Affected {
  std::int64_t affected = 0;  // captures that changed
};
BOOST_DESCRIBE_STRUCT(Affected, (), (affected))

Affected bulk(Context& ctx, const Bulk& in);

// ---- Conversion (rule Q5) ----

enum class Target : std::uint8_t { task, event, journal, idea, infobase, plan_item, habit, goal };
BOOST_DESCRIBE_ENUM(Target, task, event, journal, idea, infobase, plan_item, habit, goal)

struct Convert {
  Uuid id;
  Target target = Target::plan_item;
  std::optional<Trimmed<1, 200>> title;    // in place of the capture's
  std::optional<LocalDate> date;           // plan_item: default today
  std::optional<Trimmed<1, 50>> category;  // habit, goal
};
BOOST_DESCRIBE_STRUCT(Convert, (), (id, target, title, date, category))

struct Created {
  std::string kind;
  Uuid id;
  Json object;
};
BOOST_DESCRIBE_STRUCT(Created, (), (kind, id, object))

struct Converted {
  Capture capture;
  Created created;
};
BOOST_DESCRIBE_STRUCT(Converted, (), (capture, created))

// Turns a capture into something else, once: CONFLICT `already_converted` with what was created. VALIDATION_ERROR
// `not_offered` for a target whose part is missing, `encrypted` for text that the target could not show.
Converted convert(Context& ctx, const Convert& in);

// A part of the product that captures can be turned into. A part that comes later adds its target to targets().
struct TargetPart {
  Target target;
  Created (*make)(Context& ctx, const inbox::Item& item, const Convert& in);
};
std::span<const TargetPart> targets();

void add_operations(Catalogue& catalogue);

}  // namespace ignition::captures
