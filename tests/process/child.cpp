#include "process/child.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <system_error>
#include <thread>

namespace ignition::process_test {
namespace {

using namespace std::chrono_literals;

// Sanitizers make the program some ten times slower, on a busy machine.
constexpr auto kPatience = 120s;

std::string content(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<std::string> environment_of(const Surroundings& surroundings) {
  std::vector<std::string> all = surroundings.environment;
  for (const std::string name : {"PATH", "ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "LSAN_OPTIONS"}) {
    const auto has_name = [&](const std::string& variable) { return variable.starts_with(name + "="); };
    const char* value = std::getenv(name.c_str());
    if (value != nullptr && std::none_of(all.begin(), all.end(), has_name)) all.push_back(name + "=" + value);
  }
  return all;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  for (auto& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

void require(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "ignition-process-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), "mkdtemp");
  path_ = name;
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string Folder::path(std::string_view name) const {
  return name.empty() ? path_.string() : (path_ / name).string();
}

std::string Folder::read(std::string_view name) const { return content(path_ / name); }

void Folder::write(std::string_view name, std::string_view text) const {
  std::ofstream(path_ / name, std::ios::binary) << text;
}

Child::Child(const Folder& folder, const std::string& program, const std::vector<std::string>& arguments,
             const Surroundings& surroundings) {
  static std::atomic<int> number = 0;
  const std::string name = "child" + std::to_string(++number);
  out_ = folder.path(name + ".out");
  err_ = folder.path(name + ".err");
  const std::string in = name + ".in";
  folder.write(in, surroundings.input);

  posix_spawn_file_actions_t actions;
  require(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  const int create = O_WRONLY | O_CREAT | O_TRUNC;
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, folder.path(in).c_str(), O_RDONLY, 0);
  if (surroundings.output >= 0) {
    posix_spawn_file_actions_adddup2(&actions, surroundings.output, STDOUT_FILENO);
  } else {
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_.c_str(), create, 0600);
  }
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_.c_str(), create, 0600);
  posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());

  std::vector<std::string> words{program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> environment = environment_of(surroundings);
  const int error =
      posix_spawnp(&pid_, program.c_str(), &actions, nullptr, pointers(words).data(), pointers(environment).data());
  posix_spawn_file_actions_destroy(&actions);
  require(error, program.c_str());
}

Child::~Child() {
  if (status_) return;
  signal(SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void Child::signal(int number) const {
  if (!status_) ::kill(pid_, number);
}

std::optional<int> Child::wait(std::chrono::milliseconds patience) {
  const auto end = std::chrono::steady_clock::now() + patience;
  while (!status_) {
    int status = 0;
    const pid_t ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    } else if (std::chrono::steady_clock::now() >= end) {
      break;
    } else {
      std::this_thread::sleep_for(1ms);
    }
  }
  return status_;
}

std::string Child::out() const { return content(out_); }
std::string Child::err() const { return content(err_); }

Finished run(const Folder& folder, const std::string& program, const std::vector<std::string>& arguments,
             const Surroundings& surroundings) {
  Child child(folder, program, arguments, surroundings);
  const auto status = child.wait(kPatience);
  REQUIRE_MESSAGE(status.has_value(), "the program does not end");
  return {*status, child.out(), child.err()};
}

std::string program() { return IGNITION_PROGRAM; }

Finished ignition(const Folder& folder, const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  return run(folder, program(), arguments, surroundings);
}

Answered output(const Folder& folder, const std::vector<std::string>& arguments, const Surroundings& surroundings) {
  const Finished done = ignition(folder, arguments, surroundings);
  REQUIRE_MESSAGE(done.status == 0, done.err);
  return Answered(done.out);
}

Serving::Serving(const Folder& folder, const std::vector<std::string>& arguments, const Surroundings& surroundings)
    : child_(
          folder, program(),
          [&] {
            std::vector<std::string> words{"serve", "--port", "0"};
            words.insert(words.end(), arguments.begin(), arguments.end());
            return words;
          }(),
          surroundings) {
  constexpr std::string_view kBefore = "http://127.0.0.1:";
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (port_ == 0) {
    const std::string greeting = child_.out();
    const auto at = greeting.find(kBefore);
    if (at != std::string::npos && greeting.find('\n') != std::string::npos) {
      port_ = static_cast<std::uint16_t>(std::stoi(greeting.substr(at + kBefore.size())));
    } else {
      REQUIRE_MESSAGE(child_.runs(), child_.err());
      REQUIRE(std::chrono::steady_clock::now() < end);
    }
  }
}

void Serving::kill() {
  child_.signal(SIGKILL);
  REQUIRE(child_.wait(kPatience) == 128 + SIGKILL);
}

int Serving::stop() {
  child_.signal(SIGTERM);
  const auto status = child_.wait(kPatience);
  REQUIRE_MESSAGE(status.has_value(), "the server does not end");
  return *status;
}

}  // namespace ignition::process_test
