#include "administer.hpp"

#include <iostream>
#include <memory>

#include "mail.hpp"

namespace ignition::cli {
namespace {

// ---- What is read of answers ----

struct UserLine {
  Uuid id;
  std::string email;
  std::string name;
  std::string role;
  bool approved = false;
  std::optional<Instant> disabled_at;
  std::optional<Instant> last_seen_at;
  Instant created_at;
};
BOOST_DESCRIBE_STRUCT(UserLine, (), (id, email, name, role, approved, disabled_at, last_seen_at, created_at))

struct UserLines {
  std::vector<UserLine> users;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(UserLines, (), (users, total))

struct OneUserLine {
  UserLine user;
};
BOOST_DESCRIBE_STRUCT(OneUserLine, (), (user))

struct SessionLine {
  Uuid id;
  std::string user_email;
  std::optional<std::string> label;
  std::optional<std::string> last_ip;
  Instant last_active_at;
  Instant expires_at;
};
BOOST_DESCRIBE_STRUCT(SessionLine, (), (id, user_email, label, last_ip, last_active_at, expires_at))

struct SessionLines {
  std::vector<SessionLine> sessions;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(SessionLines, (), (sessions, total))

struct KeyLine {
  Uuid id;
  std::string name;
  std::string key_prefix;
  std::string last_four;
  std::vector<std::string> scopes;
  std::optional<Instant> expires_at;
  std::optional<Instant> last_used_at;
};
BOOST_DESCRIBE_STRUCT(KeyLine, (), (id, name, key_prefix, last_four, scopes, expires_at, last_used_at))

struct KeyLines {
  std::vector<KeyLine> api_keys;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(KeyLines, (), (api_keys, total))

struct NewKeyLine {
  std::string key;
};
BOOST_DESCRIBE_STRUCT(NewKeyLine, (), (key))

struct AuditLine {
  Instant created_at;
  std::string event_type;
  std::string status;
  std::optional<std::string> user_email;
  std::optional<std::string> ip_address;
  std::optional<Json> details;
};
BOOST_DESCRIBE_STRUCT(AuditLine, (), (created_at, event_type, status, user_email, ip_address, details))

struct AuditLines {
  std::vector<AuditLine> entries;
  std::int64_t total = 0;
};
BOOST_DESCRIBE_STRUCT(AuditLines, (), (entries, total))

// ---- Making inputs ----

// A JSON object, member by member.
class Object {
 public:
  Object& text(std::string_view key, std::string_view value) {
    begin(key);
    write_json_string(json_, value);
    return *this;
  }
  Object& text_unless_empty(std::string_view key, std::string_view value) {
    return value.empty() ? *this : text(key, value);
  }
  Object& json(std::string_view key, std::string_view value) {
    begin(key);
    json_ += value;
    return *this;
  }
  std::string str() const { return json_ + '}'; }

