// What a conversation writes: the answers of operations, of the system, and refusals.
#include "conversation.hpp"

#include <fmt/format.h>

#include "compat/surface.hpp"
#include "credentials.hpp"
#include "text.hpp"

namespace ignition::server {
namespace {

using boost::beast::http::verb;

constexpr std::size_t kPiece = 65'536;  // of a streamed answer

std::string allow_list(unsigned methods) {
  std::string list = "OPTIONS";
  for (const Method method : {Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE}) {
    if ((methods & (1U << static_cast<unsigned>(method))) == 0) continue;
    list += method == Method::GET ? ", GET, HEAD" : fmt::format(", {}", name_of(method));
  }
  return list;
}

}  // namespace

Conversation::Step Conversation::dispatch_system(std::string& out) {
  const auto reply = [&](std::string_view content_type, std::string_view body) {
    const std::size_t before = out.size();
    settle();
    Response response(out, exchange_.frame, 200);
    response.plain(content_type, body);
    return finish(out, before, 200);
  };
  const System system = exchange_.endpoint->system;
  if (system == System::root) return reply("text/plain; charset=utf-8", "Ignition API");
  if (system == System::live) return reply("application/json", R"({"status":"ok"})");
  if (system == System::openapi) {
    answer_document(out);
    return Step::answered;
  }
  if (system == System::csrf) {
    answer_csrf(out);
    return Step::answered;
  }
  if (system == System::metrics) {
    if (!peer_.metrics && !site_.protection.allows_metrics(header_if(Header::authorization))) {
      return refuse(out, Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential"));
    }
    return reply("text/plain; version=0.0.4; charset=utf-8", site_.metrics->text(gauges()));
  }
  if (const auto state = site_.probe.recent()) {
    answer_system(out, *state);
    return Step::answered;
  }
  work_state_.store(WorkState::waiting, std::memory_order_relaxed);
  enter(Phase::probe);
  return Step::work;
}

Gauges Conversation::gauges() const {
  Gauges out{.in_flight = site_.running.load(std::memory_order_relaxed), .population = site_.headcount.latest()};
  if (site_.engine != nullptr) {
    out.connections = site_.engine->store().connections();
    out.counts = &site_.engine->counts();
  }
  return out;
}

Conversation::Step Conversation::answer(std::string& out) {
  if (std::exchange(drawing_, false)) return after_shared_draws(out);
  const Outcome outcome = std::exchange(outcome_, std::monostate{});
  exchange_.caller = {.credential = caller_.credential, .user = caller_.user, .session = caller_.session_id};
  work_state_.store(WorkState::none, std::memory_order_relaxed);
  if (const auto* data = std::get_if<Answer>(&outcome)) {
    answer_data(out, *data);
  } else if (const auto* database = std::get_if<DatabaseState>(&outcome)) {
    answer_system(out, *database);
  } else if (const auto* error = std::get_if<Error>(&outcome)) {
    streamed_.reset();
    refuse(out, *error);
  } else {
    refuse(out, Error(Code::INTERNAL, "The work was not done."));
  }
  return Step::answered;
}

void Conversation::answer_data(std::string& out, const Answer& answer) {
  if (streamed_) return answer_streamed(out, answer);
  const std::size_t before = out.size();
  settle();
  const bool elsewhere = !answer.location.empty();
  const int status = answer.not_modified ? 304 : elsewhere ? 302 : answer.status;
  Response response(out, exchange_.frame, status);
  response.caching(answer.etag.empty() ? Caching::no_store : Caching::revalidate);
  if (!answer.etag.empty()) response.etag(answer.etag);
  if (answer.replayed) response.field("Idempotency-Replayed", "true");
  for (const CookieOrder& order : answer.cookies) {
    response.field("Set-Cookie", site_.callers.set_cookie(order));
    if (order.session) csrf_fields(response, order.session->text());
  }
  if (elsewhere) {
    response.field("Location", answer.location);
    response.plain("text/plain; charset=utf-8", "");
  } else if (answer.not_modified || status == 204) {
    response.nothing();
  } else if (exchange_.endpoint->row != nullptr) {
    response.plain("application/json", answer.body);
  } else {
    response.data(answer.body);
  }
  finish(out, before, status);
}

void Conversation::answer_streamed(std::string& out, const Answer& answer) {
  const std::size_t before = out.size();
  settle();
  Response response(out, exchange_.frame, answer.status);
  response.caching(Caching::no_store);
  if (!answer.file_name.empty()) {
    response.field("Content-Disposition", fmt::format("attachment; filename=\"{}\"", answer.file_name));
  }
  const auto size = static_cast<std::size_t>(streamed_->size());
  response.length(answer.content_type.empty() ? "application/json" : answer.content_type, size);
  log(out.size() - before + (exchange_.frame.head ? 0 : size), answer.status, nullptr);
  release_slot();  // what is left takes no thread
  if (!exchange_.frame.head) return enter(Phase::sending);
  streamed_.reset();
  go_on();
}

// A client that got less than the length it was told knows that it lacks something.
Conversation::Step Conversation::send_more(std::string& out) {
  const bool readable = streamed_->take(kPiece, out);
  if (readable && !streamed_->is_taken()) return Step::answered;
  streamed_.reset();
  if (!readable) exchange_.frame.close = true;
  return go_on();
}

void Conversation::answer_system(std::string& out, const DatabaseState& database) {
  const std::size_t before = out.size();
  settle();
  SystemReply reply;
  switch (exchange_.endpoint->system) {
    case System::health:
      reply = health_reply(database, Instant::system_now());
      break;
    case System::ready:
      reply = ready_reply(database, site_.stopping.load(std::memory_order_relaxed));
      break;
    default:
      reply.json = version_json(database.schema_version);
  }
  Response response(out, exchange_.frame, reply.status);
  response.caching(Caching::no_store);
  response.plain("application/json", reply.json);
  finish(out, before, reply.status);
}

void Conversation::answer_document(std::string& out) {
  const Answer& document = site_.document.get();
  const bool known = names_tag(header(Header::if_none_match), document.etag);
  const std::size_t before = out.size();
  settle();
  Response response(out, exchange_.frame, known ? 304 : 200);
  response.caching(Caching::revalidate);
  response.etag(document.etag);
  if (known) {
    response.nothing();
  } else {
    response.plain("application/json", document.body);
  }
  finish(out, before, known ? 304 : 200);
}

void Conversation::answer_csrf(std::string& out) {
  std::string binding(CsrfTokens::kAnonymous);
  try {
    auto caller = by_access_token();
    if (caller && is_live(*caller)) binding = caller->session_id->text();
    for (const std::string_view token : site_.callers.session_tokens(cookies())) {
      caller = site_.callers.by_session(token);
      if (!caller || !is_live(*caller)) continue;
      binding = caller->session_id->text();
      break;
    }
  } catch (const Error& error) {
    refuse(out, error);
    return;
  }
  const std::size_t before = out.size();
  settle();
  Response response(out, exchange_.frame, 200);
  response.caching(Caching::no_store);
  const std::string token = csrf_fields(response, binding);
  response.data(fmt::format(R"({{"csrf_token":"{}"}})", token));
  finish(out, before, 200);
}

std::string Conversation::csrf_fields(Response& response, std::string_view binding) {
  std::string token = site_.csrf.make(binding);
  response.field("Set-Cookie",
                 fmt::format("{}={}; Path=/{}", CsrfTokens::kCookie, token, site_.callers.cookie_attributes()));
  response.field("X-CSRF-Token", token);
  return token;
}

void Conversation::answer_options(std::string& out) {
  const bool preflight = reader_->has(Header::origin) && reader_->has(Header::request_method);
  const unsigned methods = target_valid_ ? site_.router.methods(path_) : 0;
  if (!preflight && methods == 0 && path_ != "*") {
    refuse(out, not_found("path"));
    return;
  }
  const std::size_t before = out.size();
  settle();
  Response response(out, exchange_.frame, 204);
  if (preflight && !exchange_.frame.allowed_origin.empty()) preflight_fields(response);
  if (!preflight) response.field("Allow", allow_list(methods));
  response.nothing();
  finish(out, before, 204);
}

Conversation::Step Conversation::answer_missing(std::string& out) {
  if (reader_->method() == verb::unknown) {
    return refuse(out, Error(Code::NOT_FOUND, "The method is not known.").because("method_not_implemented"), 501);
  }
  const unsigned methods = site_.router.methods(path_);
  if (methods == 0) return refuse(out, not_found("path"));
  return refuse(out, Error(Code::NOT_FOUND, "The path does not have this method.").because("method_not_allowed"), 405,
                methods);
}

Conversation::Step Conversation::refuse(std::string& out, const Error& error) {
  const compat::Row* row = exchange_.endpoint != nullptr ? exchange_.endpoint->row : nullptr;
  return refuse(out, error, row != nullptr ? row->status_of(error) : http_status(error.code()));
}

Conversation::Step Conversation::refuse(std::string& out, const Error& error, int status, unsigned allowed) {
  const std::size_t before = out.size();
  settle();
  const auto& limit = error.limit_hit();
  if (limit) tell_limit(*limit);
  note_refusal(error);
  Response response(out, exchange_.frame, status);
  response.caching(Caching::no_store);
  if (status == 401) response.field("WWW-Authenticate", "Bearer");
  if (status == 405) response.field("Allow", allow_list(allowed));
  if (status == 503) response.field("Retry-After", "1");
  if (limit && status == 429) response.field("Retry-After", std::to_string(limit->retry_after.count()));
  if (error.is_replayed()) response.field("Idempotency-Replayed", "true");
  if (error.code() == Code::INTERNAL) {
    response.error(Error(Code::INTERNAL, "Something went wrong inside; the request id helps to find out what.")
                       .with("request_id", exchange_.id.text()),
                   exchange_.error_body);
  } else {
    response.error(error, exchange_.error_body);
  }
  return finish(out, before, status, &error);
}

void Conversation::tell_limit(const LimitHit& limit) {
  RateHeaders& shown = exchange_.frame.rate;
  if (shown.limit > 0 && shown.remaining == 0) return;  // the server's own limit, told already
  const std::int64_t now = site_.now().us / 1'000'000;
  shown = {.limit = static_cast<int>(limit.limit), .remaining = 0, .reset = now + limit.retry_after.count()};
}

void Conversation::note_refusal(const Error& error) {
  const auto event = RefusalLog::event_of(error);
  if (event.empty()) return;
  const Endpoint* endpoint = exchange_.endpoint;
  const bool known = exchange_.caller.credential != Credential::none;
  site_.refusals.note({.event_type = event,
                       .why = error.limit_hit() ? error.limit_hit()->rate_class : error.reason(),
                       .route = endpoint != nullptr ? endpoint->pattern : std::string("unmatched"),
                       .user = known ? std::optional(exchange_.caller.user) : std::nullopt},
                      exchange_.client_ip, origin());
}

Conversation::Step Conversation::refuse_unread(std::string& out, ReadError why) {
  if (phase_ == Phase::header && !reader_->header_complete()) begin_unread();
  exchange_.closes = true;
  switch (why) {
    case ReadError::request_line_too_large:
      return refuse(out,
                    Error(Code::PAYLOAD_TOO_LARGE, "The request line is too long.").because("request_line_too_large"));
    case ReadError::header_too_large:
      return refuse(out, Error(Code::PAYLOAD_TOO_LARGE, "The header is too large.").because("header_too_large"));
    case ReadError::body_too_large:
      return refuse(out, Error(Code::PAYLOAD_TOO_LARGE, "The body is too large.")
                             .because("body_too_large")
                             .with("limit", static_cast<std::int64_t>(site_.settings.max_body_bytes)));
    default:
      return refuse(
          out, Error(Code::VALIDATION_ERROR, "This is not a well-formed HTTP request.").because("malformed_request"));
  }
}

}  // namespace ignition::server
