#include "completion.hpp"

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <string>
#include <vector>

namespace ignition::cli {
namespace {

std::vector<std::string> names_of_commands(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  return names;
}

std::vector<std::string> names_of_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) names.push_back("--" + name);
  }
  return names;
}

// The options that take the next word as their value.
std::string patterns_with_value(const CLI::App& app) {
  std::string out;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_expected_min() == 0) continue;
    for (const auto& name : option->get_lnames()) out += (out.empty() ? "--" : "|--") + name;
  }
  return out;
}

// One line per command: its own commands and options, then the global options.
std::string cases(const CLI::App& app) {
  const auto global = names_of_options(app);
  std::string out;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    if (command->get_name() == "call") continue;  // its words are the operations
    auto words = names_of_commands(*command);
    for (const auto& option : names_of_options(*command)) words.push_back(option);
    out +=
        fmt::format("    {}) words=\"{} {}\" ;;\n", command->get_name(), fmt::join(words, " "), fmt::join(global, " "));
  }
  return out;
}

// Works in bash, and in zsh through its bashcompinit.
std::string bash_script(const CLI::App& app) {
  return fmt::format(R"sh(_ignition() {{
  local current="${{COMP_WORDS[COMP_CWORD]}}" command="" option="" word words
  for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
    case "$option" in {}) option=""; continue ;; esac
    case "$word" in -*) option="$word" ;; *) command="$word"; break ;; esac
  done
  case "$command" in
    call)
      words="--idempotency-key"
      if [ "${{COMP_WORDS[COMP_CWORD-1]}}" = call ]; then words="$(ignition operations --names)"; fi ;;
    "") words="{} {}" ;;
{}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}}
complete -o default -F _ignition ignition
)sh",
                     patterns_with_value(app), fmt::join(names_of_commands(app), " "),
                     fmt::join(names_of_options(app), " "), cases(app));
}

std::string fish_script(const CLI::App& app) {
  std::string out = "complete -c ignition -f\n";
  const auto quoted = [](std::string text) {
    for (std::size_t at = 0; (at = text.find('\'', at)) != std::string::npos; at += 2) text.insert(at, 1, '\\');
    return "'" + text + "'";
  };
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    out += fmt::format("complete -c ignition -n __fish_use_subcommand -a {} -d {}\n", command->get_name(),
                       quoted(command->get_description()));
    const std::string here = fmt::format("-n '__fish_seen_subcommand_from {}'", command->get_name());
    for (const auto& name : names_of_commands(*command))
      out += fmt::format("complete -c ignition {} -a {}\n", here, name);
    for (const auto& name : names_of_options(*command)) {
      out += fmt::format("complete -c ignition {} -l {}\n", here, name.substr(2));
    }
  }
  out += "complete -c ignition -n '__fish_seen_subcommand_from call' -a '(ignition operations --names)'\n";
  for (const auto& name : names_of_options(app)) out += fmt::format("complete -c ignition -l {}\n", name.substr(2));
  return out;
}

}  // namespace

void add_completion(CLI::App& app) {
  auto shell = std::make_shared<std::string>();
  auto* command = app.add_subcommand("completion", "Print a completion script: source <(ignition completion bash)");
  command->add_option("SHELL", *shell, "bash, zsh or fish")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  command->callback([shell, &app] {
    if (*shell == "fish") {
      std::cout << fish_script(app);
    } else {
      std::cout << (*shell == "zsh" ? "autoload -U +X bashcompinit && bashcompinit\n" : "") << bash_script(app);
    }
  });
}

}  // namespace ignition::cli
