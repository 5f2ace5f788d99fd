// How long a zone keeps its offset: for code that converts many times of one zone.
#pragma once

#include "ignition/time.hpp"

namespace ignition {

// A stretch of time with one offset: begin <= t < end.
struct OffsetSpan {
  Instant begin;
  Instant end;
  Micros offset{};  // east of UTC is positive
};

// A stretch around `t`. Not always the whole one: it ends with the year from 2037 on.
OffsetSpan offset_span(const TimeZone& zone, Instant t);

}  // namespace ignition
