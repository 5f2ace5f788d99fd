// The `ignition` program: one binary to serve, administer and try the library.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <clocale>
#include <fstream>
#include <iostream>
#include <iterator>

#include "administer.hpp"
#include "completion.hpp"
#include "configuration.hpp"
#include "dashboard.hpp"
#include "demo.hpp"
#include "export.hpp"
#include "ignition/schema_drift.hpp"
#include "jobs.hpp"
#include "mail.hpp"
#include "replay.hpp"
#include "serve.hpp"
#include "shell.hpp"

namespace ignition::cli {
namespace {

// Text of an argument: `-` is standard input, `@path` a file.
std::string argument_text(const std::string& argument) {
  if (argument == "-") return {std::istreambuf_iterator<char>(std::cin), {}};
  if (!argument.starts_with('@')) return argument;
  std::ifstream file(argument.substr(1), std::ios::binary);
  if (!file) throw invalid("JSON", "no_such_file", fmt::format("cannot read the file {}", argument.substr(1)));
  return {std::istreambuf_iterator<char>(file), {}};
}

void add_call(CLI::App& app, GlobalOptions& global) {
  struct Input {
    std::string operation;
    std::string json = "{}";
    std::string key;
  };
  auto input = std::make_shared<Input>();
  auto* command = app.add_subcommand("call", "Run any operation by its name and print its output as JSON");
  command->add_option("OPERATION", input->operation, "Name, as `ignition operations` lists them")->required();
  command->add_option("JSON", input->json, "Input object; - reads standard input, @FILE a file");
  command->add_option("--idempotency-key", input->key, "Repeat safely: the same key is answered, not run again");
  command->callback([input, &global] {
    Session session(global);
    print_json(global, session.call(input->operation, argument_text(input->json), input->key));
  });
}

void add_replay(CLI::App& app, GlobalOptions& global) {
  struct Input {
    std::string file = "-";
    std::uint64_t seed = 0;
    bool keep_going = false;
  };
  auto input = std::make_shared<Input>();
  auto* command = app.add_subcommand(
      "replay", "Run many operations, one JSON object a line: operation, input, user, at, idempotency_key");
  command->add_option("FILE", input->file, "File of calls; - reads standard input");
  auto* seed = command->add_option("--seed", input->seed, "Make ids that are the same in every replay");
  command->add_flag("--keep-going", input->keep_going, "Go on after a refused call");
  command->callback([input, seed, &global] {
    std::ifstream file;
    if (input->file != "-") {
      file.open(input->file, std::ios::binary);
      if (!file) throw invalid("FILE", "no_such_file", fmt::format("cannot read the file {}", input->file));
    }
    ReplayOptions options{.keep_going = input->keep_going};
    if (seed->count() > 0) options.seed = input->seed;
    const bool show = isatty(STDERR_FILENO) == 1 && isatty(STDOUT_FILENO) == 0;
    options.progress = [show](std::int64_t calls) {
      if (show && calls % 100 == 0) std::cerr << fmt::format("\r{} calls", calls) << std::flush;
    };
    const ReplaySummary done = replay(global, options, input->file == "-" ? std::cin : file, std::cout);
    if (show) std::cerr << fmt::format("\r{} calls, {} refused\n", done.calls, done.refused);
    if (done.status != kOk) throw CLI::RuntimeError(done.status);
  });
}

void add_operations(CLI::App& app, GlobalOptions& global) {
  auto prefix = std::make_shared<std::string>();
  auto names = std::make_shared<bool>(false);
  auto* command = app.add_subcommand("operations", "List every operation");
  command->add_option("PREFIX", *prefix, "Only names that begin so, for example `focus`");
  command->add_flag("--names", *names, "Names only");
  command->callback([prefix, names, &global] {
    std::vector<std::vector<std::string>> rows{{"NAME", "METHOD", "PATH", "WHO", "SUMMARY"}};
    std::string json;
    for (const Operation& operation : catalogue().operations()) {
      if (!operation.name.starts_with(*prefix)) continue;
      const bool routed = !operation.route.path.empty();
      rows.push_back({operation.name, routed ? std::string(name_of(operation.route.method)) : "-",
                      routed ? std::string(operation.route.path) : "-", std::string(name_of(operation.access)),
                      operation.summary});
      json += json.empty() ? "[" : ",";
      json += fmt::format(R"({{"name":"{}","method":"{}","path":"{}","access":"{}","effect":"{}","summary":)",
                          operation.name, routed ? name_of(operation.route.method) : "", operation.route.path,
                          name_of(operation.access), name_of(operation.effect));
      write_json_string(json, operation.summary);
      json += '}';
    }
    if (*names) {
      for (std::size_t i = 1; i < rows.size(); ++i) std::cout << rows[i].front() << '\n';
    } else if (global.json) {
      std::cout << (json.empty() ? "[" : json) << "]\n";
    } else {
      std::cout << table(rows);
    }
  });
}

void add_openapi(CLI::App& app) {
  auto* command = app.add_subcommand("openapi", "Print the OpenAPI 3.1 document of the HTTP interface");
  command->callback([] { std::cout << openapi_document(catalogue(), kVersion, "/api/v1") << '\n'; });
}

void print_migrations(const GlobalOptions& global, const std::vector<Migration>& migrations, std::string_view none) {
  if (global.json) {
    std::cout << to_json(migrations) << '\n';
    return;
  }
  if (migrations.empty()) std::cout << none << '\n';
  std::vector<std::vector<std::string>> rows;
  for (const Migration& m : migrations) {
    rows.push_back({fmt::format("{:04}", m.version), m.name, m.applied ? "applied" : "pending",
                    m.applied_at ? m.applied_at->text() : ""});
  }
  std::cout << table(rows);
}

void add_migrate(CLI::App& app, GlobalOptions& global) {
  auto* command = app.add_subcommand("migrate", "Bring the schema up to date, back, or show where it stands");
  command->require_subcommand(1);
  auto target = std::make_shared<int>(0);
  auto* up = command->add_subcommand("up", "Apply pending migrations");
  auto* up_target = up->add_option("TARGET", *target, "Last version to apply (default: all)");
  up->callback([target, up_target, &global] {
    const auto store = Store::open(configuration(global).database.url);
    const Instant now = global.now.empty() ? Instant::system_now() : parse_now(global.now);
    const auto done = store->migrate_up(now, up_target->count() > 0 ? std::optional(*target) : std::nullopt);
    print_migrations(global, done, "Nothing to do: the schema is up to date.");
  });
  auto* down = command->add_subcommand("down", "Take back migrations; what their tables hold is lost");
  down->add_option("TARGET", *target, "Version to go back to; 0 empties the store")->required();
  down->callback([target, &global] {
    print_migrations(global, Store::open(configuration(global).database.url)->migrate_down(*target), "Nothing to do.");
  });
  auto* status = command->add_subcommand("status", "Show all migrations");
  status->callback(
      [&global] { print_migrations(global, Store::open(configuration(global).database.url)->migrations(), "None."); });
  auto* check = command->add_subcommand("check", "Tell what differs from what the applied migrations made");
  check->callback([&global] {
    const auto drift = schema_drift(*Store::open(configuration(global).database.url));
    if (global.json) {
      std::cout << to_json(drift) << '\n';
    } else if (drift.empty()) {
      std::cout << "The schema is what the migrations made.\n";
    } else {
      std::cout << "The schema is not what the migrations made (-: missing, +: there besides):\n";
      for (const auto& line : drift) std::cout << line << '\n';
    }
    if (!drift.empty()) throw CLI::RuntimeError(1);
  });
}

void add_today(CLI::App& app, GlobalOptions& global) {
  auto* command = app.add_subcommand("today", "Show what to do now");
  command->callback([&global] {
    Session session(global);
    if (global.json) {
      print_json(global, session.call("today.get"));
    } else {
      std::cout << dashboard(session, is_terminal(STDOUT_FILENO));
    }
  });
}

void add_demo(CLI::App& app, GlobalOptions& global) {
  auto options = std::make_shared<DemoOptions>();
  auto* command = app.add_subcommand("demo", "Fill the store with a plausible past for one user");
  command->add_option("--days", options->days, "Length of the past in days")->check(CLI::Range(1, 4000));
  command->add_option("--seed", options->seed, "The same seed gives the same past");
  command->add_option("--timezone", options->timezone, "The user's time zone (default: the system's)");
  command->add_flag("--force", options->force, "Also for a user who has data already");
  command->callback([options, &global] {
    options->until = global.now.empty() ? Instant::system_now() : parse_now(global.now);
    const bool show = isatty(STDERR_FILENO) == 1;
    options->progress = [show](int day, int days) {
      if (!show) return;
      constexpr int kCells = 30;
      const int full = day * kCells / days;
      std::cerr << fmt::format("\r[{}{}] day {} of {}", std::string(static_cast<std::size_t>(full), '#'),
                               std::string(static_cast<std::size_t>(kCells - full), '.'), day, days)
                << (day == days ? "\n" : "") << std::flush;
    };
    const DemoSummary done = fill_demo(global, *options);
    if (global.json) {
      std::cout << fmt::format(R"({{"operations":{},"user_id":"{}","email":"{}","days":{},"seed":{}}})",
                               done.operations, done.user_id, done.email, options->days, options->seed)
                << '\n';
    } else {
      std::cout << fmt::format("{} operations of {} over {} days. Look at them with: ignition today\n", done.operations,
                               done.email, options->days);
    }
  });
}

int run(int argc, char** argv) {
  CLI::App app{"Ignition: fewer, better decisions about what to do next", "ignition"};
  app.set_version_flag("--version", std::string("ignition ") + kVersion);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "Exit status: 0 done, 64 wrong command line, 65 invalid input, 66 not found, 69 unavailable, 70 internal,\n"
      "73 conflict, 74 output lost, 75 try later, 77 not allowed, 78 configuration.");
  GlobalOptions global;
  app.add_option("--store", global.store, "Database URL (default: DATABASE_URL, else sqlite:ignition.db)");
  app.add_option("--user", global.user, "Id or e-mail address of the user to act for (default: the local user)");
  app.add_flag("--json", global.json, "Machine-readable output");
  app.add_option("--now", global.now, "Let the clock stand at this instant, for trying things out");
  add_serve(app, global);
  add_today(app, global);
  add_call(app, global);
  add_replay(app, global);
  add_operations(app, global);
  add_openapi(app);
  add_export(app, global);
  add_administration(app, global);
  add_migrate(app, global);
  add_jobs(app, global);
  add_mail(app, global);
  add_demo(app, global);
  add_config(app, global);
  add_completion(app);
  try {
    app.parse(argc, argv);
    if (std::cout.flush()) return kOk;
    std::cerr << "ignition: the output cannot be written\n";
    return kOutput;
  } catch (const CLI::RequiredError& error) {
    // CLI11 misses a command also when it met one that it does not know.
    const auto unknown = app.remaining(true);
    unknown.empty() ? app.exit(error) : app.exit(CLI::ExtrasError(unknown));
    return kUsage;
  } catch (const CLI::RuntimeError& error) {
    return error.get_exit_code();
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kOk : kUsage;
  } catch (const server::ConfigError& error) {
    for (const auto& problem : error.problems()) std::cerr << "ignition: " << problem << '\n';
    return kConfiguration;
  } catch (const Error& error) {
    if (global.json) {
      std::cerr << error.json() << '\n';
    } else {
      std::cerr << "ignition: " << error.message() << '\n';
      if (error.fields().size() > 1) {
        for (const auto& field : error.fields()) std::cerr << "  " << field.field << ": " << field.message << '\n';
      }
    }
    return exit_status(error.code());
  } catch (const std::exception& error) {
    std::cerr << "ignition: " << error.what() << '\n';
    return kInternal;
  }
}

}  // namespace
}  // namespace ignition::cli

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  return ignition::cli::run(argc, argv);
}
