// Rate limits that operations look at before their transaction (rule R32): guesses at secrets, and mails.
#pragma once

#include <optional>
#include <string_view>

#include "ignition/catalogue.hpp"
#include "ignition/rate_store.hpp"

namespace ignition::limits {

// One guess at a password or a code of an account. It counts as failed from the beginning, so that guesses made at once
// are no more than those made one after the other, and no more when it proves right.
class Guess {
 public:
  // Throws RATE_LIMITED when there were too many from this address, or, unless `knows_address`, from everywhere: who is
  // signed in at the address already is not shut out by strangers.
  Guess(const Preparation& preparation, const RateKey& account, bool knows_address);
  void was_right() const;

 private:
  const Preparation& preparation_;
  RateKey account_;
  RateKey account_here_;
  bool counts_everywhere_;
};

// The same whether an account has the identifier or not. `identifier`: as normalised.
RateKey account_key(const std::optional<Uuid>& user, std::string_view identifier);

// Whether a mail that somebody asks for may go to the address; counts it.
bool may_mail(const Preparation& preparation, std::string_view address);
// The same; throws RATE_LIMITED.
void require_mail(const Preparation& preparation, std::string_view address);

}  // namespace ignition::limits
