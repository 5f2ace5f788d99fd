#include "conversation.hpp"

#include <fmt/format.h>
#include <simdjson.h>

#include <algorithm>
#include <boost/url/parse.hpp>
#include <cstring>

#include "compat/surface.hpp"
#include "credentials.hpp"
#include "text.hpp"

namespace ignition::server {
namespace {

using boost::beast::http::verb;

constexpr std::size_t kFirstRoom = 4'096;
constexpr std::size_t kLargestKept = 65'536;  // memory that an idle connection keeps
constexpr std::size_t kFlushAt = 65'536;      // answers to pipelined requests are collected up to here

std::optional<Method> method_of(verb v) {
  switch (v) {
    case verb::get:
    case verb::head:
      return Method::GET;
    case verb::post:
      return Method::POST;
    case verb::put:
      return Method::PUT;
    case verb::patch:
      return Method::PATCH;
    case verb::delete_:
      return Method::DELETE;
    default:
      return {};
  }
}

std::string_view name_of_verb(verb v) {
  if (v == verb::unknown) return "-";
  const auto name = boost::beast::http::to_string(v);
  return {name.data(), name.size()};
}

bool may_have_body(verb v) { return v != verb::get && v != verb::head; }

// `application/json`, with or without parameters; a charset must be UTF-8.
bool is_json(std::string_view content_type) {
  const auto semicolon = content_type.find(';');
  if (!equal_ignoring_case(without_spaces(content_type.substr(0, semicolon)), "application/json")) return false;
  if (semicolon == std::string_view::npos) return true;
  const std::string parameters = lower_case(content_type.substr(semicolon));
  const auto charset = parameters.find("charset=");
  return charset == std::string::npos || parameters.find("utf-8", charset) != std::string::npos;
}

// The digits of `details.retry_after`, in seconds; "" when the refusal does not say.
std::string retry_after_of(const Error& error) {
  if (error.code() != Code::RATE_LIMITED) return {};
  static constexpr std::string_view kKey = R"("retry_after":)";
  const std::string details = error.details_json();
  const auto at = details.find(kKey);
  if (at == std::string::npos) return {};
  const auto digits = at + kKey.size();
  return details.substr(digits, details.find_first_not_of("0123456789", digits) - digits);
}

// `application/x-www-form-urlencoded` and `text/plain`, with or without parameters.
TextBody text_body_of(std::string_view content_type) {
  const auto type = without_spaces(content_type.substr(0, content_type.find(';')));
  if (equal_ignoring_case(type, "text/plain")) return TextBody::plain;
  if (equal_ignoring_case(type, "application/x-www-form-urlencoded")) return TextBody::form;
  return TextBody::none;
}

// Whether the refusal says that the session shown is none, so that it counts as absent (rule R22).
bool is_of_dead_session(const Error& error) {
  const std::string& why = error.reason();
  return error.code() == Code::UNAUTHORIZED &&
         (why == "session_ended" || why == "session_rotated" || why == "not_signed_in");
}

bool is_idempotency_key(std::string_view key) {
  return !key.empty() && key.size() <= 128 &&
         std::all_of(key.begin(), key.end(), [](char c) { return c >= 0x20 && c < 0x7F; });
}

// What the client says it is, as much of it as the security log keeps; "" when that is no UTF-8.
std::string_view told_program(std::string_view user_agent) {
  constexpr std::size_t kMost = 512;
  if (!simdjson::validate_utf8(user_agent.data(), user_agent.size())) return {};
  if (user_agent.size() <= kMost) return user_agent;
  std::size_t end = kMost;
  while ((static_cast<unsigned char>(user_agent[end]) & 0xC0U) == 0x80U) --end;  // no half code points
  return user_agent.substr(0, end);
}

// Operations that detect lost updates take the tag that the client holds as a field of their input.
bool takes_if_match(const Operation& operation) {
  const auto fields = operation.input->fields;
  return std::any_of(fields.begin(), fields.end(), [](const Field& field) { return field.name == "if_match"; });
}

// What load balancers and Prometheus ask, as often as they like.
bool is_for_probes(System system) {
  return system == System::health || system == System::live || system == System::ready || system == System::metrics;
}

std::string allow_list(unsigned methods) {
  std::string list = "OPTIONS";
  for (const Method method : {Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE}) {
    if ((methods & (1U << static_cast<unsigned>(method))) == 0) continue;
    list += method == Method::GET ? ", GET, HEAD" : fmt::format(", {}", name_of(method));
  }
  return list;
}

}  // namespace

Conversation::Conversation(Site& site, const Peer& peer) : site_(site), peer_(peer) {}

Conversation::~Conversation() {
  release_slot();
  if (lent_slot_) site_.running.fetch_sub(1, std::memory_order_relaxed);
}

std::span<char> Conversation::room() {
  if (begin_ == used_) begin_ = used_ = 0;
  if (buffer_.size() - used_ < kFirstRoom / 4) {
    moved_ = true;
    if (begin_ >= used_ - begin_) {  // the front is at least as large as what moves into it
      std::memmove(buffer_.data(), buffer_.data() + begin_, used_ - begin_);
      used_ -= begin_;
      begin_ = 0;
    }
    if (buffer_.size() - used_ < kFirstRoom / 4) buffer_.resize(std::max(kFirstRoom, buffer_.size() * 2));
  }
  return {buffer_.data() + used_, buffer_.size() - used_};
}

void Conversation::enter(Phase phase) {
  phase_ = phase;
  ++turn_;
}

std::optional<std::string_view> Conversation::header_if(Header h) const {
  if (!reader_->has(h)) return {};
  return header(h);
}

Wants Conversation::advance(std::string& out) {
  while (true) {
    if (phase_ == Phase::ended) return Wants::close;
    if (out.size() >= kFlushAt) return Wants::flush;
    Step step = Step::answered;
    switch (phase_) {
      case Phase::fresh:
      case Phase::idle:
        step = begin_request();
        break;
      case Phase::header:
        step = read_header(out);
        break;
      case Phase::body:
        step = read_body(out);
        break;
      case Phase::work:
      case Phase::probe:
        step = answer(out);
        break;
      case Phase::ended:
        break;
    }
    if (step == Step::input) return Wants::input;
    if (step == Step::work) return Wants::work;
  }
}

Conversation::Step Conversation::begin_request() {
  // Some clients end a body with a line break that they do not count (RFC 9112, 2.2).
  if (bytes().starts_with("\r\n")) begin_ += 2;
  if (bytes().empty() || bytes() == "\r") {
    if (phase_ == Phase::fresh || !site_.stopping.load(std::memory_order_relaxed)) return Step::input;
    enter(Phase::ended);
    return Step::answered;
  }
  reader_.emplace(site_.settings, chunked_body_);
  exchange_ = Exchange{};
  exchange_.began = std::chrono::steady_clock::now();
  match_ = {};
  caller_ = Caller::anonymous();
  enter(Phase::header);
  return Step::proceed;
}

Conversation::Step Conversation::read_header(std::string& out) {
  if (!reader_->advance(bytes())) return Step::input;
  if (reader_->error() != ReadError::none) return refuse_unread(out, reader_->error());
  return admit(out);
}

void Conversation::begin_frame() {
  const bool trusted = peer_.is_loopback() || site_.protection.trusts(peer_);
  const Instant now = Instant::system_now();
  exchange_.id = trusted ? RequestId::kept(header(Header::request_id), now) : RequestId::fresh(now);
  const Forwarding forwarding{.client_ip = header_if(Header::client_ip),
                              .forwarded_for = header_if(Header::forwarded_for),
                              .forwarded_proto = header(Header::forwarded_proto)};
  exchange_.client_ip = site_.protection.client_ip(peer_, forwarding);
  exchange_.method = name_of_verb(reader_->method());
  exchange_.frame.request_id = exchange_.id.text();
  exchange_.frame.secure = site_.protection.is_secure(peer_, forwarding);
  exchange_.frame.head = reader_->method() == verb::head;
  exchange_.frame.tell_keep_alive = reader_->version() < 11;
}

Conversation::Step Conversation::admit(std::string& out) {
  begin_frame();
  moved_ = false;
  target_valid_ = parse_target();
  route();
  if (target_valid_) exchange_.error_body = compat::error_body_of(path_);
  const bool on_health = path_ == "/health" || path_.starts_with("/health/");
  if (!is_here()) return refuse(out, not_found("path"));
  if (!on_health && !peer_.metrics && !site_.protection.allows_host(host_)) {
    return refuse(out, invalid("Host", "host_not_allowed", "This server does not answer for that host."));
  }
  if (!within_ceiling(out)) return Step::answered;
  exchange_.frame.allowed_origin = site_.protection.allowed_origin(header(Header::origin));
  if (reader_->method() == verb::options) {
    answer_options(out);
    return Step::answered;
  }
  if (header(Header::cookie).size() > site_.settings.max_cookie_bytes) {
    return refuse(out, Error(Code::PAYLOAD_TOO_LARGE, "The cookies are too large.").because("cookies_too_large"));
  }
  if (reader_->declared_length() > site_.settings.max_body_bytes) return refuse_unread(out, ReadError::body_too_large);
  const bool waits = equal_ignoring_case(header(Header::expect), "100-continue");
  if (waits && reader_->version() >= 11 && !reader_->complete() && reader_->taken() == bytes().size()) out += kContinue;
  enter(Phase::body);
  return Step::proceed;
}

Conversation::Step Conversation::read_body(std::string& out) {
  if (!reader_->advance(bytes())) {
    const std::size_t done = reader_->taken() - reader_->header_end();
    if (reader_->chunked() && done > 0) {
      // Chunks are collected elsewhere: their bytes need not stay.
      const std::size_t at = begin_ + reader_->header_end();
      std::memmove(buffer_.data() + at, buffer_.data() + at + done, used_ - at - done);
      used_ -= done;
      reader_->dropped(done);
    }
    return Step::input;
  }
  if (reader_->error() != ReadError::none) return refuse_unread(out, reader_->error());
  return dispatch(out);
}

Conversation::Step Conversation::dispatch(std::string& out) {
  if (moved_) {
    parse_target();
    route();
  }
  if (exchange_.endpoint != nullptr && exchange_.endpoint->system != System::none) {
    const bool within =
        is_for_probes(exchange_.endpoint->system) || draw(out, RateClass::anonymous, RateKey::of(exchange_.client_ip));
    return within ? dispatch_system(out) : Step::answered;
  }
  if (!identify(out) || !within_rates(out) || !is_own(out)) return Step::answered;
  if (!target_valid_) {
    return refuse(out, Error(Code::VALIDATION_ERROR, "The request target is malformed.").because("malformed_target"));
  }
  if (exchange_.endpoint == nullptr) return answer_missing(out);
  if (!read_call(out) || !take_slot(out)) return Step::answered;
  caller_ = exchange_.identity == Identity::local_user ? Caller::local() : Caller::anonymous();
  const Endpoint& endpoint = *exchange_.endpoint;
  const bool quick = endpoint.pace.micros() < site_.inline_reads.count();
  if (endpoint.operation->effect == Effect::read && quick) {
    run_operation();
    return answer(out);
  }
  work_state_.store(WorkState::waiting, std::memory_order_relaxed);
  enter(Phase::work);
  return Step::work;
}

bool Conversation::identify(std::string& out) {
  const Credentials credentials{.host = host_,
                                .origin = header_if(Header::origin),
                                .authorization = header_if(Header::authorization),
                                .sec_fetch_site = header(Header::sec_fetch_site),
                                .forwarded = reader_->has(Header::forwarded) || reader_->has(Header::forwarded_for) ||
                                             reader_->has(Header::real_ip) || reader_->has(Header::connecting_ip)};
  exchange_.identity = site_.protection.identify(peer_, credentials);
  if (exchange_.identity == Identity::local_user) {
    exchange_.caller = {.credential = Credential::local, .user = kLocalUser, .session = {}};
    site_.log.event_each_minute(site_.local_user_told, spdlog::level::info,
                                "the local user is signed in without password");
    return true;
  }
  if (exchange_.identity == Identity::api_key) return true;
  if (site_.settings.local_user) {
    site_.log.event_each_minute(site_.local_refusal_told, spdlog::level::warn, "local_mode_refused");
  }
  if (exchange_.identity == Identity::bad_authorization) {
    refuse(out, Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential"));
    return false;
  }
  if (exchange_.identity == Identity::foreign) {
    refuse(out, forbidden("origin_not_allowed", "Pages of other sites may not use this server."));
    return false;
  }
  return true;
}

bool Conversation::draw(std::string& out, RateClass rate_class, const RateKey& key) {
  if (site_.rates.rate(rate_class).is_off()) return true;
  const auto drawn = site_.rates.draw(rate_class, key, site_.now());
  if (!drawn) return true;
  const int limit = site_.rates.rate(rate_class).limit;
  RateHeaders& shown = exchange_.frame.rate;
  if (shown.limit == 0 || drawn->remaining <= shown.remaining) {
    shown = {.limit = limit, .remaining = drawn->remaining, .reset = (drawn->reset.us + 999'999) / 1'000'000};
  }
  if (drawn->allowed) return true;
  if (site_.metrics) site_.metrics->count_limited(name_of(rate_class));
  refuse(out, Error(Code::RATE_LIMITED, "Too many requests; try again later.")
                  .because("rate_limited")
                  .with("class", name_of(rate_class))
                  .with("limit", static_cast<std::int64_t>(limit))
                  .with("retry_after", drawn->retry_after.count()));
  return false;
}

bool Conversation::is_here() const {
  const System system = exchange_.endpoint != nullptr ? exchange_.endpoint->system : System::none;
  if (peer_.metrics) return is_for_probes(system);
  const bool with_token = !site_.settings.metrics_token.empty();
  return system != System::metrics || with_token || site_.settings.metrics_bind.empty();
}

bool Conversation::within_ceiling(std::string& out) {
  const System system = exchange_.endpoint != nullptr ? exchange_.endpoint->system : System::none;
  return is_for_probes(system) || draw(out, RateClass::ip_ceiling, RateKey::of(exchange_.client_ip));
}

std::optional<Caller> Conversation::known_caller() const {
  if (exchange_.identity == Identity::api_key) {
    return site_.callers.remembered(Credential::api_key, bearer_token(header(Header::authorization)).value_or(""));
  }
  if (!reader_->has(Header::authorization) && !is_native()) {
    for (const std::string_view token : site_.callers.session_tokens(header(Header::cookie))) {
      if (auto caller = site_.callers.remembered(Credential::session, token)) return caller;
    }
  }
  if (exchange_.identity == Identity::local_user) return Caller::local();
  return {};
}

bool Conversation::is_native() const { return equal_ignoring_case(header(Header::client_type), "native"); }

bool Conversation::within_rates(std::string& out) {
  const auto known = known_caller();
  const OperationRates rates = exchange_.endpoint != nullptr ? exchange_.endpoint->rates : OperationRates{};
  const RateClass of_caller = !known ? RateClass::anonymous : known->api_key_id ? RateClass::api_key : RateClass::user;
  for (const auto& rate_class : {std::optional(rates.instead.value_or(of_caller)), rates.besides}) {
    if (!rate_class) continue;
    const RateOwner owner = rate_row(*rate_class).owner;
    RateKey key;
    if (*rate_class == RateClass::api_key && known) {
      key = RateKey::of(known->api_key_id.value_or(known->user));
    } else if (owner == RateOwner::user && known) {
      key = RateKey::of(known->user);
    } else if (owner != RateOwner::instance) {
      key = RateKey::of(exchange_.client_ip);
    }
    if (!draw(out, *rate_class, key)) return false;
  }
  return true;
}

bool Conversation::is_safe() const { return reader_->method() == verb::get || reader_->method() == verb::head; }

ForgeryFacts Conversation::forgery_facts(bool by_cookie) const {
  return {.origin = header_if(Header::origin),
          .referer = header_if(Header::referer),
          .header_token = header_if(Header::csrf_token),
          .cookie_token = cookie_value(header(Header::cookie), CsrfTokens::kCookie),
          .by_cookie = by_cookie,
          .wants_token = exchange_.endpoint == nullptr || exchange_.endpoint->row == nullptr};
}

bool Conversation::is_own(std::string& out) {
  const bool by_browser = !reader_->has(Header::authorization) && !is_native();
  // The local user's requests were looked at by rule R44.
  if (is_safe() || !by_browser || exchange_.identity == Identity::local_user) return true;
  const auto why = forgery(forgery_facts(false), CsrfTokens::kAnonymous, site_.csrf, site_.protection);
  if (why) refuse(out, *why);
  return !why;
}

bool Conversation::read_call(std::string& out) {
  const std::string_view body = reader_->body(bytes());
  if (!body.empty() && !may_have_body(reader_->method())) {
    refuse(out, Error(Code::VALIDATION_ERROR, "A GET request has no body.").because("unexpected_body"));
    return false;
  }
  const std::size_t text_bytes = exchange_.endpoint->operation->text_bytes;
  if (text_bytes > 0 && body.size() > text_bytes) {
    refuse(out, Error(Code::PAYLOAD_TOO_LARGE, "The body is too large.")
                    .because("body_too_large")
                    .with("limit", static_cast<std::int64_t>(text_bytes)));
    return false;
  }
  const TextBody text = body.empty() || text_bytes == 0 ? TextBody::none : text_body_of(header(Header::content_type));
  if (!body.empty() && text == TextBody::none && !is_json(header(Header::content_type))) {
    refuse(
        out,
        Error(Code::VALIDATION_ERROR, "The body must be application/json in UTF-8.").because("unsupported_media_type"));
    return false;
  }
  const auto key = header_if(Header::idempotency_key);
  if (key && !is_idempotency_key(*key)) {
    refuse(out, invalid("Idempotency-Key", "malformed", "must be 1 to 128 printable ASCII characters"));
    return false;
  }
  call_ = Call{.operation = exchange_.endpoint->operation->name,
               .body = text == TextBody::none ? body : std::string_view{},
               .idempotency_key = key.value_or(""),
               .if_none_match = header(Header::if_none_match)};
  return read_parameters(out) && read_text(out, text, body);
}

bool Conversation::read_text(std::string& out, TextBody text, std::string_view body) {
  if (text == TextBody::none) return true;
  bool valid = simdjson::validate_utf8(body.data(), body.size()) && body.find('\0') == std::string_view::npos;
  if (text == TextBody::plain) {
    query_pairs_.emplace_back("content", body);
  } else {
    valid = valid && read_pairs(body);
  }
  call_.query = query_pairs_;
  if (!valid) refuse(out, Error(Code::VALIDATION_ERROR, "The body is not valid UTF-8.").because("malformed_body"));
  return valid;
}

bool Conversation::read_pairs(std::string_view rest) {
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const std::string_view pair = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    const auto name = decoded(pair.substr(0, equals), true);
    const auto value = decoded(equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1), true);
    if (!name || !value) return false;
    query_pairs_.emplace_back(*name, *value);
  }
  return true;
}

bool Conversation::read_parameters(std::string& out) {
  path_pairs_.clear();
  query_pairs_.clear();
  texts_.clear();
  const auto malformed = [&](std::string_view where) {
    refuse(out,
           Error(Code::VALIDATION_ERROR, fmt::format("The {} is not valid UTF-8.", where)).because("malformed_target"));
    return false;
  };
  const auto& names = exchange_.endpoint->parameters;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto value = decoded(match_.values[i], false);
    if (!value) return malformed("path");
    path_pairs_.emplace_back(names[i], *value);
  }
  if (!read_pairs(query_)) return malformed("query");
  const auto tag = header_if(Header::if_match);
  if (tag && takes_if_match(*exchange_.endpoint->operation)) query_pairs_.emplace_back("if_match", *tag);
  call_.path = path_pairs_;
  call_.query = query_pairs_;
  return true;
}

bool Conversation::take_slot(std::string& out) {
  exchange_.holds_slot = true;
  const int before = site_.running.fetch_add(1, std::memory_order_relaxed);
  if (before < site_.settings.max_concurrent_requests) return true;
  refuse(out, Error(Code::UNAVAILABLE, "The server is busy; try again in a moment.").because("overloaded"));
  return false;
}

void Conversation::release_slot() {
  if (std::exchange(exchange_.holds_slot, false)) site_.running.fetch_sub(1, std::memory_order_relaxed);
}

void Conversation::run_operation() {
  const auto began = std::chrono::steady_clock::now();
  try {
    if (site_.engine == nullptr) throw Error(Code::UNAVAILABLE, "There is no database.").because("storage_disabled");
    outcome_ = run_as_presented();
  } catch (const Error& error) {
    outcome_ = error;
  } catch (const std::exception& exception) {
    outcome_ = Error(Code::INTERNAL, exception.what());
  } catch (...) {
    outcome_ = Error(Code::INTERNAL, "An exception of unknown type.");
  }
  const auto took = std::chrono::steady_clock::now() - began;
  exchange_.endpoint->pace.note(std::chrono::duration_cast<std::chrono::microseconds>(took).count());
}

bool Conversation::works_together() const {
  const Endpoint* endpoint = exchange_.endpoint;
  const bool known = site_.engine != nullptr && (exchange_.identity != Identity::local_user || site_.local_user_exists);
  const bool shows_credential = exchange_.identity == Identity::api_key || reader_->has(Header::cookie);
  return known && !shows_credential && endpoint->operation != nullptr && endpoint->operation->kept &&
         endpoint->row == nullptr;
}

bool Conversation::begin_together() {
  auto expected = WorkState::waiting;
  return work_state_.compare_exchange_strong(expected, WorkState::running);
}

bool Conversation::end_together(KeptRead&& read) {
  if (read.answer) {
    outcome_ = std::move(*read.answer);
    work_state_.store(WorkState::done);
    return true;
  }
  account_ = std::move(read.account);
  if (account_) call_.account = &*account_;
  auto expected = WorkState::running;
  work_state_.compare_exchange_strong(expected, WorkState::waiting);  // unless it was given up
  return false;
}

void Conversation::fail_together(const Error& error) {
  outcome_ = error;
  work_state_.store(WorkState::done);
}

Answer Conversation::run_as_presented() {
  const auto authorization = bearer_token(header(Header::authorization));
  if (exchange_.identity == Identity::api_key) {
    const auto caller = site_.callers.by_key(authorization.value_or(""));
    if (!caller) throw Error(Code::UNAUTHORIZED, "The credential is not valid.").because("invalid_credential");
    return run_as(*caller, *authorization);
  }
  std::optional<Error> dead;
  if (!is_native() && !authorization) {
    for (const std::string_view token : site_.callers.session_tokens(header(Header::cookie))) {
      const auto caller = site_.callers.by_session(token);
      if (!caller) continue;
      if (const auto why = forged(*caller->session_id)) {
        if (!is_live(*caller)) continue;
        throw Error(*why);
      }
      try {
        return run_as(*caller, token);
      } catch (const Error& error) {
        if (!is_of_dead_session(error)) throw;
        dead = error;
      }
    }
  }
  if (exchange_.identity == Identity::local_user) {
    site_.ensure_local_user();
    return run_as(Caller::local(), {});
  }
  if (dead && exchange_.endpoint->operation->access != Access::public_) throw Error(*dead);
  return run_as(Caller::anonymous(), {});
}

std::optional<Error> Conversation::forged(const Uuid& session) const {
  if (is_safe()) return {};
  return forgery(forgery_facts(true), session.text(), site_.csrf, site_.protection);
}

bool Conversation::is_live(const Caller& caller) const {
  try {
    site_.engine->call(caller, {.operation = "auth.session"});
    return true;
  } catch (const Error& error) {
    if (!is_of_dead_session(error)) throw;
    return false;
  }
}

Answer Conversation::run_as(Caller caller, std::string_view token) {
  if (exchange_.endpoint->operation->effect == Effect::write || !token.empty()) tell_origin(caller);
  caller_ = std::move(caller);
  const compat::Row* row = exchange_.endpoint->row;
  Answer answer =
      row != nullptr ? compat::answer(*row, *site_.engine, caller_, call_) : site_.engine->call(caller_, call_);
  if (!token.empty()) site_.callers.used(caller_, token, answer);
  return answer;
}

// A read leaves no trace, unless its credential does.
void Conversation::tell_origin(Caller& caller) const {
  if (!peer_.unix_socket) caller.origin.ip_address = exchange_.client_ip.to_string();
  caller.origin.user_agent = told_program(header(Header::user_agent));
  caller.origin.request_id = exchange_.id.text();
  caller.origin.native = is_native();
}

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
    return reply("text/plain; version=0.0.4; charset=utf-8",
                 site_.metrics->text({.in_flight = site_.running.load(std::memory_order_relaxed)}));
  }
  if (const auto state = site_.probe.recent()) {
    answer_system(out, *state);
    return Step::answered;
  }
  work_state_.store(WorkState::waiting, std::memory_order_relaxed);
  enter(Phase::probe);
  return Step::work;
}

