#include "ignition/secrets.hpp"

#include <doctest/doctest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <numeric>
#include <set>
#include <thread>

#include "ignition/error.hpp"
#include "ignition/passwords.hpp"

using namespace ignition;

namespace {

// The bytes 00, 01, 02 ...
const RandomBytes kCounting = [](std::span<std::uint8_t> bytes) {
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
};

// Cheap, so that the tests are quick.
constexpr PasswordCost kCheap{.memory_kib = 64, .time = 1, .parallelism = 1};

std::array<std::uint8_t, 16> counting_salt() {
  std::array<std::uint8_t, 16> salt{};
  kCounting(salt);
  return salt;
}

}  // namespace

TEST_CASE("a token of 32 bytes is written in 43 characters and stored as its SHA-256 (rule R14)") {
  const auto token = fresh_token(kCounting);
  CHECK(token == "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8");
  CHECK(token_hash(token) == "ea866a757e4c38babfa8127cbe9a409d3e1f93a00ff1488ff735fcf917afffd0");
}

TEST_CASE("an API key is a prefix and a token, and is stored as the SHA-256 of both (rule R24)") {
  const auto key = std::string(kApiKeyPrefix) + fresh_token(kCounting);
  CHECK(key.size() == 51);
  CHECK(token_hash(key) == "5a46e9ba1479987c2e16264a79dcbcd40ca25813525c267e7a0a847ebca343f3");
}

TEST_CASE("a refresh token of 64 bytes has 86 characters (rule R19)") {
  CHECK(fresh_token(kCounting, 64).size() == 86);
}

TEST_CASE("base64 has the texts of RFC 4648") {
  const auto text = [](std::string_view bytes) {
    return base64({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
  };
  CHECK(text("") == "");
  CHECK(text("f") == "Zg==");
  CHECK(text("fo") == "Zm8=");
  CHECK(text("foobar") == "Zm9vYmFy");
  const std::array<std::uint8_t, 3> high{0xFB, 0xEF, 0xFF};
  CHECK(base64(high) == "++//");
  CHECK(base64url(high) == "--__");
  CHECK(base64url(std::array<std::uint8_t, 1>{0xFF}) == "_w");
}

TEST_CASE("tokens of the system never come twice") {
  const auto random = system_random();
  std::set<std::string> tokens;
  for (int i = 0; i < 1000; ++i) tokens.insert(fresh_token(random));
  CHECK(tokens.size() == 1000);
}

TEST_CASE("secrets are equal only as a whole") {
  CHECK(same_secret("abc", "abc"));
  CHECK(same_secret("", ""));
  CHECK_FALSE(same_secret("abc", "abd"));
  CHECK_FALSE(same_secret("abc", "ab"));
  CHECK_FALSE(same_secret("", "a"));
}

TEST_CASE("a sealed text is read with its key and context, and with nothing else (rule 1)") {
  const std::string key(32, 'k');
  const auto sealed = seal(key, "table:1", "secret", kCounting);
  // AES-256-GCM of this key, nonce 00..0b, additional data and text, made by another program.
  CHECK(sealed == "AAECAwQFBgcICQoLGbiXXGGkKTKKNITP9yQMWAljsDWdtg==");
  CHECK(unseal(key, "table:1", sealed) == "secret");
  CHECK_FALSE(unseal(key, "table:2", sealed).has_value());
  CHECK_FALSE(unseal(std::string(32, 'x'), "table:1", sealed).has_value());
  std::string changed = sealed;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  CHECK_FALSE(unseal(key, "table:1", changed).has_value());
  for (const char* nothing : {"", "AAAA", "no base64", "===="})
    CHECK_FALSE(unseal(key, "table:1", nothing).has_value());
  CHECK(unseal(key, "", seal(key, "", "", system_random())) == "");
}

TEST_CASE("a password is hashed and verified as the specification's example (A3)") {
  const std::string password = "correct horse battery staple";
  const auto hash = hash_password(password, counting_salt(), {});
  CHECK(hash == "$argon2id$v=19$m=19456,t=2,p=1$AAECAwQFBgcICQoLDA0ODw$gYJZtjEAJqjg26xdLmknq8/bB7MiWPrE9hsYuA+SkIU");
  CHECK(is_password(password, hash));
  CHECK_FALSE(is_password("correct horse battery stapl", hash));
  CHECK_FALSE(is_password("", hash));
  CHECK_FALSE(is_password(password, "no hash"));
  CHECK_FALSE(is_password(password, ""));
}

TEST_CASE("a hash of another cost is outdated") {
  const auto hash = hash_password("a", counting_salt(), kCheap);
  CHECK_FALSE(is_outdated(hash, kCheap));
  CHECK(is_outdated(hash, {}));
  CHECK(is_outdated(hash, {.memory_kib = 64, .time = 2, .parallelism = 1}));
  CHECK(is_outdated("", kCheap));
}

TEST_CASE("only so many hashes run at once, and only so many wait") {
  HashQueue queue(2, 3);
  std::atomic<int> running = 0;
  std::atomic<int> most = 0;
  std::atomic<int> done = 0;
  std::atomic<int> refused = 0;
  std::atomic<bool> go = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 10; ++i) {
    threads.emplace_back([&] {
      try {
        queue.run([&] {
          const int now = ++running;
          for (int seen = most; seen < now && !most.compare_exchange_weak(seen, now);) {
          }
          while (!go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
          --running;
        });
        ++done;
      } catch (const Error& error) {
        CHECK(error.code() == Code::UNAVAILABLE);
        CHECK(error.reason() == "overloaded");
        ++refused;
      }
    });
  }
  while (refused < 5) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  go = true;
  for (auto& thread : threads) thread.join();
  CHECK(most == 2);
  CHECK(done == 5);
  CHECK(refused == 5);
}

TEST_CASE("a hash that fails gives its place free") {
  HashQueue queue(1);
  CHECK_THROWS_AS(queue.run([] { throw Error(Code::INTERNAL, "no"); }), Error);
  bool ran = false;
  queue.run([&] { ran = true; });
  CHECK(ran);
}
