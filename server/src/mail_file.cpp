#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>

#include "ignition/smtp.hpp"

namespace ignition::server {
namespace {

class FileTransport final : public MailTransport {
 public:
  FileTransport(std::filesystem::path folder, std::function<void(const std::string&)> wrote)
      : folder_(std::move(folder)), wrote_(std::move(wrote)) {}

  MailAnswer send(const OutgoingMail& mail, const std::stop_token&) override {
    std::error_code ec;
    std::filesystem::create_directories(folder_, ec);
    // Names of ids sort by time.
    const auto path = folder_ / fmt::format("{}-{}.eml", mail.id.substr(0, mail.id.find('@')), mail.template_name);
    const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);  // it holds a secret
    bool written = file >= 0;
    for (std::string_view rest = mail.message; written && !rest.empty();) {
      const auto n = ::write(file, rest.data(), rest.size());
      written = n > 0;
      if (written) rest.remove_prefix(static_cast<std::size_t>(n));
    }
    if (file >= 0 && ::close(file) != 0) written = false;
    if (!written) return {MailOutcome::later, fmt::format("{} cannot be written.", path.string()), false};
    if (wrote_) wrote_(path.string());
    return {MailOutcome::sent, path.string()};
  }

 private:
  const std::filesystem::path folder_;
  const std::function<void(const std::string&)> wrote_;
};

}  // namespace

std::shared_ptr<MailTransport> file_transport(const MailVariables& mail,
                                              std::function<void(const std::string& path)> wrote) {
  return std::make_shared<FileTransport>(std::filesystem::path(mail.data_dir) / "mail", std::move(wrote));
}

}  // namespace ignition::server
