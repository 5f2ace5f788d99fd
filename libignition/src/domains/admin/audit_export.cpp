// The security log as a file.
#include <fmt/format.h>

#include <array>

#include "domains/admin/audit.hpp"
#include "domains/admin/parts.hpp"
#include "ignition/wire.hpp"

namespace ignition::admin {

enum class LogFormat : std::uint8_t { ndjson, csv };
BOOST_DESCRIBE_ENUM(LogFormat, ndjson, csv)

struct ExportEntries : AuditFilters {
  Or<LogFormat, LogFormat::ndjson> format;
};
BOOST_DESCRIBE_STRUCT(ExportEntries, (AuditFilters), (format))

namespace {

constexpr std::int64_t kBatch = 500;

// RFC 4180: a field with a comma, a quote or a line end stands in quotes. One that a spreadsheet would calculate gets
// an apostrophe before it.
void write_csv(std::string& out, std::string_view field) {
  const bool calculates = !field.empty() && std::string_view("=+-@\t\r").find(field.front()) != std::string_view::npos;
  if (!calculates && field.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += calculates ? "\"'" : "\"";
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

constexpr std::string_view kHeader =
    "id,created_at,event_type,action,status,actor_user_id,subject_user_id,user_id,user_email,session_id,api_key_id,"
    "resource_type,resource_id,ip_address,user_agent,request_id,details\r\n";

void write_line(std::string& out, const AuditEntry& e) {
  const auto id = [](const std::optional<Uuid>& value) { return value ? value->text() : std::string(); };
  const auto text = [](const std::optional<std::string>& value) { return value.value_or(""); };
  const std::array<std::string, 17> fields{e.id.text(),
                                           e.created_at.text(),
                                           e.event_type,
                                           std::string(name_of(e.action)),
                                           std::string(name_of(e.status)),
                                           id(e.actor_user_id),
                                           id(e.subject_user_id),
                                           id(e.user_id),
                                           text(e.user_email),
                                           id(e.session_id),
                                           id(e.api_key_id),
                                           text(e.resource_type),
                                           text(e.resource_id),
                                           text(e.ip_address),
                                           text(e.user_agent),
                                           text(e.request_id),
                                           e.details ? e.details->text : std::string()};
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    write_csv(out, fields[i]);
  }
  out += "\r\n";
}

}  // namespace

void export_entries(Context& ctx, const ExportEntries& in, const Sink& sink) {
  const bool csv = in.format.value == LogFormat::csv;
  ctx.reply.content_type = csv ? "text/csv; charset=utf-8" : "application/x-ndjson";
  ctx.reply.file_name = fmt::format("ignition-audit-{}.{}", ctx.now.text().substr(0, 10), csv ? "csv" : "ndjson");
  if (csv) sink(kHeader);
  auto batch = entries(ctx, in, kBatch, 0);
  while (!batch.empty()) {
    std::string piece;
    for (const AuditEntry& entry : batch) {
      if (csv) {
        write_line(piece, entry);
      } else {
        write_json(piece, entry);
        piece += '\n';
      }
    }
    sink(piece);
    if (static_cast<std::int64_t>(batch.size()) < kBatch) return;
    batch = entries_before(ctx, in, {.created_at = batch.back().created_at, .id = batch.back().id}, kBatch);
  }
}

void note_export_of_log(Context& ctx, const ExportEntries&) {
  audit::record(ctx, {.event_type = "admin_action",
                      .action = audit::Action::access,
                      .resource_type = "audit_log",
                      .details = R"({"what":"export"})"});
}

void add_audit_export(Catalogue& c) {
  c.stream<AuditEntry>("admin.audit.export", Get("/admin/audit/export"), Access::admin, &export_entries,
                       "The security log as a file, one entry a line.")
      .notes_first(&note_export_of_log)
      .needs("admin:audit");
}

}  // namespace ignition::admin
