#include <fmt/format.h>

#include <array>
#include <cstring>

#include "ignition/curl.hpp"
#include "ignition/error.hpp"
#include "ignition/smtp.hpp"

namespace ignition::server {
namespace {

constexpr long kConnectSeconds = 15;
constexpr long kSeconds = 60;

// One conversation with the server.
struct Exchange {
  std::string_view unsent;
  std::string last_line;  // of the server
  std::string refusal;    // its last line that says no
  const std::stop_token& stop;
};

std::size_t give(char* buffer, std::size_t size, std::size_t count, void* exchange) {
  std::string_view& unsent = static_cast<Exchange*>(exchange)->unsent;
  const std::size_t n = std::min(size * count, unsent.size());
  std::memcpy(buffer, unsent.data(), n);
  unsent.remove_prefix(n);
  return n;
}

std::size_t hear(char* line, std::size_t size, std::size_t count, void* exchange) {
  std::string_view text(line, size * count);
  while (text.ends_with('\n') || text.ends_with('\r')) text.remove_suffix(1);
  auto& heard = *static_cast<Exchange*>(exchange);
  if (!text.empty()) heard.last_line = text;
  if (text.starts_with('4') || text.starts_with('5')) heard.refusal = text;
  return size * count;
}

int look_up(void* exchange, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<Exchange*>(exchange)->stop.stop_requested() ? 1 : 0;
}

class SmtpTransport final : public MailTransport {
 public:
  explicit SmtpTransport(const MailVariables& mail)
      : mail_(mail),
        url_(fmt::format("{}://{}:{}", mail.tls == SmtpTls::tls ? "smtps" : "smtp",
                         mail.host.find(':') == std::string::npos ? mail.host : "[" + mail.host + "]", mail.port)) {}

  MailAnswer send(const OutgoingMail& mail, const std::stop_token& stop) override {
    try {
      const Curl& curl = Curl::loaded();
      const auto handle = curl.handle();
      std::array<char, CURL_ERROR_SIZE> why{};
      Exchange exchange{.unsent = mail.message, .last_line = {}, .refusal = {}, .stop = stop};
      const auto recipient = curl.list(curl.slist_append(nullptr, fmt::format("<{}>", mail.to).c_str()));
      if (!recipient) return {MailOutcome::later, "There is not enough memory.", false};
      set_up(curl, handle.get(), mail, exchange);
      curl.easy_setopt(handle.get(), CURLOPT_MAIL_RCPT, recipient.get());
      curl.easy_setopt(handle.get(), CURLOPT_ERRORBUFFER, why.data());
      const CURLcode code = curl.easy_perform(handle.get());
      if (code == CURLE_OK) return {MailOutcome::sent, exchange.last_line};
      long status = 0;
      curl.easy_getinfo(handle.get(), CURLINFO_RESPONSE_CODE, &status);
      std::string text = why.front() != '\0' ? why.data() : curl.easy_strerror(code);
      if (!exchange.refusal.empty()) text = exchange.refusal;
      return {is_final(code, status) ? MailOutcome::refused : MailOutcome::later, std::move(text),
              !exchange.refusal.empty()};
    } catch (const Error& error) {
      return {MailOutcome::later, error.message(), false};
    }
  }

 private:
  // A 5xx is the server's last word about a mail, but not about who we are: that is ours to put right.
  static bool is_final(CURLcode code, long status) {
    const bool about_us = code == CURLE_LOGIN_DENIED || code == CURLE_USE_SSL_FAILED || status == 530 ||
                          status == 534 || status == 535 || status == 538;
    return status >= 500 && status < 600 && !about_us;
  }

  void set_up(const Curl& curl, CURL* handle, const OutgoingMail& mail, Exchange& exchange) const {
    const auto set = [&](CURLoption option, auto value) { curl.easy_setopt(handle, option, value); };
    set(CURLOPT_URL, url_.c_str());
    set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    set(CURLOPT_PROXY, "");
    set(CURLOPT_USE_SSL, static_cast<long>(mail_.tls == SmtpTls::none ? CURLUSESSL_NONE : CURLUSESSL_ALL));
    if (!mail_.ca_file.empty()) set(CURLOPT_CAINFO, mail_.ca_file.c_str());
    if (!mail_.user.empty()) {
      set(CURLOPT_USERNAME, mail_.user.c_str());
      set(CURLOPT_PASSWORD, mail_.password.c_str());
    }
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_TIMEOUT, kSeconds);
    set(CURLOPT_MAIL_FROM, fmt::format("<{}>", mail.from).c_str());
    set(CURLOPT_UPLOAD, 1L);
    set(CURLOPT_READFUNCTION, &give);
    set(CURLOPT_READDATA, &exchange);
    set(CURLOPT_HEADERFUNCTION, &hear);
    set(CURLOPT_HEADERDATA, &exchange);
    set(CURLOPT_NOPROGRESS, 0L);
    set(CURLOPT_XFERINFOFUNCTION, &look_up);
    set(CURLOPT_XFERINFODATA, &exchange);
  }

  const MailVariables mail_;
  const std::string url_;
};

}  // namespace

std::shared_ptr<MailTransport> smtp_transport(const MailVariables& mail) {
  return std::make_shared<SmtpTransport>(mail);
}

}  // namespace ignition::server
