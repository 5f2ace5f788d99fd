// Sends the mails that operations have ordered.
#pragma once

#include "engine/jobs.hpp"

namespace ignition::mail {

// The job: sends what is due, one mail after the other. Every mail gets five attempts, at once and 1, 5, 15 and 60
// minutes after its order; then it is given up. A program that ends between sending a mail and noting it sends it once
// more, with the same Message-ID.
void send_due(jobs::Run& run);

// Whether there is a transport and a mail for it.
bool is_wanted(Engine& engine, const JobSettings& settings);

}  // namespace ignition::mail
