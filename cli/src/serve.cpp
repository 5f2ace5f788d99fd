#include "serve.hpp"

#include <iostream>
#include <memory>
#include <optional>

#include "configuration.hpp"
#include "ignition/domains/admin.hpp"
#include "ignition/job_thread.hpp"

namespace ignition::cli {
namespace {

struct ServeOptions {
  std::string host;
  int port = -1;
  bool local = false;
};

// One line to the point, and one next step.
void greet(const server::Server& http, const Configuration& config) {
  // A server's address may hold a password.
  const bool file = config.database.url.starts_with("sqlite:");
  std::cout << "Ignition listens on " << http.address() << " with " << (file ? config.database.url : "PostgreSQL")
            << '\n';
  if (config.server.local_user) {
    std::cout << "Single-user mode: everybody on this machine is the one local user.\n"
              << "Next: curl -s " << http.address() << "/api/v1/today\n";
  } else {
    std::cout << "Next: curl -s " << http.address() << "/health\n";
  }
  std::cout << std::flush;
}

// Once, and to standard error, which is no log.
void tell_claim_key(Engine& engine) {
  const auto made = engine.call(Caller::system(), &admin::ensure_claim_key, {});
  if (!made.claim_key) return;
  std::cerr << "ignition: nobody administers yet. Sign in and claim it with this key, which is shown only now:\n"
            << *made.claim_key << std::endl;
}

int serve(const GlobalOptions& global, const ServeOptions& options) {
  const Configuration config = server_configuration(global, [&](server::Settings& settings) {
    if (!options.host.empty()) settings.host = options.host;
    if (options.port >= 0) settings.port = static_cast<std::uint16_t>(options.port);
    if (options.local) settings.local_user = true;
  });
  for (const auto& warning : config.warnings) std::cerr << "ignition: " << warning << '\n';
  std::unique_ptr<Engine> engine;
  try {
    engine = Engine::open({.store_url = config.database.url,
                           .store = config.database.store(),
                           .replica_url = config.database.replica_url.value_or(""),
                           .config = config.library,
                           .migrate = config.database.migrates(),
                           .clock = clock_of(global),
                           .measures = config.server.metrics});
  } catch (const Error& error) {
    if (config.database.required) throw;
    std::cerr << "ignition: " << error.message() << " Serving health checks only.\n";
  }
  if (engine && config.server.local_user && engine->pending_migrations() == 0) {
    engine->call(Caller::system(), Call{.operation = "users.ensure_local"});
  }
  if (engine && !config.server.local_user && engine->pending_migrations() == 0) tell_claim_key(*engine);
  server::Server http(engine.get(), config.server);
  std::optional<server::JobThread> jobs;
  return http.run([&] {
    if (engine) jobs.emplace(*engine, config.server, Jobs::Options{.settings = config.jobs});
    greet(http, config);
  });
}

}  // namespace

void add_serve(CLI::App& app, GlobalOptions& global) {
  auto options = std::make_shared<ServeOptions>();
  auto* command = app.add_subcommand("serve", "Serve HTTP until SIGTERM or SIGINT");
  command->add_option("--host", options->host, "Address to listen on (default: SERVER_HOST, else 127.0.0.1)");
  command->add_option("--port", options->port, "Port to listen on (default: SERVER_PORT, else 8080)")
      ->check(CLI::Range(0, 65535));
  command->add_flag("--local", options->local, "Single-user mode on loopback, as AUTH_LOCAL_USER=true");
  command->callback([options, &global] {
    if (const int status = serve(global, *options); status != 0) throw CLI::RuntimeError(status);
  });
}

void add_config(CLI::App& app, GlobalOptions& global) {
  auto* command = app.add_subcommand("config", "Look at the configuration");
  command->require_subcommand(1);
  auto* check = command->add_subcommand("check", "Name every problem of the environment and of .env at once");
  check->callback([&global] {
    const Configuration config = server_configuration(global);
    for (const auto& warning : config.warnings) std::cout << "warning: " << warning << '\n';
    std::cout << "The configuration is valid.\n";
  });
  auto* list = command->add_subcommand("list", "List every variable");
  list->callback([] {
    std::vector<std::vector<std::string>> rows{{"NAME", "DEFAULT", "EXPECTS", "MEANING"}};
    for (const Variable& variable : all_variables()) {
      rows.push_back({variable.name, variable.fallback, variable.expects, variable.meaning});
    }
    std::cout << table(rows);
  });
}

}  // namespace ignition::cli
