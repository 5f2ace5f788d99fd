// Signing in through the certified provider of the npm package oidc-provider, as a browser does: the program serves,
// the provider is another process, and every redirect is followed by hand.
#include <doctest/doctest.h>
#include <fmt/format.h>

#include <map>
#include <optional>

#include "process/child.hpp"
#include "support/postgres.hpp"

using namespace ignition;
using namespace ignition::process_test;
using http_test::Response;
using std::chrono::milliseconds;

namespace {

// Nobody listens there: the browser of this test knows that our server is meant.
const std::string kPublic = "http://localhost:1";
const std::string kFrontend = "http://localhost:3000";

// The package, installed once. A machine without a package index fails the test rather than leaving it out.
const Folder& package() {
  static const Folder folder;
  static const bool installed = [] {
    folder.write("package.json", R"({"private": true})");
    const auto done = run(
        folder, "/usr/bin/env",
        {"npm", "install", "--no-package-lock", "--no-audit", "--no-fund", "--loglevel=error", "oidc-provider@8.8.1"},
        {.environment = {"HOME=" + folder.path()}});
    REQUIRE_MESSAGE(done.status == 0, done.err);
    std::filesystem::copy_file(std::string(IGNITION_SOURCE) + "/tests/process/oidc/provider.mjs",
                               folder.path("provider.mjs"));
    return true;
  }();
  CHECK(installed);
  return folder;
}

// The provider as a process.
class Provider {
 public:
  Provider() : child_(package(), "/usr/bin/env", {"node", "provider.mjs", kPublic}) {
    for (int i = 0; i < 1'000 && port_ == 0; ++i) {
      if (const auto out = child_.out(); out.ends_with('\n')) port_ = static_cast<std::uint16_t>(std::stoi(out));
      REQUIRE_MESSAGE(child_.runs(), child_.err());
      ::usleep(10'000);
    }
    REQUIRE(port_ != 0);
  }
  std::uint16_t port() const { return port_; }
  std::string url() const { return fmt::format("http://127.0.0.1:{}", port_); }
  void is(const std::string& person) const { REQUIRE(Client(port_).get("/be?" + person).status == 200); }
  void roll() const { REQUIRE(Client(port_).get("/roll").status == 200); }
  void end() { child_.signal(9), child_.wait(milliseconds(5'000)); }

 private:
  Child child_;
  std::uint16_t port_ = 0;
};

std::string hidden(const std::string& url) { return url.substr(0, url.find('?')); }

// A person's browser: it keeps each server's cookies and goes where it is sent.
class Browser {
 public:
  Browser(const Provider& provider, const Serving& server) : provider_(provider), server_(server) {}

  // The first address that is neither the provider's nor the server's.
  std::string go(std::string url) {
    for (int i = 0; i < 12; ++i) {
      if (url.starts_with("/")) url = here_ + url;
      if (!url.starts_with(kPublic) && !url.starts_with(provider_.url())) return url;
      if (url.starts_with(kPublic + "/auth/callback/")) callback_ = url;
      const auto answer = get(url);
      CAPTURE(hidden(url));
      REQUIRE((answer.status == 302 || answer.status == 303));
      url = answer.field("location");
    }
    FAIL("the browser is sent in circles");
    return {};
  }

  Response get(const std::string& url) {
    const bool ours = url.starts_with(kPublic);
    here_ = ours ? kPublic : provider_.url();
    auto& jar = jars_[here_];
    std::string cookies;
    for (const auto& [name, value] : jar) cookies += (cookies.empty() ? "" : "; ") + name + "=" + value;
    // The provider tells its own address as it was asked for.
    const std::string host = ours ? "localhost" : provider_.url().substr(7);
    auto answer = Client(ours ? server_.port() : provider_.port())
                      .ask(fmt::format("GET {} HTTP/1.1\r\nHost: {}\r\n{}\r\n", url.substr(here_.size()), host,
                                       cookies.empty() ? "" : fmt::format("Cookie: {}\r\n", cookies)));
    for (const auto& [field, value] : answer.fields) {
      if (field != "set-cookie") continue;
      const auto equals = value.find('=');
      jar[value.substr(0, equals)] = value.substr(equals + 1, value.find(';') - equals - 1);
      if (value.find("Max-Age=0") != std::string::npos) jar.erase(value.substr(0, equals));
    }
    return answer;
  }

  std::string sign_in(const std::string& query = "") { return go(kPublic + "/api/v1/auth/signin/google" + query); }
  std::string whoever() { return get(kPublic + "/api/v1/auth/session").at("data.user.email"); }
  const std::string& callback() const { return callback_; }
  // Whoever was signed in at the provider is not any more.
  void leave_provider() { jars_.erase(provider_.url()); }

 private:
  const Provider& provider_;
  const Serving& server_;
  std::map<std::string, std::map<std::string, std::string>> jars_;
  std::string here_;
  std::string callback_;
};

std::string error_in(const std::string& url) {
  const auto at = url.find("error=");
  return at == std::string::npos ? url : url.substr(at + 6, url.find('&', at) - at - 6);
}

}  // namespace

TEST_CASE("people sign in through a certified OpenID Connect provider") {
  Provider provider;
  for (const std::string store : {"sqlite", "postgres"}) {
    CAPTURE(store);
    Folder folder;
    std::optional<test::PostgresDatabase> database;
    std::vector<std::string> environment{"SERVER_PUBLIC_URL=" + kPublic,
                                         "SERVER_FRONTEND_URL=" + kFrontend,
                                         "AUTH_OAUTH_GOOGLE_CLIENT_ID=our-id",
                                         "AUTH_OAUTH_GOOGLE_CLIENT_SECRET=our-secret",
                                         "AUTH_OAUTH_GOOGLE_ISSUER_URL=" + provider.url(),
                                         "RATE_LIMIT_AUTH_START=off",
                                         "RATE_LIMIT_ANON=off",
                                         "DB_AUTO_MIGRATE=true"};
    if (store == "postgres") {
      database.emplace();
      environment.push_back("DATABASE_URL=" + database->address());
    }
    Serving server(folder, {}, {.environment = environment});
    Browser ann(provider, server);

    provider.is("sub=ann-1&email=Ann@x.test&verified=true&name=Ann");
    CHECK(ann.sign_in("?redirect_uri=%2Ffocus") == kFrontend + "/focus");
    CHECK(ann.whoever() == "ann@x.test");
    // The address that led to the session is worth nothing now.
    const auto used = ann.callback();
    CHECK(error_in(ann.get(used).field("location")) == "OAuthCallback");
    // Confirming who calls: the provider asks anew, and tells when.
    CHECK(ann.sign_in("?purpose=reauth") == kFrontend + "/today");
    CHECK(ann.whoever() == "ann@x.test");

    // Keys change under way.
    provider.roll();
    Browser elsewhere(provider, server);
    CHECK(elsewhere.sign_in() == kFrontend + "/today");
    CHECK(elsewhere.whoever() == "ann@x.test");

    // Somebody with the same address, whom the provider has not proven to have it.
    provider.is("sub=mallory&email=ann@x.test&verified=false");
    Browser mallory(provider, server);
    CHECK(error_in(mallory.sign_in()) == "OAuthAccountNotLinked");
    CHECK(mallory.whoever() == "<none>");
    // Linking it from ann's own session is another thing.
    ann.leave_provider();
    CHECK(ann.sign_in("?purpose=link") == kFrontend + "/today");
    CHECK(ann.get(kPublic + "/api/v1/user/accounts").at("data.accounts.1.provider") == "google");

    provider.is("deny=1");
    CHECK(error_in(mallory.sign_in()) == "AccessDenied");

    // An answer that begins in one browser and ends in another.
    provider.is("sub=bob&email=bob@x.test&verified=true");
    const auto began = mallory.get(kPublic + "/api/v1/auth/signin/google").field("location");
    Browser victim(provider, server);
    CHECK(error_in(victim.go(began)) == "OAuthCallback");
    CHECK(victim.whoever() == "<none>");

    CHECK(server.stop() == 0);
  }
}
