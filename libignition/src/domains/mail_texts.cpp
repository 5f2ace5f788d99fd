#include "domains/mail_texts.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace ignition::mail {
namespace {

constexpr std::array kTemplates{
    Template{"verify_email", "Confirm your e-mail address",
             "Somebody, probably you, uses this address for Ignition. Confirm that it is yours.\n"
             "The link works once and not for ever. If it was not you, do nothing: nothing will happen.",
             "/auth/verify-email?token=", "Confirm this address"},
    Template{
        "already_registered", "You have an account already",
        "Somebody, probably you, tried to sign up for Ignition with this address. It belongs to an account already, so "
        "nothing was changed.\n"
        "Sign in as usual. If you do not remember your password, ask for a new one where you sign in.\n"
        "If it was not you, there is nothing to do.",
        "/", "Open Ignition"},
    Template{"reset_password", "Set a new password",
             "Somebody, probably you, asked for a new password for the account with this address.\n"
             "The link works once and not for long. Whoever uses it signs out all your devices. If it was not you, do "
             "nothing: your password stays what it is.",
             "/auth/reset-password?token=", "Set a new password"},
    Template{"password_changed", "Your password was changed",
             "The password of your Ignition account was changed. Your other devices are signed out.\n"
             "These API keys of yours still work: {api_keys}. Revoke those that you do not know.\n"
             "If that was not you, ask at once for a new password where you sign in.",
             "/", "Open Ignition"},
    Template{"email_change_confirm", "Confirm your new e-mail address",
             "You want this to be the address of your Ignition account. Confirm that it is yours.\n"
             "The link works once and not for ever. If it was not you, do nothing: nothing will happen.",
             "/auth/confirm-email?token=", "Confirm this address"},
    Template{"email_change_notice", "Your e-mail address is about to change",
             "Somebody, probably you, wants another e-mail address for your Ignition account. It changes when the new "
             "one is confirmed.\n"
             "The new address: {new_email}\n"
             "If that was not you, set a new password at once and look at your signed-in devices.",
             "/", "Open Ignition"},
    Template{"new_sign_in", "New sign-in",
             "Your Ignition account was used from a device that we have not seen in a while.\n"
             "Device: {device}\n"
             "Address: {ip_address}\n"
             "Time: {time}\n"
             "If that was you, there is nothing to do. If not, set a new password at once and look at your signed-in "
             "devices.",
             "/", "Open Ignition"},
    Template{"account_linked", "A new way to sign in",
             "One can sign in to your Ignition account with {provider} now.\n"
             "If that was not you, set a new password at once and look at your linked accounts.",
             "/", "Open Ignition"},
    Template{"approval_granted", "Your account is open", "Welcome: an administrator has opened your Ignition account.",
             "/", "Open Ignition"},
    Template{"approval_denied",
             "Your account was not opened",
             "An administrator has looked at your Ignition account and does not open it.\n"
             "Reason: {reason}",
             {},
             {}},
    Template{"account_deleted",
             "Your account was deleted",
             "Your Ignition account and all that belonged to it was deleted. We are sorry to see you go.\n"
             "Until {until} you can have it back: sign in once more.",
             {},
             {}},
    Template{"sessions_revoked", "You were signed out",
             "All devices were signed out of your Ignition account.\n"
             "Reason: {reason}\n"
             "Sign in again. If something looks strange to you, set a new password.",
             "/", "Open Ignition"},
    Template{"factor_changed", "Your second factor was changed",
             "How you confirm a sign-in to your Ignition account was changed: {change}.\n"
             "If that was not you, set a new password at once and look at your signed-in devices.",
             "/", "Open Ignition"},
    Template{"test", "Mail from Ignition works",
             "This mail was sent by hand to see whether mail leaves Ignition. It did.", "/", "Open Ignition"},
};

// A paragraph with its values; nothing when one is missing.
template <class Value>
std::optional<std::string> filled(std::string_view paragraph, const Value& value) {
  std::string out;
  while (!paragraph.empty()) {
    const auto open = paragraph.find('{');
    out += paragraph.substr(0, open);
    if (open == std::string_view::npos) return out;
    const auto close = paragraph.find('}', open);
    const auto found = value(paragraph.substr(open + 1, close - open - 1));
    if (!found || found->empty()) return {};
    out += *found;
    paragraph = paragraph.substr(close + 1);
  }
  return out;
}

// Values come from people: no line ends, no markup.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '&':
        out += "&amp;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

std::string on_one_line(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, ' ');
  return text;
}

// Lines of at most 76 columns where words allow it.
std::string wrapped(std::string_view text) {
  constexpr std::size_t kColumns = 76;
  std::string out;
  std::size_t line = 0;
  while (!text.empty()) {
    const auto space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    if (line > 0 && line + 1 + word.size() > kColumns) {
      out += '\n';
      line = 0;
    } else if (line > 0) {
      out += ' ';
      ++line;
    }
    out += word;
    line += word.size();
    text = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  }
  return out;
}

std::string link_of(const Template& of, std::string_view frontend_url, std::string_view token) {
  if (of.path.empty()) return {};
  while (frontend_url.ends_with('/')) frontend_url.remove_suffix(1);
  std::string link = std::string(frontend_url) + std::string(of.path);
  if (of.path.ends_with('=')) link += token;
  return link;
}

}  // namespace

std::span<const Template> templates() { return kTemplates; }

const Template* find_template(std::string_view name) {
  const auto found = std::ranges::find(kTemplates, name, &Template::name);
  return found == kTemplates.end() ? nullptr : &*found;
}

Rendered render(const Template& of, std::string_view frontend_url, std::string_view token,
                const std::function<std::optional<std::string>(std::string_view name)>& value) {
  Rendered out{.subject = std::string(of.subject), .text = {}, .html = {}};
  const auto clean = [&](std::string_view name) -> std::optional<std::string> {
    auto found = value(name);
    return found ? std::optional(on_one_line(std::move(*found))) : std::nullopt;
  };
  std::vector<std::string> paragraphs;
  for (std::string_view rest = of.text; !rest.empty();) {
    const auto end = rest.find('\n');
    if (auto paragraph = filled(rest.substr(0, end), clean)) paragraphs.push_back(std::move(*paragraph));
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  }
  const std::string link = link_of(of, frontend_url, token);
  for (std::size_t i = 0; i < paragraphs.size(); ++i) {
    out.text += wrapped(paragraphs[i]) + "\n\n";
    out.html += "<p>" + escaped(paragraphs[i]) + "</p>\n";
    if (i > 0 || link.empty()) continue;
    out.text += std::string(of.action) + ":\n" + link + "\n\n";
    out.html += "<p><a href=\"" + escaped(link) + "\">" + escaped(of.action) + "</a></p>\n";
  }
  out.text += "-- \nIgnition\n";
  out.html = "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>" + escaped(out.subject) +
             "</title></head>\n<body style=\"font-family: sans-serif\">\n" + out.html + "</body></html>\n";
  return out;
}

}  // namespace ignition::mail
