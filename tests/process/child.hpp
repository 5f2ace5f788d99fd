// The `ignition` program as a child process: run it to its end, or serve with it and talk to it over HTTP.
//
//   Folder folder;
//   CHECK(ignition(folder, {"call", "focus.active"}).status == 0);
//   Serving server(folder, {"--local"});
//   Client client = server.client();
//   server.kill();
#pragma once

#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "http/client.hpp"
#include "support/world.hpp"

namespace ignition::process_test {

using http_test::Client;
using test::Answered;

// A new folder, removed with all that is in it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(std::string_view name = {}) const;
  std::string read(std::string_view name) const;
  void write(std::string_view name, std::string_view text) const;
  // The URL of a SQLite store in the folder.
  std::string store(std::string_view name = "ignition.db") const { return "sqlite:" + path(name); }

 private:
  std::filesystem::path path_;
};

// What a child sees besides its arguments. Of the environment of the tests it sees PATH and what sanitizers need.
struct Surroundings {
  std::vector<std::string> environment{};  // "NAME=value"
  std::string input{};                     // standard input
  int output = -1;                         // a descriptor for standard output; -1 = a file
};

// A child process in a folder; its output goes to files there. Killed with its object.
class Child {
 public:
  Child(const Folder& folder, const std::string& program, const std::vector<std::string>& arguments,
        const Surroundings& surroundings = {});
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void signal(int number) const;
  pid_t pid() const { return pid_; }
  // The exit status, or 128 + the signal that ended it; nothing when it still runs after this time.
  std::optional<int> wait(std::chrono::milliseconds patience);
  bool runs() { return !wait(std::chrono::milliseconds(0)); }
  std::string out() const;
  std::string err() const;

 private:
  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

struct Finished {
  int status = 0;
  std::string out;
  std::string err;
};

// Runs a program to its end.
Finished run(const Folder& folder, const std::string& program, const std::vector<std::string>& arguments,
             const Surroundings& surroundings = {});
// Runs `ignition` on the store of the folder, which is its default.
Finished ignition(const Folder& folder, const std::vector<std::string>& arguments,
                  const Surroundings& surroundings = {});
// As above for a call that must succeed: its output as JSON.
Answered output(const Folder& folder, const std::vector<std::string>& arguments, const Surroundings& surroundings = {});

// The path of the program under test.
std::string program();

// `ignition serve` on a free port, up and answering.
class Serving {
 public:
  explicit Serving(const Folder& folder, const std::vector<std::string>& arguments = {"--local"},
                   const Surroundings& surroundings = {});

  std::uint16_t port() const { return port_; }
  Client client() const { return Client(port_); }
  Child& child() { return child_; }
  // Ends it as a crash would, and waits until it is gone.
  void kill();
  // Asks it to end; its exit status.
  int stop();

 private:
  Child child_;
  std::uint16_t port_ = 0;
};

}  // namespace ignition::process_test
