#include "ignition/time.hpp"

#include "support/vectors.hpp"

using namespace ignition;

namespace {
Instant at(std::string_view text) { return Instant::parse(text).value(); }
TimeZone zone(std::string_view name) { return TimeZone::find(name).value(); }
}  // namespace

TEST_CASE("instants are written with six fraction digits and read with any offset") {
  CHECK(at("2026-01-14T15:00:00Z").text() == "2026-01-14T15:00:00.000000Z");
  CHECK(at("2026-01-14T15:00:00.1+01:00").text() == "2026-01-14T14:00:00.100000Z");
  CHECK(at("2026-01-14 15:00:00.123456+00").text() == "2026-01-14T15:00:00.123456Z");
  CHECK(at("1969-12-31T23:59:59.999999Z").us == -1);
  for (const auto* bad : {"", "2026-01-14", "2026-02-30T00:00:00Z", "2026-01-14T24:00:00Z", "2026-01-14T15:00:00",
                          "2026-01-14T15:00:00.Z", "2026-01-14T15:00:00+1:00", "2026-01-14T15:00:00Zx"}) {
    CAPTURE(bad);
    CHECK_FALSE(Instant::parse(bad).has_value());
  }
}

TEST_CASE("a wall time in a gap takes the offset before it, in an overlap the earlier instant") {
  const auto new_york = zone("America/New_York");
  CHECK(new_york.instant(WallTime::at(LocalDate::of(2026, 3, 8), 2, 30)) == at("2026-03-08T07:30:00Z"));
  CHECK(new_york.instant(WallTime::at(LocalDate::of(2026, 11, 1), 1, 30)) == at("2026-11-01T05:30:00Z"));
  const auto lord_howe = zone("Australia/Lord_Howe");
  CHECK(lord_howe.instant(WallTime::at(LocalDate::of(2026, 10, 4), 2, 15)) == at("2026-10-03T15:45:00Z"));
}

TEST_CASE("zone rules go on after 2037") {
  const auto berlin = zone("Europe/Berlin");
  CHECK(berlin.instant(WallTime::at(LocalDate::of(2050, 7, 1), 12, 0)) == at("2050-07-01T10:00:00Z"));
  CHECK(berlin.instant(WallTime::at(LocalDate::of(2050, 1, 1), 12, 0)) == at("2050-01-01T11:00:00Z"));
  CHECK(berlin.wall(at("2099-03-29T00:59:59Z")).hour() == 1);
  CHECK(berlin.wall(at("2099-03-29T01:00:00Z")).hour() == 3);
}

TEST_CASE("a day starts at the jump when its hour does not exist") {
  const Calendar cairo{zone("Africa/Cairo")};
  CHECK(cairo.start(LocalDate::of(2024, 4, 26)) == at("2024-04-25T22:00:00Z"));
  const Calendar apia{zone("Pacific/Apia")};
  CHECK(apia.start(LocalDate::of(2011, 12, 30)) == apia.start(LocalDate::of(2011, 12, 31)));
  const Calendar berlin{zone("Europe/Berlin")};
  CHECK(berlin.start(LocalDate::of(2026, 10, 25)) == at("2026-10-24T22:00:00Z"));
  CHECK(berlin.start(LocalDate::of(2026, 10, 26)) == at("2026-10-25T23:00:00Z"));
}

TEST_CASE("the local date follows zone and day start hour") {
  CHECK(Calendar{zone("America/New_York")}.date_of(at("2026-01-11T04:30:00Z")) == LocalDate::of(2026, 1, 10));
  CHECK(Calendar{TimeZone(), 4}.date_of(at("2026-01-10T02:30:00Z")) == LocalDate::of(2026, 1, 9));
}

TEST_CASE("weeks begin on the chosen day") {
  const auto wednesday = LocalDate::of(2026, 1, 14);
  CHECK(week_start_of(wednesday, WeekStart::monday) == LocalDate::of(2026, 1, 12));
  CHECK(week_start_of(wednesday, WeekStart::sunday) == LocalDate::of(2026, 1, 11));
  CHECK(week_start_of(wednesday, WeekStart::saturday) == LocalDate::of(2026, 1, 10));
}

TEST_CASE("ids sort in the order they were made") {
  RandomIds random;
  SequentialIds sequential(7);
  const Instant now = at("2026-01-14T15:00:00Z");
  for (IdSource* ids : {static_cast<IdSource*>(&random), static_cast<IdSource*>(&sequential)}) {
    Uuid last = ids->next(now);
    for (int i = 0; i < 200; ++i) {
      const Uuid id = ids->next(now);
      CHECK(last < id);
      CHECK(Uuid::parse(id.text()) == id);
      CHECK(id.text()[14] == '7');
      last = id;
    }
  }
}
