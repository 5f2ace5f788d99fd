// One client's side of HTTP/1.x, without sockets: bytes go in, responses come out, in order. The connection that owns
// it reads, writes, keeps the time and lends threads.
//
//   while (true) switch (conversation.advance(out)) {
//     case Wants::input: read into room(), received(n) ...
//     case Wants::flush: write `out`, then go on
//     case Wants::work:  work() on a worker's thread, then go on
//     case Wants::close: write `out`, then close
//   }
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "request.hpp"
#include "request_id.hpp"
#include "response.hpp"
#include "site.hpp"
#include "streamed.hpp"

namespace ignition::server {

enum class Wants : std::uint8_t { input, flush, work, close };

// What a conversation waits for; decides how long it may.
enum class Phase : std::uint8_t { fresh, idle, header, body, work, probe, sending, ended };

// A body that is no JSON.
enum class TextBody : std::uint8_t { none, plain, form };

class Conversation {
 public:
  Conversation(Site& site, const Peer& peer);
  ~Conversation();
  Conversation(const Conversation&) = delete;
  Conversation& operator=(const Conversation&) = delete;

  // Where the next bytes go, and how many came. Invalid while it wants work.
  std::span<char> room();
  void received(std::size_t n) { used_ += n; }

  // Goes on as far as it can, appending to `out`.
  Wants advance(std::string& out);

  // After Wants::work: does it, on any thread. Then advance() again on the connection's own.
  void work();
  // Whether the work asks about the server's health, and so must not wait behind other work.
  bool works_on_health() const {
    return exchange_.endpoint != nullptr && exchange_.endpoint->operation == nullptr && !calls_outside();
  }
  // Whether the work waits for other servers.
  bool calls_outside() const;
  // Whether the work may be done together with that of others: a read that is mostly answered from memory.
  bool works_together();
  // Instead of work(), in this order, on one thread: false when the work was given up; what to ask for; and whether
  // that answered it, or failed it. Otherwise work() is still to be done.
  bool begin_together();
  KeptRead asks() const { return {.caller = &caller_, .call = &call_}; }
  bool end_together(KeptRead&& read);
  void fail_together(const Error& error);
  // After Wants::work, when it takes too long: answers without it, appending to `out`; wants close afterwards. Work
  // that has not begun never will. Nothing else may be called then but the destructor, after work() has returned.
  void give_up(std::string& out);
  // When the client is too slow with its request: what to tell it before closing.
  void time_out(std::string& out);

  Phase phase() const { return phase_; }
  // Changes with every new phase, so that a deadline can be set once for each.
  unsigned turn() const { return turn_; }

 private:
  // Who the caller turned out to be.
  struct Who {
    Credential credential = Credential::none;
    Uuid user;
    std::optional<Uuid> session;
  };
  struct Exchange {
    std::chrono::steady_clock::time_point began;
    RequestId id;
    boost::asio::ip::address client_ip;
    ResponseFrame frame;
    const Endpoint* endpoint = nullptr;
    std::string_view method = "-";
    Identity identity = Identity::anonymous;
    compat::ErrorBody error_body = compat::ErrorBody::envelope;  // of the path
    Who caller;
    bool closes = false;  // whatever the client wants
    bool holds_slot = false;
  };
  using Pairs = std::vector<std::pair<std::string_view, std::string_view>>;
  // What the work came to.
  using Outcome = std::variant<std::monostate, Answer, Error, DatabaseState>;
  enum class WorkState : std::uint8_t { none, waiting, running, done, abandoned };

  void enter(Phase phase);
  std::string_view bytes() const { return {buffer_.data() + begin_, used_ - begin_}; }
  std::string_view header(Header h) const { return reader_->get(bytes(), h); }
  std::optional<std::string_view> header_if(Header h) const;

  // Steps of one request, in their order (rule R28).
  enum class Step : std::uint8_t { proceed, input, work, answered };
  Step begin_request();
  Step read_header(std::string& out);
  Step admit(std::string& out);
  Step read_body(std::string& out);
  Step dispatch(std::string& out);
  Step dispatch_call(std::string& out);
  Step dispatch_system(std::string& out);
  Step dispatch_callback(std::string& out);
  Step answer(std::string& out);

