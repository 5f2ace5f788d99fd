// What mails say (rule R12).
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ignition::mail {

struct Template {
  std::string_view name;
  std::string_view subject;
  // Paragraphs, one a line. {value} stands for a value of the mail; a paragraph with one that the mail lacks is left
  // out.
  std::string_view text;
  std::string_view path{};    // of the link, below the web client's address; the token is added when it ends in `=`
  std::string_view action{};  // what the link is called
};

std::span<const Template> templates();
const Template* find_template(std::string_view name);

struct Rendered {
  std::string subject;
  std::string text;
  std::string html;
};

// `value` gives a value of the mail by its name, nothing when it has none.
Rendered render(const Template& of, std::string_view frontend_url, std::string_view token,
                const std::function<std::optional<std::string>(std::string_view name)>& value);

}  // namespace ignition::mail
