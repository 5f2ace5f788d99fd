#include "ignition/curl.hpp"

#include <doctest/doctest.h>

using ignition::Curl;

TEST_CASE("libcurl is loaded, once, and says what went wrong") {
  const Curl& curl = Curl::loaded();
  CHECK(&Curl::loaded() == &curl);
  const auto call = curl.handle();
  curl.easy_setopt(call.get(), CURLOPT_URL, "http://127.0.0.1:1/");
  curl.easy_setopt(call.get(), CURLOPT_PROXY, "");
  CHECK(curl.easy_perform(call.get()) == CURLE_COULDNT_CONNECT);
  CHECK(curl.easy_strerror(CURLE_COULDNT_CONNECT) == std::string_view("Couldn't connect to server"));
}
