#include "metrics.hpp"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <map>

#include "ignition/describe.hpp"
#include "ignition/version.hpp"

namespace ignition::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Count = std::atomic<std::uint64_t>;

constexpr std::array<std::int64_t, 11> kBounds = {5'000,   10'000,  25'000,    50'000,    100'000,   250'000,
                                                  500'000, 1000000, 2'500'000, 5'000'000, 10'000'000};  // microseconds
constexpr std::array<int, 21> kStatuses = {200, 201, 202, 204, 206, 302, 304, 400, 401, 403, 404,
                                           405, 408, 409, 412, 413, 416, 429, 500, 501, 503};
constexpr std::array<std::string_view, 8> kMethods = {"GET",   "HEAD",   "POST",    "PUT",
                                                      "PATCH", "DELETE", "OPTIONS", "other"};
constexpr std::size_t kCodes = boost::mp11::mp_size<boost::describe::describe_enumerators<Code>>::value;

template <std::size_t N, class T>
std::size_t place_of(const std::array<T, N>& all, const T& one) {
  return static_cast<std::size_t>(std::ranges::find(all, one) - all.begin());
}

std::uint64_t read(const Count& count) { return count.load(std::memory_order_relaxed); }
void raise(Count& count, std::uint64_t by = 1) { count.fetch_add(by, std::memory_order_relaxed); }

ClientMetric::Label label(std::string_view name, std::string_view value) {
  return {std::string(name), std::string(value)};
}

ClientMetric counter(std::vector<ClientMetric::Label> labels, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

MetricFamily gauge(std::string name, std::string help, double value, std::vector<ClientMetric::Label> labels = {}) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return {std::move(name), std::move(help), MetricType::Gauge, {std::move(metric)}};
}

std::vector<std::string_view> all_rate_classes() {
  std::vector<std::string_view> out;
  for (const RateRow& row : rate_rows()) out.push_back(name_of(row.rate_class));
  // Those that operations look at.
  for (const char* name : {"login_failure", "account_failure", "mail_account", "mail_ip"}) out.emplace_back(name);
  return out;
}

MetricFamily family_of(std::string name, std::string help, std::string_view label_name, const LabelCounts& counts) {
  MetricFamily family{std::move(name), std::move(help), MetricType::Counter, {}};
  for (std::size_t i = 0; i < counts.size(); ++i) {
    family.metric.push_back(counter({label(label_name, counts.value(i))}, counts.count(i)));
  }
  return family;
}

std::string_view outcome_of(int status) {
  if (status < 400) return "success";
  return status == 401 ? "invalid" : status == 403 ? "forbidden" : "refused";
}

// A family of what an engine counts.
struct CountedFamily {
  std::string_view name;
  std::string_view help;
  std::vector<std::string_view> labels{};
};

const std::vector<CountedFamily>& event_families() {
  static const std::vector<CountedFamily> all{
      {"ignition_logins_total", "Attempts to sign in.", {"method", "outcome"}},
      {"ignition_sessions_created_total", "Sessions that began.", {"kind"}},
      {"ignition_sessions_revoked_total", "Sessions that were ended before their time.", {"reason"}},
      {"ignition_token_refresh_total", "Uses of refresh tokens.", {"outcome"}},
      {"ignition_refresh_reuse_total", "Refresh tokens that were used again, so that their session ended."},
      {"ignition_audit_events_total", "Entries of the security log.", {"event_type"}},
      {"ignition_db_errors_total", "Operations that the database failed.", {"operation"}},
  };
  return all;
}

const std::vector<CountedFamily>& duration_families() {
  static const std::vector<CountedFamily> all{
      {"ignition_db_query_duration_seconds", "Time of one statement.", {"operation"}},
      {"ignition_password_hash_seconds", "Time of one password's hash."},
  };
  return all;
}

// `joined`: see Counted.
std::vector<ClientMetric::Label> labels_of(const CountedFamily& family, std::string_view joined) {
  std::vector<ClientMetric::Label> out;
  for (const std::string_view name : family.labels) {
    const auto end = joined.find('\n');
    out.push_back(label(name, joined.substr(0, end)));
    joined = end == std::string_view::npos ? std::string_view{} : joined.substr(end + 1);
  }
  return out;
}

ClientMetric histogram_of(std::vector<ClientMetric::Label> labels, const Counts::Durations& durations) {
  ClientMetric metric;
  metric.label = std::move(labels);
  auto& histogram = metric.histogram;
  for (std::size_t b = 0; b < Counts::kBounds.size(); ++b) {
    histogram.sample_count += durations.buckets[b];
    histogram.bucket.push_back({histogram.sample_count, static_cast<double>(Counts::kBounds[b]) / 1e6});
  }
  histogram.sample_count += durations.buckets.back();
  histogram.sample_sum = static_cast<double>(durations.micros) / 1e6;
  return metric;
}

void add_counts(std::vector<MetricFamily>& all, const Counts& counts) {
  const auto events = counts.events();
  for (const CountedFamily& row : event_families()) {
    MetricFamily family{std::string(row.name), std::string(row.help), MetricType::Counter, {}};
    for (const auto& [name, n] : events) {
      if (name.first == row.name) family.metric.push_back(counter(labels_of(row, name.second), n));
    }
    if (row.labels.empty() && family.metric.empty()) family.metric.push_back(counter({}, 0));
    all.push_back(std::move(family));
  }
  const auto durations = counts.durations();
  for (const CountedFamily& row : duration_families()) {
    MetricFamily family{std::string(row.name), std::string(row.help), MetricType::Histogram, {}};
    for (const auto& [name, took] : durations) {
      if (name.first == row.name) family.metric.push_back(histogram_of(labels_of(row, name.second), took));
    }
    all.push_back(std::move(family));
  }
}

MetricFamily states(std::string name, std::string help,
                    const std::vector<std::pair<std::string_view, std::int64_t>>& values) {
  MetricFamily family{std::move(name), std::move(help), MetricType::Gauge, {}};
  for (const auto& [state, value] : values) {
    ClientMetric metric;
    metric.label = {label("state", state)};
    metric.gauge.value = static_cast<double>(value);
    family.metric.push_back(std::move(metric));
  }
  return family;
}

}  // namespace

