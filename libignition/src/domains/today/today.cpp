#include "ignition/domains/today.hpp"

#include "domains/today/exposures.hpp"
#include "domains/today/facts.hpp"
#include "ignition/domains/activity.hpp"
#include "ignition/domains/flags.hpp"
#include "ignition/packed.hpp"
#include "ignition/wire.hpp"

namespace ignition::today {
namespace {

constexpr Sql kGuidanceProgress{R"sql(
  SELECT dismiss_count, cooldown_until, done_at FROM guidance_state WHERE user_id = $1 AND step = $2)sql"};
constexpr Sql kStoreGuidance{R"sql(
  INSERT INTO guidance_state (user_id, step, dismiss_count, cooldown_until, done_at, created_at, updated_at)
  VALUES ($1, $2, $3, $4, $5, $6, $6)
  ON CONFLICT (user_id, step) DO UPDATE
    SET dismiss_count = excluded.dismiss_count, cooldown_until = excluded.cooldown_until, done_at = excluded.done_at,
        updated_at = excluded.updated_at)sql"};

constexpr std::string_view kView = "today";

rules::TodayPayload decide(const Facts& facts, const Context& ctx, std::optional<std::string_view> route) {
  return rules::decide(facts.facts, ctx.calendar, ctx.now, ctx.config.today, facts.flags, route);
}

// The decision over nothing, when deciding over the facts failed (rule E8).
rules::TodayPayload decide_without_facts(const Context& ctx, std::optional<std::string_view> route) {
  Facts empty;
  empty.facts.user_id = ctx.user;
  empty.facts.created_at = ctx.principal.created_at;
  empty.facts.degraded = {"engine"};
  return decide(empty, ctx, route);
}

using SharedFacts = std::shared_ptr<const Facts>;

// An answer with what it was decided from. Nothing else is kept under kView.
struct KeptToday : CachedAnswer {
  SharedFacts facts;
  Sha256 content{};                          // of the JSON
  std::shared_ptr<const Exposure> exposure;  // null: not to be remembered
};

// What is kept of the user, if neither data nor time changed it since. Its JSON is empty when only the facts are known.
std::shared_ptr<const KeptToday> kept(Context& ctx) {
  if (!ctx.is_snapshot()) return nullptr;
  return std::static_pointer_cast<const KeptToday>(
      ctx.cache.find(ctx.user, kView, ctx.principal.revision, ctx.principal.flags_version, ctx.now));
}

void keep_facts(Context& ctx, const SharedFacts& facts) {
  if (!ctx.is_snapshot() || !facts->facts.degraded.empty()) return;
  auto today = std::make_shared<KeptToday>();
  today->revision = ctx.principal.revision;
  today->flags_version = ctx.principal.flags_version;
  today->from = ctx.now;
  today->until = rules::valid_until(facts->facts, ctx.calendar, ctx.now, ctx.config.today, facts->flags);
  today->facts = facts;
  ctx.keep_for_all(kView, std::move(today));
}

void pack_facts(std::string& out, const CachedAnswer& answer) {
  pack(out, *static_cast<const KeptToday&>(answer).facts);
}

std::shared_ptr<CachedAnswer> unpack_facts(const Uuid& user, std::string_view bytes) {
  auto facts = unpacked<Facts>(bytes);
  if (!facts) return nullptr;
  facts->facts.user_id = user;
  auto today = std::make_shared<KeptToday>();
  today->facts = std::make_shared<const Facts>(std::move(*facts));
  return today;
}

// The facts of now. As long as time alone does not change the answer, those that were read before are those of now,
// too, and from whichever page Today is seen.
SharedFacts current_facts(Context& ctx) {
  if (const auto before = kept(ctx)) return before->facts;
  auto facts = std::make_shared<const Facts>(read_facts(ctx));
  try {
    keep_facts(ctx, facts);
  } catch (const std::exception&) {
    // Facts that cannot be judged are not kept; deciding over them fails in its own way.
  }
  return facts;
}

rules::TodayPayload decide_now(Context& ctx, std::optional<std::string_view> route) {
  return decide(*current_facts(ctx), ctx, route);
}

// Keeps an answer that depends on nothing but user, time and data beside its facts.
void keep_answer(Context& ctx, const std::string& json, const rules::Seal& seal,
                 const std::shared_ptr<const Exposure>& exposure) {
  const auto before = kept(ctx);
  if (!before) return;
  auto today = std::make_shared<KeptToday>(*before);
  today->etag = seal.etag;
  today->json = json;
  today->content = seal.content;
  today->exposure = exposure;
  ctx.cache.put(ctx.user, kView, std::move(today));
}

struct Decided {
  std::string json;
  rules::Seal seal;
  std::shared_ptr<const Exposure> exposure;  // null: not to be remembered
};

// The payload's JSON, sealed.
Decided decide_sealed(Context& ctx, std::optional<std::string_view> route) {
  std::string json;
  const SharedFacts facts = current_facts(ctx);
  std::shared_ptr<const Exposure> exposure;
  bool decided = true;
  try {
    const auto payload = decide(*facts, ctx, route);
    json = to_json(payload);
    if (facts->facts.prefs.telemetry_enabled) exposure = exposure_of(payload);
  } catch (const std::exception&) {
    json = to_json(decide_without_facts(ctx, route));
    decided = false;
  }
  auto seal = rules::seal(json, ctx.user, ctx.now);
  if (decided && !route) keep_answer(ctx, json, seal, exposure);
  return {std::move(json), std::move(seal), std::move(exposure)};
}

void show(Context& ctx, const Sha256& content, const std::shared_ptr<const Exposure>& exposure) {
  if (!exposure || !is_due(*exposure, ctx.now)) return;
  remember(ctx, rules::exposure_id(content, ctx.user, ctx.now), exposure);
}

// Gives the decision as the answer, unless the caller holds it already; then nothing was shown.
Rendered<rules::TodayPayload> answered(Context& ctx, Decided&& decision) {
  if (!ctx.tagged(std::move(decision.seal.etag))) show(ctx, decision.seal.content, decision.exposure);
  return {std::make_shared<const std::string>(std::move(decision.json))};
}

rules::EngagementSession seen(const Context& ctx, const rules::EngagementSession& stored) {
  return rules::seen_at(stored, ctx.now, ctx.calendar, ctx.config.today);
}

rules::TodayFlags switches(Context& ctx) { return flags::evaluate(ctx, flags::stored_of_today(ctx)); }

}  // namespace

const SharedView& shared_facts() {
  static const SharedView kFacts{.name = kView, .shape = shape_of<Facts>(), .pack = pack_facts, .unpack = unpack_facts};
  return kFacts;
}

Decision decision(Context& ctx) {
  Decision out{.payload = decide_now(ctx, {}), .etag = {}, .until = ctx.now};
  std::string json = to_json(out.payload);
  out.etag = rules::seal(json, ctx.user, ctx.now).etag;
  if (const auto today = kept(ctx)) out.until = today->until;
  return out;
}

Rendered<rules::TodayPayload> get(Context& ctx, const GetToday& in) {
  if (in.current_route) return answered(ctx, decide_sealed(ctx, std::string_view(in.current_route->value)));
  if (const auto answer = kept(ctx); answer && !answer->json.empty()) {
    if (ctx.tagged(answer->etag)) return {};
    show(ctx, answer->content, answer->exposure);
    return {std::make_shared<const std::string>(rules::restamped(answer->json, answer->content, ctx.user, ctx.now))};
  }
  return answered(ctx, decide_sealed(ctx, {}));
}

Summary summary(Context& ctx, const Nothing&) {
  auto payload = decide_now(ctx, {});
  const auto& plan = payload.plan_summary;
  return {.local_date = payload.local_date,
          .resolved_state = payload.resolved_state,
          .entry_mode = payload.entry_mode,
          .plan = {.exists = plan.plan_exists,
                   .total = plan.total_count,
                   .completed = plan.completed_count,
                   .percent = plan.percent_complete},
          .counts = payload.counts,
          .starter = std::move(payload.starter_block.primary)};
}

NextStep next_action(Context& ctx, const GetToday& in) {
  const std::string_view route = in.current_route ? std::string_view(in.current_route->value) : std::string_view{};
  auto payload = decide_now(ctx, route);
  return {.resolved = std::move(*payload.next_action), .starter = std::move(payload.starter_block.primary)};
}

Landing activate_soft_landing(Context& ctx, const ActivateSoftLanding& in) {
  const auto event = rules::return_link(name_of(in.source), name_of(in.status));
  if (!event) throw invalid("source", "not_one_of", "cannot start a soft landing");
  const auto session = seen(ctx, activity::apply(ctx, *event));
  const auto on = switches(ctx);
  return {.soft_landing = rules::soft_landing_view(session, on.soft_landing && on.master),
          .momentum = rules::momentum_view(session, on.momentum_feedback && on.master)};
}

ClearedLanding clear_soft_landing(Context& ctx, const ClearSoftLanding&) {
  const auto session = seen(ctx, activity::apply(ctx, rules::session_event::Clear{}));
  const auto on = switches(ctx);
  return {.soft_landing = rules::soft_landing_view(session, on.soft_landing && on.master)};
}

DismissedMomentum dismiss_momentum(Context& ctx, const Nothing&) {
  const auto session = seen(ctx, activity::apply(ctx, rules::session_event::DismissMomentum{}));
  const auto on = switches(ctx);
  return {.momentum = rules::momentum_view(session, on.momentum_feedback && on.master)};
}

DismissedReduced dismiss_reduced(Context& ctx, const Nothing&) {
  activity::apply(ctx, rules::session_event::DismissReduced{});
  return {.reduced_mode = decide_now(ctx, {}).reduced_mode};
}

Surface show_full(Context& ctx, const ShowFull& in) {
  activity::apply(ctx, rules::session_event::ShowFull{in.on});
  const auto payload = decide_now(ctx, {});
  return {.entry_mode = payload.entry_mode, .visibility = payload.visibility, .sections = payload.sections};
}

Guidance dismiss_guidance(Context& ctx, const DismissGuidance& in) {
  const auto step = enum_of<rules::GuidanceStep>(in.step);
  if (!step) throw not_found("guidance step");
  const auto before = ctx.db.maybe<rules::GuidanceProgress>(kGuidanceProgress, ctx.user, in.step);
  const auto after =
      rules::dismissed(before.value_or(rules::GuidanceProgress{}), ctx.now, ctx.config.today.guidance_cooldown_hours);
  ctx.db.execute(kStoreGuidance, ctx.user, in.step, after.dismiss_count, after.cooldown_until, after.done_at, ctx.now);
  return {.guidance = decide_now(ctx, {}).guidance};
}

Switches flags(Context& ctx, const Nothing&) {
  const auto on = switches(ctx);
  Switches out;
  for (const auto& [name, value] : rules::named(on)) out.flags.entries.emplace_back(name, value);
  for (const auto name : rules::active_names(on)) out.active.emplace_back(name);
  return out;
}

void add_operations(Catalogue& c) {
  constexpr auto read = Effect::read;
  constexpr auto write = Effect::write;
  constexpr auto user = Access::user;
  c.add("today.get", Get("/today"), user, read, &get, "What to do now: the whole dashboard, decided.").from_memory();
  c.add("today.summary", Get("/today/summary"), user, read, &summary, "State, plan share, counts and starter.")
      .from_memory();
  c.add("today.next_action", Get("/today/next-action"), user, read, &next_action,
        "The one next step, as seen from a page and from Today.")
      .from_memory();
  c.add("today.activate_soft_landing", Post("/today/soft-landing"), user, write, &activate_soft_landing,
        "Begins a calm half hour after something was finished.");
  c.add("today.clear_soft_landing", Post("/today/soft-landing/clear"), user, write, &clear_soft_landing,
        "Ends the soft landing, for example because a section was opened.");
  c.add("today.dismiss_momentum", Post("/today/momentum/dismiss"), user, write, &dismiss_momentum,
        "Hides the momentum message for this engagement session.");
  c.add("today.dismiss_reduced", Post("/today/reduced-mode/dismiss"), user, write, &dismiss_reduced,
        "Ends reduced mode for this engagement session.");
  c.add("today.show_full", Post("/today/show-full"), user, write, &show_full, "Shows all of Today, or no longer.");
  c.add("today.dismiss_guidance", Post("/today/guidance/{step}/dismiss"), user, write, &dismiss_guidance,
        "Hides a hint for three days, the second time for good.");
  c.add("today.record_outcomes", Post("/today/outcomes"), user, write, &record_outcomes,
        "Tells what became of what Today showed.");
  c.add("today.flags", Get("/today/flags"), user, read, &flags, "The effective switches of Today.");
}

}  // namespace ignition::today