  // Parts of them; false when the request has been refused.
  bool identify(std::string& out);
  // Whether the endpoint is one of the listener that the client came to.
  bool is_here() const;
  // Rule R32: the ceiling of the address, then the classes of the caller and the operation.
  bool within_ceiling(std::string& out);
  bool within_rates(std::string& out);
  bool draw(std::string& out, RateClass rate_class, const RateKey& key);
  bool allows(std::string& out, RateClass rate_class, const rules::Draw& drawn);
  struct RateShare {
    RateClass rate_class;
    RateKey key;
  };
  // What the request draws on besides the ceiling.
  std::array<std::optional<RateShare>, 2> rate_shares() const;
  // Where servers share their counts: draws on all, the ceiling too, on a thread that may wait; and what follows from
  // it.
  void draw_shared();
  Step after_shared_draws(std::string& out);
  // Rule R29.
  bool is_own(std::string& out);
  bool read_call(std::string& out);
  bool read_parameters(std::string& out);
  bool read_text(std::string& out, TextBody text, std::string_view body);
  // Adds `name=value` pairs of a query or a form; false when they are malformed.
  bool read_pairs(std::string_view encoded);
  bool take_slot(std::string& out);
  // Finds host, path and query. False when the target is malformed.
  bool parse_target();
  void route();
  // The text without percent-encoding; absent when it is not UTF-8 or has a null character.
  std::optional<std::string_view> decoded(std::string_view text, bool plus_is_space);
  void run_operation();
  // Rule R22: with the first credential that is good.
  Answer run_as_presented();
  Answer run_by_bearer();
  // With the session that a cookie proves, if it is good; otherwise nothing, and why.
  std::optional<Answer> run_by_cookie(const Caller& caller, std::string_view token, std::optional<Error>& dead);
  // Whoever an access token names, in the Authorization field or the jar.
  std::optional<Caller> by_access_token() const;
  // The Cookie field, where cookies count.
  std::string_view cookies() const;
  // "" unless the operation takes it.
  std::string_view refresh_cookie() const;
  // Why the session's cookie does not count for this request (rule R29); nothing when it does.
  std::optional<Error> forged(const Uuid& session) const;
  bool is_live(const Caller& caller) const;
  ForgeryFacts forgery_facts(bool by_cookie) const;
  bool is_safe() const;
  bool is_native() const;
  // Who calls as long as no credential is proven.
  Caller unproven_caller() const;
  // Who calls, as far as that is known without asking the store.
  struct Known {
    std::optional<Caller> caller{};
    std::string_view token{};  // of the session or key
    bool first = true;         // nothing stands before it that may be good, too
  };
  Known known_caller() const;
  Answer run_as(Caller caller, std::string_view token);
  // The operation's answer; that of a streamed one goes to `streamed_`.
  Answer run();
  Origin origin() const;
  // After an answer from memory: what run_as() does of the credential. False when it could not.
  bool note_use(Answer& answer);
  // The session of this user that a browser shows, if it is live.
  std::optional<Caller> session_of(const Uuid& user) const;

  // Responses.
  // Knows what the header says about the response.
  void begin_frame();
  // The same when the header did not come to its end.
  void begin_unread();
  void answer_data(std::string& out, const Answer& answer);
  void answer_streamed(std::string& out, const Answer& answer);
  // The next piece of it.
  Step send_more(std::string& out);
  void answer_system(std::string& out, const DatabaseState& database);
  void answer_document(std::string& out);
  void answer_options(std::string& out);
  void answer_csrf(std::string& out);
  // Gives the client a token against forged requests, which it returns.
  std::string csrf_fields(Response& response, std::string_view binding);
  Step answer_missing(std::string& out);
  Gauges gauges() const;
  Step refuse(std::string& out, const Error& error);
  Step refuse(std::string& out, const Error& error, int status, unsigned allowed = 0);
  // In the fields about rates, a limit that an operation looked at.
  void tell_limit(const LimitHit& limit);
  // In the security log, what somebody tried.
  void note_refusal(const Error& error);
  Step refuse_unread(std::string& out, ReadError why);
  // Closes the exchange: settles whether the connection goes on. Before the response is written.
  void settle();
  // After the response was written: logs, and makes room for the next request.
  Step finish(const std::string& out, std::size_t before, int status, const Error* error = nullptr);
  // Makes room for the next request, or for none.
  Step go_on();
  void log(std::size_t bytes_out, int status, const Error* error);
  void release_slot();

  Site& site_;
  const Peer peer_;
  std::string buffer_;  // from begin_ to used_: the present request, then what was pipelined behind it
  std::size_t begin_ = 0;
  std::size_t used_ = 0;
  std::string chunked_body_;
  std::optional<RequestReader> reader_;
  Phase phase_ = Phase::fresh;
  unsigned turn_ = 0;

  Exchange exchange_;
  bool target_valid_ = false;
  bool moved_ = false;  // the buffer moved since path_, query_ and match_ were found in it
  std::string_view host_;
  std::string_view path_;
  std::string_view query_;
  Match match_;
  Caller caller_;
  std::optional<Caller> shown_;  // by an access token
  Known known_;
  std::optional<Principal> account_;  // of the caller, when it was read already
  Call call_;
  OAuthCallback::Request callback_;
  Pairs path_pairs_;
  Pairs query_pairs_;
  std::deque<std::string> texts_;  // decoded parameters
  Outcome outcome_;
  std::unique_ptr<Spool> streamed_;  // what the client still has to take of a streamed answer
  bool lent_slot_ = false;           // to work that was given up while it ran
  bool drawing_ = false;             // the work is to draw on the shared rates
  std::vector<std::pair<RateClass, rules::Draw>> shared_draws_;
  std::atomic<WorkState> work_state_ = WorkState::none;
};

}  // namespace ignition::server