void LabelCounts::add(std::string_view value) {
  const auto found = std::ranges::find(values_, value);
  if (found != values_.end()) raise(counts_[static_cast<std::size_t>(found - values_.begin())]);
}

struct Metrics::Cell {
  std::array<Count, kStatuses.size() + 1> statuses{};  // the last: any other
  std::array<Count, kBounds.size() + 1> buckets{};     // not cumulative; the last: slower than all bounds
  std::array<Count, kCodes> codes{};
  Count micros{};
};

Metrics::Metrics(const Router& router)
    : router_(router),
      cells_(router.endpoints().size() * 2 + kMethods.size()),
      gate_rejections_(
          {"password_change_required", "email_unverified", "approval_pending", "age_unverified", "tos_unaccepted"}),
      csrf_rejections_({"csrf_missing", "csrf_invalid", "origin_not_allowed"}),
      rate_limited_(all_rate_classes()),
      by_key_({"success", "invalid", "forbidden", "refused"}) {}

Metrics::~Metrics() {
  for (auto& slot : cells_) delete slot.load();
}

Metrics::Cell& Metrics::cell(const Measured& request) {
  std::size_t at = 0;
  if (request.endpoint != nullptr) {
    at = request.endpoint->number * 2 + (request.method == "HEAD" ? 1 : 0);
  } else {
    at = router_.endpoints().size() * 2 + std::min(place_of(kMethods, request.method), kMethods.size() - 1);
  }
  Cell* found = cells_[at].load(std::memory_order_acquire);
  if (found != nullptr) return *found;
  auto made = std::make_unique<Cell>();
  if (cells_[at].compare_exchange_strong(found, made.get(), std::memory_order_acq_rel)) return *made.release();
  return *found;
}

void Metrics::count(const Measured& request) {
  Cell& to = cell(request);
  raise(to.statuses[place_of(kStatuses, request.status)]);
  const auto bound = std::ranges::lower_bound(kBounds, request.micros);
  raise(to.buckets[static_cast<std::size_t>(bound - kBounds.begin())]);
  raise(to.micros, static_cast<std::uint64_t>(std::max<std::int64_t>(request.micros, 0)));
  if (request.by_key) by_key_.add(outcome_of(request.status));
  if (request.error == nullptr) return;
  raise(to.codes[static_cast<std::size_t>(request.error->code())]);
  if (const auto& limit = request.error->limit_hit()) rate_limited_.add(limit->rate_class);
  if (request.error->code() != Code::FORBIDDEN) return;
  gate_rejections_.add(request.error->reason());
  csrf_rejections_.add(request.error->reason());
}

