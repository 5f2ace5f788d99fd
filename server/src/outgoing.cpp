#include "outgoing.hpp"

#include <algorithm>

#include "ignition/curl.hpp"
#include "ignition/error.hpp"

namespace ignition::server {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t kMostBytes = 65'536;
constexpr milliseconds kConnects{5'000};

std::size_t take(char* bytes, std::size_t size, std::size_t n, void* into) {
  auto& body = *static_cast<std::string*>(into);
  if (body.size() + size * n > kMostBytes) return 0;  // ends the call
  body.append(bytes, size * n);
  return size * n;
}

bool never_connected(CURLcode code) {
  return code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_RESOLVE_PROXY ||
         code == CURLE_SSL_CONNECT_ERROR;
}

bool is_here(const std::string& url) {
  return url.starts_with("http://127.") || url.starts_with("http://localhost") || url.starts_with("http://[::1]");
}

}  // namespace

std::optional<OutgoingReply> ask(const OutgoingCall& call, std::string& why) {
  const Curl& curl = Curl::loaded();
  const auto handle = curl.handle();
  CURL* const h = handle.get();
  auto fields = curl.list(curl.slist_append(nullptr, "Accept: application/json"));
  // The list stays the one that the first field begins.
  if (!call.bearer.empty()) curl.slist_append(fields.get(), ("Authorization: Bearer " + call.bearer).c_str());
  OutgoingReply reply;
  curl.easy_setopt(h, CURLOPT_URL, call.url.c_str());
  curl.easy_setopt(h, CURLOPT_PROTOCOLS_STR, "http,https");
  curl.easy_setopt(h, CURLOPT_FOLLOWLOCATION, 0L);
  curl.easy_setopt(h, CURLOPT_USERAGENT, "Ignition");
  curl.easy_setopt(h, CURLOPT_HTTPHEADER, fields.get());
  curl.easy_setopt(h, CURLOPT_WRITEFUNCTION, &take);
  curl.easy_setopt(h, CURLOPT_WRITEDATA, &reply.body);
  if (is_here(call.url)) curl.easy_setopt(h, CURLOPT_PROXY, "");
  if (!call.form.empty()) {
    curl.easy_setopt(h, CURLOPT_POSTFIELDS, call.form.c_str());
    curl.easy_setopt(h, CURLOPT_POSTFIELDSIZE, static_cast<long>(call.form.size()));
  }
  const auto end = Clock::now() + call.timeout;
  CURLcode code = CURLE_OK;
  for (int tries = 0; tries < 2; ++tries) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (left.count() <= 0) break;
    reply.body.clear();
    curl.easy_setopt(h, CURLOPT_TIMEOUT_MS, static_cast<long>(left.count()));
    curl.easy_setopt(h, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(std::min(left, kConnects).count()));
    code = curl.easy_perform(h);
    if (!never_connected(code)) break;
  }
  if (code != CURLE_OK) {
    why = code == CURLE_WRITE_ERROR ? "it said more than 64 KiB" : curl.easy_strerror(code);
    return {};
  }
  long status = 0;
  curl.easy_getinfo(h, CURLINFO_RESPONSE_CODE, &status);
  reply.status = static_cast<int>(status);
  return reply;
}

}  // namespace ignition::server