void Conversation::work() {
  auto expected = WorkState::waiting;
  if (!work_state_.compare_exchange_strong(expected, WorkState::running)) return;
  if (works_on_health()) {
    outcome_ = site_.probe.ask();
  } else {
    run_operation();
  }
  work_state_.store(WorkState::done);
}

void Conversation::give_up(std::string& out) {
  const bool never_begins = work_state_.exchange(WorkState::abandoned) == WorkState::waiting;
  exchange_.closes = true;
  if (works_on_health()) {
    answer_system(out, site_.probe.give_up());
    return;
  }
  // What runs keeps its slot until it ends: it still uses a thread.
  if (!never_begins) lent_slot_ = std::exchange(exchange_.holds_slot, false);
  refuse(out, Error(Code::UNAVAILABLE, "The request took too long.").because("timeout"));
}

void Conversation::time_out(std::string& out) {
  exchange_.closes = true;
  const Error error = Error(Code::VALIDATION_ERROR, "The request did not arrive in time.").because("request_timeout");
  if (phase_ == Phase::header) begin_unread();
  if (phase_ == Phase::header || phase_ == Phase::body) refuse(out, error, 408);
}

Conversation::Step Conversation::answer(std::string& out) {
  const Outcome outcome = std::exchange(outcome_, std::monostate{});
  exchange_.caller = {.credential = caller_.credential, .user = caller_.user, .session = caller_.session_id};
  work_state_.store(WorkState::none, std::memory_order_relaxed);
  if (const auto* data = std::get_if<Answer>(&outcome)) {
    answer_data(out, *data);
  } else if (const auto* database = std::get_if<DatabaseState>(&outcome)) {
    answer_system(out, *database);
  } else if (const auto* error = std::get_if<Error>(&outcome)) {
    refuse(out, *error);
  } else {
    refuse(out, Error(Code::INTERNAL, "The work was not done."));
  }
  return Step::answered;
}