std::string Metrics::text(const Gauges& gauges) const {
  MetricFamily requests{"http_requests_total", "Answered requests.", MetricType::Counter, {}};
  MetricFamily durations{
      "http_request_duration_seconds", "Time from a request to its answer.", MetricType::Histogram, {}};
  std::map<std::pair<std::string_view, std::size_t>, std::uint64_t> refused;  // by route and code
  const std::size_t endpoints = router_.endpoints().size();
  for (std::size_t i = 0; i < cells_.size(); ++i) {
    const Cell* from = cells_[i].load(std::memory_order_acquire);
    if (from == nullptr) continue;
    const bool known = i < endpoints * 2;
    const std::string_view route = known ? std::string_view(router_.endpoints()[i / 2].pattern) : "unmatched";
    std::string_view method = kMethods[known ? 1 : i - endpoints * 2];
    if (known && i % 2 == 0) method = name_of(router_.endpoints()[i / 2].method);
    for (std::size_t s = 0; s < from->statuses.size(); ++s) {
      const std::uint64_t n = read(from->statuses[s]);
      if (n == 0) continue;
      const std::string status = s < kStatuses.size() ? std::to_string(kStatuses[s]) : "other";
      requests.metric.push_back(counter({label("method", method), label("route", route), label("status", status)}, n));
    }
    for (std::size_t c = 0; c < kCodes; ++c) {
      if (const std::uint64_t n = read(from->codes[c]); n > 0) refused[{route, c}] += n;
    }
    ClientMetric duration;
    duration.label = {label("method", method), label("route", route)};
    auto& histogram = duration.histogram;
    for (std::size_t b = 0; b < kBounds.size(); ++b) {
      histogram.sample_count += read(from->buckets[b]);
      histogram.bucket.push_back({histogram.sample_count, static_cast<double>(kBounds[b]) / 1e6});
    }
    histogram.sample_count += read(from->buckets.back());
    histogram.sample_sum = static_cast<double>(read(from->micros)) / 1e6;
    durations.metric.push_back(std::move(duration));
  }
  MetricFamily errors{"http_errors_total", "Refusals by their code.", MetricType::Counter, {}};
  for (const auto& [key, n] : refused) {
    const std::string_view code = name_of(static_cast<Code>(key.second));
    errors.metric.push_back(counter({label("route", key.first), label("code", code)}, n));
  }
  std::vector<MetricFamily> all{
      std::move(requests),
      std::move(errors),
      std::move(durations),
      family_of("ignition_gate_rejections_total", "Calls refused by a gate of the account.", "gate", gate_rejections_),
      family_of("ignition_csrf_rejections_total", "Requests refused as forged by another site.", "reason",
                csrf_rejections_),
      family_of("ignition_rate_limited_total", "Requests refused by a rate limit.", "class", rate_limited_),
      family_of("ignition_api_key_requests_total", "Requests with an API key.", "outcome", by_key_),
      gauge("ignition_http_in_flight", "Requests that are being answered.", gauges.in_flight),
      gauge("ignition_up", "1 while the server runs.", 1),
      gauge("ignition_build_info", "The running version.", 1, {label("version", kVersion)}),
  };
  if (gauges.counts != nullptr) add_counts(all, *gauges.counts);
  if (const auto& c = gauges.connections) {
    all.push_back(states("ignition_db_connections", "Connections to the database.",
                         {{"in_use", c->in_use}, {"idle", c->idle}, {"max", c->max}}));
  }
  if (const auto& p = gauges.population) {
    all.push_back(
        states("ignition_users_total", "Accounts.",
               {{"active", p->active}, {"pending_approval", p->pending_approval}, {"disabled", p->disabled}}));
    all.push_back(
        gauge("ignition_active_sessions", "Sessions that are good.", static_cast<double>(p->active_sessions)));
  }
  return static_cast<const prometheus::Serializer&>(prometheus::TextSerializer()).Serialize(all);
}

}  // namespace ignition::server
