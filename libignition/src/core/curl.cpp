#include "ignition/curl.hpp"

#include <dlfcn.h>

#include "ignition/error.hpp"

namespace ignition {
namespace {

Error no_libcurl() {
  return Error(Code::UNAVAILABLE, "This machine lacks libcurl, so nobody outside can be called.").because("no_libcurl");
}

template <class Function>
void find(void* library, const char* name, Function& function) {
  function = reinterpret_cast<Function>(::dlsym(library, name));
  if (function == nullptr) throw no_libcurl();
}

Curl load() {
  void* const library = ::dlopen("libcurl.so.4", RTLD_NOW | RTLD_LOCAL);  // never closed: its threads may outlive us
  if (library == nullptr) throw no_libcurl();
  decltype(&curl_global_init) global_init = nullptr;
  find(library, "curl_global_init", global_init);
  if (global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) throw no_libcurl();
  Curl curl;
  find(library, "curl_easy_init", curl.easy_init);
  find(library, "curl_easy_setopt", curl.easy_setopt);
  find(library, "curl_easy_perform", curl.easy_perform);
  find(library, "curl_easy_getinfo", curl.easy_getinfo);
  find(library, "curl_easy_cleanup", curl.easy_cleanup);
  find(library, "curl_easy_strerror", curl.easy_strerror);
  find(library, "curl_slist_append", curl.slist_append);
  find(library, "curl_slist_free_all", curl.slist_free_all);
  return curl;
}

}  // namespace

const Curl& Curl::loaded() {
  static const Curl curl = load();
  return curl;
}

Curl::Handle Curl::handle() const {
  Handle made(easy_init(), easy_cleanup);
  if (!made) throw Error(Code::UNAVAILABLE, "There is not enough memory.");
  easy_setopt(made.get(), CURLOPT_NOSIGNAL, 1L);
  return made;
}

}  // namespace ignition