void Conversation::answer_data(std::string& out, const Answer& answer) {
  const std::size_t before = out.size();
  settle();
  const int status = answer.not_modified ? 304 : answer.status;
  Response response(out, exchange_.frame, status);
  response.caching(answer.etag.empty() ? Caching::no_store : Caching::revalidate);
  if (!answer.etag.empty()) response.etag(answer.etag);
  if (answer.replayed) response.field("Idempotency-Replayed", "true");
  for (const CookieOrder& order : answer.cookies) {
    response.field("Set-Cookie", site_.callers.set_cookie(order));
    if (order.session) csrf_fields(response, order.session->text());
  }
  if (answer.not_modified || status == 204) {
    response.nothing();
  } else if (exchange_.endpoint->row != nullptr) {
    response.plain("application/json", answer.body);
  } else {
    response.data(answer.body);
  }
  finish(out, before, status);
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
    for (const std::string_view token : site_.callers.session_tokens(is_native() ? "" : header(Header::cookie))) {
      const auto caller = site_.callers.by_session(token);
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
  Response response(out, exchange_.frame, status);
  response.caching(Caching::no_store);
  if (status == 401) response.field("WWW-Authenticate", "Bearer");
  if (status == 405) response.field("Allow", allow_list(allowed));
  if (status == 503) response.field("Retry-After", "1");
  if (const auto seconds = retry_after_of(error); status == 429 && !seconds.empty()) {
    response.field("Retry-After", seconds);
  }
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

void Conversation::begin_unread() {
  exchange_.id = RequestId::fresh(Instant::system_now());
  exchange_.frame.request_id = exchange_.id.text();
  exchange_.client_ip = peer_.address;
  exchange_.closes = true;
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

void Conversation::settle() {
  const bool whole = reader_ && reader_->complete() && reader_->error() == ReadError::none;
  const bool more = whole && bytes().size() > reader_->taken();
  const bool stopping = site_.stopping.load(std::memory_order_relaxed);
  exchange_.frame.close = exchange_.closes || !whole || !reader_->keep_alive() || (stopping && !more);
}

Conversation::Step Conversation::finish(const std::string& out, std::size_t before, int status, const Error* error) {
  log(out.size() - before, status, error);
  release_slot();
  if (exchange_.frame.close) {
    // Work that was given up may still read the request: everything stays as it is.
    enter(Phase::ended);
    return Step::answered;
  }
  begin_ += reader_->taken();
  reader_.reset();
  if (chunked_body_.capacity() > kLargestKept) chunked_body_ = {};
  chunked_body_.clear();
  if (begin_ == used_ && buffer_.size() > kLargestKept) {
    buffer_ = {};
    begin_ = used_ = 0;
  }
  enter(Phase::idle);
  return Step::answered;
}

void Conversation::log(std::size_t bytes_out, int status, const Error* error) {
  const bool known = reader_ && reader_->header_complete();
  const auto took = std::chrono::steady_clock::now() - exchange_.began;
  const std::int64_t micros = std::chrono::duration_cast<std::chrono::microseconds>(took).count();
  if (site_.metrics) {
    site_.metrics->count({.endpoint = exchange_.endpoint,
                          .method = exchange_.method,
                          .status = status,
                          .micros = micros,
                          .error = error});
  }
  AccessEntry entry;
  entry.request_id = exchange_.id.text();
  entry.method = exchange_.method;
  entry.route = exchange_.endpoint != nullptr ? std::string_view(exchange_.endpoint->pattern) : "unmatched";
  entry.status = status;
  entry.duration_us = micros;
  entry.bytes_in = known ? reader_->header_end() + reader_->body_size() : 0;
  entry.bytes_out = bytes_out;
  entry.client_ip = peer_.unix_socket ? nullptr : &exchange_.client_ip;
  if (known) entry.user_agent = header(Header::user_agent);
  const bool known_user = exchange_.caller.credential != Credential::none;
  entry.user = known_user ? &exchange_.caller.user : nullptr;
  entry.session = exchange_.caller.session ? &*exchange_.caller.session : nullptr;
  entry.credential = name_of(exchange_.caller.credential);
  if (error != nullptr) {
    entry.error_code = name_of(error->code());
    entry.error_reason = error->reason();
    if (error->code() == Code::INTERNAL) entry.detail = error->message();
  }
  site_.log.access(entry);
}

bool Conversation::parse_target() {
  host_ = header(Header::host);
  path_ = query_ = {};
  std::string_view target = reader_->target(bytes());
  if (target == "*" && reader_->method() == verb::options) {
    path_ = target;
    return true;
  }
  if (!target.starts_with('/')) {
    // The absolute form, whose host wins over the field (RFC 9112, 3.2.2).
    const auto scheme = target.find("://");
    if (scheme == std::string_view::npos) return false;
    if (const auto name = target.substr(0, scheme);
        !equal_ignoring_case(name, "http") && !equal_ignoring_case(name, "https")) {
      return false;
    }
    target.remove_prefix(scheme + 3);
    const auto slash = target.find('/');
    if (slash == std::string_view::npos) return false;
    host_ = target.substr(0, slash);
    target.remove_prefix(slash);
  }
  const auto url = boost::urls::parse_origin_form({target.data(), target.size()});
  if (!url) return false;
  const auto path = url->encoded_path();
  const auto query = url->encoded_query();
  path_ = {path.data(), path.size()};
  query_ = {query.data(), query.size()};
  return true;
}

void Conversation::route() {
  const auto method = method_of(reader_->method());
  if (!method || !target_valid_) return;
  match_ = site_.router.find(*method, path_);
  exchange_.endpoint = match_.endpoint;
}

std::optional<std::string_view> Conversation::decoded(std::string_view text, bool plus_is_space) {
  const bool encoded =
      text.find('%') != std::string_view::npos || (plus_is_space && text.find('+') != std::string_view::npos);
  if (!encoded) return text;  // ASCII: the target is well-formed
  const boost::urls::encoding_opts options(plus_is_space);
  std::string& plain =
      texts_.emplace_back(boost::urls::make_pct_string_view({text.data(), text.size()})->decode(options));
  const bool readable = plain.find('\0') == std::string::npos && simdjson::validate_utf8(plain.data(), plain.size());
  if (!readable) return {};
  return plain;
}

}  // namespace ignition::server
