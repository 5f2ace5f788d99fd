#include "conversation.hpp"

#include <algorithm>
#include <cstring>

#include "compat/surface.hpp"
#include "text.hpp"

namespace ignition::server {
namespace {

using boost::beast::http::verb;

constexpr std::size_t kFirstRoom = 4'096;
constexpr std::size_t kLargestKept = 65'536;  // memory that an idle connection keeps
constexpr std::size_t kFlushAt = 65'536;      // answers to pipelined requests are collected up to here

std::string_view name_of_verb(verb v) {
  if (v == verb::unknown) return "-";
  const auto name = boost::beast::http::to_string(v);
  return {name.data(), name.size()};
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
      case Phase::sending:
        step = send_more(out);
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
  if (calls_outside()) return dispatch_callback(out);
  if (exchange_.endpoint != nullptr && exchange_.endpoint->system != System::none) {
    const bool within =
        is_for_probes(exchange_.endpoint->system) || draw(out, RateClass::anonymous, key_of(exchange_.client_ip));
    return within ? dispatch_system(out) : Step::answered;
  }
  if (!identify(out)) return Step::answered;
  known_ = known_caller();
  if (site_.shared_rates != nullptr) {
    drawing_ = true;
    shared_draws_.clear();
    work_state_.store(WorkState::waiting, std::memory_order_relaxed);
    enter(Phase::work);
    return Step::work;
  }
  if (!within_rates(out)) return Step::answered;
  return dispatch_call(out);
}

Conversation::Step Conversation::dispatch_call(std::string& out) {
  if (!is_own(out)) return Step::answered;
  if (!target_valid_) {
    return refuse(out, Error(Code::VALIDATION_ERROR, "The request target is malformed.").because("malformed_target"));
  }
  if (exchange_.endpoint == nullptr) return answer_missing(out);
  if (!read_call(out) || !take_slot(out)) return Step::answered;
  caller_ = unproven_caller();
  const Endpoint& endpoint = *exchange_.endpoint;
  const bool quick = endpoint.pace.micros() < site_.inline_reads.count() && !endpoint.operation->is_streamed();
  if (endpoint.operation->effect == Effect::read && quick) {
    run_operation();
    return answer(out);
  }
  work_state_.store(WorkState::waiting, std::memory_order_relaxed);
  enter(Phase::work);
  return Step::work;
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
    outcome_ = calls_outside() ? site_.oauth_callback.answer(callback_) : run_as_presented();
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

Caller Conversation::unproven_caller() const {
  return exchange_.identity == Identity::local_user ? Caller::local() : Caller::anonymous();
}

bool Conversation::works_together() {
  const Endpoint* endpoint = exchange_.endpoint;
  if (drawing_ || site_.engine == nullptr || endpoint->operation == nullptr || !endpoint->operation->kept ||
      endpoint->row != nullptr || !known_.first) {
    return false;
  }
  const auto& known = known_.caller;
  if (!known) return exchange_.identity == Identity::anonymous;
  if (known->credential == Credential::local) return site_.local_user_exists;
  caller_ = *known;
  return true;
}

bool Conversation::note_use(Answer& answer) {
  if (!answer.use) return true;
  try {
    caller_.origin = origin();
    site_.callers.used(caller_, known_.token, answer);
    return true;
  } catch (const Error&) {  // the call meets it again, and tells
    return false;
  }
}

bool Conversation::begin_together() {
  auto expected = WorkState::waiting;
  return work_state_.compare_exchange_strong(expected, WorkState::running);
}

bool Conversation::end_together(KeptRead&& read) {
  if (read.answer && note_use(*read.answer)) {
    outcome_ = std::move(*read.answer);
    work_state_.store(WorkState::done);
    return true;
  }
  caller_ = unproven_caller();
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

void Conversation::work() {
  auto expected = WorkState::waiting;
  if (!work_state_.compare_exchange_strong(expected, WorkState::running)) return;
  if (drawing_) {
    draw_shared();
  } else if (works_on_health()) {
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

void Conversation::begin_unread() {
  exchange_.id = RequestId::fresh(Instant::system_now());
  exchange_.frame.request_id = exchange_.id.text();
  exchange_.client_ip = peer_.address;
  exchange_.closes = true;
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
  return go_on();
}

Conversation::Step Conversation::go_on() {
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
                          .error = error,
                          .by_key = exchange_.identity == Identity::api_key});
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

}  // namespace ignition::server