 private:
  void begin(std::string_view key) {
    if (json_.size() > 1) json_ += ',';
    write_json_string(json_, key);
    json_ += ':';
  }
  std::string json_ = "{";
};

std::string when(const std::optional<Instant>& at) { return at ? at->text().substr(0, 19) + "Z" : "-"; }

// The id of the user with this id or e-mail address.
std::string id_of(Session& session, const std::string& user) {
  if (Uuid::parse(user)) return user;
  const auto found = session.engine().call(Caller::system(),
                                           Call{.operation = "users.get", .body = Object().text("email", user).str()});
  return from_json<OneUserLine>(found.body, UnknownKeys::ignore).user.id.text();
}

void print_total(std::size_t shown, std::int64_t total, std::string_view what) {
  if (static_cast<std::int64_t>(shown) < total) std::cout << fmt::format("{} of {} {}\n", shown, total, what);
}

// One line about an account that was changed.
void print_user(const GlobalOptions& global, const std::string& answer) {
  if (global.json) {
    std::cout << answer << '\n';
    return;
  }
  const auto user = from_json<OneUserLine>(answer, UnknownKeys::ignore).user;
  std::cout << fmt::format("{} {}: {}, {}{}\n", user.id.text(), user.email, user.role,
                           user.approved ? "approved" : "not approved", user.disabled_at ? ", disabled" : "");
}

// ---- Accounts ----

struct UserFields {
  std::string user;
  std::string name;
  std::string timezone;
  std::string search;
  std::string role;
  std::string reason = "admin";
  std::string note;
  std::vector<std::string> roles;
  std::int64_t page = 1;
  bool pending = false;
  bool disabled = false;
  bool deny = false;
  bool sure = false;
};
using Fields = std::shared_ptr<UserFields>;

void list_users(const GlobalOptions& global, const UserFields& fields) {
  Object input;
  input.json("page", std::to_string(fields.page)).json("page_size", "100");
  input.text_unless_empty("search", fields.search).text_unless_empty("role", fields.role);
  if (fields.pending) input.json("pending", "true");
  if (fields.disabled) input.json("disabled", "true");
  Session session(global);
  const std::string answer = session.call("admin.users.list", input.str());
  if (global.json) {
    std::cout << answer << '\n';
    return;
  }
  const auto found = from_json<UserLines>(answer, UnknownKeys::ignore);
  std::vector<std::vector<std::string>> rows{{"ID", "E-MAIL", "NAME", "ROLE", "STATE", "LAST SEEN", "CREATED"}};
  for (const UserLine& user : found.users) {
    rows.push_back({user.id.text(), user.email, user.name, user.role,
                    user.disabled_at ? "disabled"
                    : user.approved  ? "open"
                                     : "not approved",
                    when(user.last_seen_at), when(user.created_at)});
  }
  std::cout << table(rows);
  print_total(found.users.size(), found.total, "users");
}

CLI::App* add_for_user(CLI::App* command, const char* name, const char* says, const Fields& fields) {
  auto* sub = command->add_subcommand(name, says);
  sub->add_option("USER", fields->user, "Id or e-mail address")->required();
  return sub;
}

void add_user_reading(CLI::App* command, GlobalOptions& global, const Fields& fields) {
  auto* create = command->add_subcommand("create", "Create a user");
  create->add_option("EMAIL", fields->user, "E-mail address")->required();
  create->add_option("--name", fields->name, "Display name");
  create->add_option("--timezone", fields->timezone, "IANA name such as Europe/Berlin");
  create->add_option("--role", fields->role, "Highest role: user, premium, moderator, admin or super_admin");
  create->callback([fields, &global] {
    Object input;
    input.text("email", fields->user).text_unless_empty("name", fields->name);
    input.text_unless_empty("timezone", fields->timezone).text_unless_empty("role", fields->role);
    Session session(global);
    print_json(global, session.call("users.create", input.str()));
  });

  auto* list = command->add_subcommand("list", "List users, newest first");
  list->add_option("--page", fields->page, "Page of 100, from 1");
  list->add_option("--search", fields->search, "Text in the address, the user name or the name");
  list->add_option("--role", fields->role, "Only those with this highest role");
  list->add_flag("--pending", fields->pending, "Only those who wait for approval");
  list->add_flag("--disabled", fields->disabled, "Only disabled ones");
  list->callback([fields, &global] { list_users(global, *fields); });

  auto* show = add_for_user(command, "show", "Show one user", fields);
  show->callback([fields, &global] {
    Object input;
    input.text(Uuid::parse(fields->user) ? "id" : "email", fields->user);
    Session session(global);
    print_json(global, session.call("users.get", input.str()));
  });
}

void add_user_changes(CLI::App* command, GlobalOptions& global, const Fields& fields) {
  auto* approve = add_for_user(command, "approve", "Let a user in, or deny it", fields);
  approve->add_flag("--deny", fields->deny, "Deny instead");
  approve->add_option("--note", fields->note, "Why, shown to the user");
  approve->callback([fields, &global] {
    Session session(global);
    Object input;
    input.text("id", id_of(session, fields->user)).json("approved", fields->deny ? "false" : "true");
    input.text_unless_empty("note", fields->note);
    print_user(global, session.call("admin.users.approve", input.str()));
  });

  auto* disable = add_for_user(command, "disable", "Close an account; its sessions and keys end at once", fields);
  disable->add_option("--reason", fields->reason, "admin or abuse")->capture_default_str();
  disable->callback([fields, &global] {
    Session session(global);
    Object input;
    input.text("id", id_of(session, fields->user)).text("reason", fields->reason);
    print_user(global, session.call("admin.users.disable", input.str()));
  });

  auto* enable = add_for_user(command, "enable", "Open a closed account again", fields);
  enable->callback([fields, &global] {
    Session session(global);
    print_user(global, session.call("admin.users.enable", Object().text("id", id_of(session, fields->user)).str()));
  });

  auto* remove = add_for_user(command, "delete", "Delete an account with everything in it", fields);
  remove->add_flag("--yes", fields->sure, "Really: nothing can be taken back")->required();
  remove->callback([fields, &global] {
    Session session(global);
    print_json(global,
               session.call("admin.users.delete_unconfirmed", Object().text("id", id_of(session, fields->user)).str()));
  });

  auto* role = add_for_user(command, "role", "Give a user exactly these roles, besides `user`", fields);
  role->add_option("ROLE", fields->roles, "premium, moderator, admin or super_admin; ROLE@INSTANT expires then");
  role->callback([fields, &global] {
    Session session(global);
    std::string roles = R"([{"name":"user"})";
    for (const std::string& text : fields->roles) {
      const auto at = text.find('@');
      if (text == "user") continue;
      Object one;
      one.text("name", text.substr(0, at));
      if (at != std::string::npos) one.text("expires_at", text.substr(at + 1));
      roles += ',' + one.str();
    }
    Object input;
    input.text("id", id_of(session, fields->user)).json("roles", roles + ']');
    print_user(global, session.call("admin.users.set_roles", input.str()));
  });
}

// ---- Sessions and keys ----

struct DeviceFields {
  std::string user;
  std::string id;
  std::string name;
  std::vector<std::string> scopes;
  std::int64_t days = 0;
  std::int64_t page = 1;
  bool all = false;
};
using Devices = std::shared_ptr<DeviceFields>;

void list_sessions(const GlobalOptions& global, const DeviceFields& fields) {
  Session session(global);
  Object input;
  input.json("page", std::to_string(fields.page)).json("page_size", "100");
  if (!fields.user.empty()) input.text("user_id", id_of(session, fields.user));
  const std::string answer = session.call("admin.sessions.list", input.str());
  if (global.json) {
    std::cout << answer << '\n';
    return;
  }
  const auto found = from_json<SessionLines>(answer, UnknownKeys::ignore);
  std::vector<std::vector<std::string>> rows{{"ID", "USER", "DEVICE", "LAST IP", "LAST ACTIVE", "EXPIRES"}};
  for (const SessionLine& line : found.sessions) {
    rows.push_back({line.id.text(), line.user_email, line.label.value_or("-"), line.last_ip.value_or("-"),
                    when(line.last_active_at), when(line.expires_at)});
  }
  std::cout << table(rows);
  print_total(found.sessions.size(), found.total, "sessions");
}

void add_sessions(CLI::App& app, GlobalOptions& global) {
  auto fields = std::make_shared<DeviceFields>();
  auto* command = app.add_subcommand("session", "List and end signed-in devices");
  command->require_subcommand(1);
  auto* list = command->add_subcommand("list", "List live sessions of everybody, or of one user");
  list->add_option("USER", fields->user, "Id or e-mail address");
  list->add_option("--page", fields->page, "Page of 100, from 1");
  list->callback([fields, &global] { list_sessions(global, *fields); });

  auto* revoke = command->add_subcommand("revoke", "End one session, or all of a user");
  revoke->add_option("ID", fields->id, "Id of the session; with --all, id or e-mail address of the user")->required();
  revoke->add_flag("--all", fields->all, "All sessions of the user");
  revoke->callback([fields, &global] {
    Session session(global);
    const std::string id = fields->all ? id_of(session, fields->id) : fields->id;
    print_json(global, session.call(fields->all ? "admin.users.sign_out" : "admin.sessions.revoke",
                                    Object().text("id", id).str()));
  });
}

void list_keys(const GlobalOptions& global) {
  Session session(global);
  const std::string answer = session.call("api_keys.list", R"({"page_size":100})");
  if (global.json) {
    std::cout << answer << '\n';
    return;
  }
  std::vector<std::vector<std::string>> rows{{"ID", "NAME", "KEY", "SCOPES", "EXPIRES", "LAST USED"}};
  for (const KeyLine& key : from_json<KeyLines>(answer, UnknownKeys::ignore).api_keys) {
    rows.push_back({key.id.text(), key.name, fmt::format("{}...{}", key.key_prefix, key.last_four),
                    fmt::format("{}", fmt::join(key.scopes, " ")), when(key.expires_at), when(key.last_used_at)});
  }
  std::cout << table(rows);
}

void add_keys(CLI::App& app, GlobalOptions& global) {
  auto fields = std::make_shared<DeviceFields>();
  auto* command = app.add_subcommand("apikey", "Make, list and revoke keys of the user for outside programs");
  command->require_subcommand(1);
  auto* create = command->add_subcommand("create", "Make a key; it is shown only now");
  create->add_option("NAME", fields->name, "What the key is for")->required();
  create->add_option("--scope", fields->scopes, "What it opens, for example captures:write (the default), all:read");
  create->add_option("--days", fields->days, "Days until it expires (default: never)")->check(CLI::Range(1, 3650));
  create->callback([fields, &global] {
    Object input;
    input.text("name", fields->name);
    if (!fields->scopes.empty()) input.json("scopes", to_json(fields->scopes));
    if (fields->days > 0) input.json("expires_in_days", std::to_string(fields->days));
    Session session(global);
    const std::string answer = session.call("api_keys.create", input.str());
    if (global.json) {
      std::cout << answer << '\n';
    } else {
      std::cout << from_json<NewKeyLine>(answer, UnknownKeys::ignore).key << '\n';
    }
  });
  auto* list = command->add_subcommand("list", "List keys");
  list->callback([&global] { list_keys(global); });
  auto* revoke = command->add_subcommand("revoke", "Revoke a key");
  revoke->add_option("ID", fields->id, "Id of the key")->required();
  revoke->callback([fields, &global] {
    Session session(global);
    print_json(global, session.call("api_keys.revoke", Object().text("id", fields->id).str()));
  });
}

// ---- The log, and administrators ----

void add_audit(CLI::App& app, GlobalOptions& global) {
  struct Filter {
    std::string of;
    std::string type;
    std::string status;
    std::string from;
    std::string to;
    std::int64_t page = 1;
    std::int64_t size = 50;
  };
  auto filter = std::make_shared<Filter>();
  auto* command = app.add_subcommand("audit", "Show the security log, newest first");
  command->add_option("--of", filter->of, "Id or e-mail address of the user it is about");
  command->add_option("--type", filter->type, "Event type, for example login_failed");
  command->add_option("--status", filter->status, "success, failure or denied");
  command->add_option("--from", filter->from, "Not before this instant (RFC 3339)");
  command->add_option("--to", filter->to, "Before this instant");
  command->add_option("--page", filter->page, "Page, from 1");
  command->add_option("--page-size", filter->size, "Entries of a page")->check(CLI::Range(1, 500));
  command->callback([filter, &global] {
    Session session(global);
    Object input;
    input.json("page", std::to_string(filter->page)).json("page_size", std::to_string(filter->size));
    if (!filter->of.empty()) input.text("user_id", id_of(session, filter->of));
    input.text_unless_empty("event_type", filter->type).text_unless_empty("status", filter->status);
    input.text_unless_empty("from", filter->from).text_unless_empty("to", filter->to);
    const std::string answer = session.call("admin.audit.list", input.str());
    if (global.json) {
      std::cout << answer << '\n';
      return;
    }
    const auto found = from_json<AuditLines>(answer, UnknownKeys::ignore);
    std::vector<std::vector<std::string>> rows{{"TIME", "EVENT", "STATUS", "USER", "IP", "DETAILS"}};
    for (const AuditLine& line : found.entries) {
      rows.push_back({when(line.created_at), line.event_type, line.status, line.user_email.value_or("-"),
                      line.ip_address.value_or("-"), line.details ? line.details->text : ""});
    }
    std::cout << table(rows);
    print_total(found.entries.size(), found.total, "entries");
  });
}

void add_admin(CLI::App& app, GlobalOptions& global) {
  auto user = std::make_shared<std::string>();
  auto* command = app.add_subcommand("admin", "Make administrators");
  command->require_subcommand(1);
  auto* grant = command->add_subcommand("grant", "Make a user super administrator, and let it in");
  grant->add_option("USER", *user, "Id or e-mail address")->required();
  grant->callback([user, &global] {
    Session session(global);
    print_user(global, session.call("admin.grant", Object().text("id", id_of(session, *user)).str()));
  });
}

}  // namespace

void add_administration(CLI::App& app, GlobalOptions& global) {
  auto fields = std::make_shared<UserFields>();
  auto* command = app.add_subcommand("user", "Create, look up and administer users");
  command->require_subcommand(1);
  add_user_reading(command, global, fields);
  add_user_changes(command, global, fields);
  add_password(*command, global);
  add_sessions(app, global);
  add_keys(app, global);
  add_audit(app, global);
  add_admin(app, global);
}

}  // namespace ignition::cli
