// libcurl, loaded when somebody is first called outside: a program that calls nobody has neither its code nor that of
// the libraries behind it in memory.
#pragma once

#include <curl/curl.h>

#include <memory>

namespace ignition {

// The functions of libcurl that we call, by their names without `curl_`.
struct Curl {
  decltype(&curl_easy_init) easy_init = nullptr;
  decltype(&curl_easy_setopt) easy_setopt = nullptr;
  decltype(&curl_easy_perform) easy_perform = nullptr;
  decltype(&curl_easy_getinfo) easy_getinfo = nullptr;
  decltype(&curl_easy_cleanup) easy_cleanup = nullptr;
  decltype(&curl_easy_strerror) easy_strerror = nullptr;
  decltype(&curl_slist_append) slist_append = nullptr;
  decltype(&curl_slist_free_all) slist_free_all = nullptr;

  // Thread-safe. Throws UNAVAILABLE `no_libcurl` where the library is not installed.
  static const Curl& loaded();

  using Handle = std::unique_ptr<CURL, decltype(&curl_easy_cleanup)>;
  using List = std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)>;
  // A handle that never raises signals. Throws UNAVAILABLE.
  Handle handle() const;
  List list(curl_slist* first = nullptr) const { return {first, slist_free_all}; }
};

}  // namespace ignition
