#include "regularize/lottery.h"

#include <algorithm>

#include "regularize/internal/check.h"

namespace tenon::regularize {
namespace {

// The masks are no part of what is rewound.
layers::StateDict without_masks(const layers::Module& module, const Masks& masks) {
  layers::StateDict state = module.state_dict();
  std::erase_if(state, [&](const auto& value) {
    return std::any_of(masks.entries().begin(), masks.entries().end(),
                       [&](const auto& entry) { return entry.name + "_mask" == value.first; });
  });
  return state;
}

void copy_masks(const Masks& from, Masks& to) {
  for (std::size_t i = 0; i < from.entries().size(); ++i) {
    to.set(i, from.entries()[i].mask.value());
  }
}

}  // namespace

LotteryTicket::LotteryTicket(layers::Module& module, Masks& masks)
    : module_(module), masks_(masks) {
  remember();
}

void LotteryTicket::remember() {
  remembered_ = without_masks(module_, masks_);
  for (auto& [name, tensor] : remembered_) tensor = tensor.clone();
}

void LotteryTicket::rewind() { restore(remembered_); }

void LotteryTicket::reinitialize(const layers::Module& fresh) { restore(fresh.state_dict()); }

void LotteryTicket::restore(const layers::StateDict& state) {
  layers::StateDict all = state;
  for (const Masks::Entry& entry : masks_.entries()) {
    all.emplace_back(entry.name + "_mask", entry.mask.value());
  }
  module_.load_state_dict(all);
  masks_.apply();
}

std::vector<TicketRound> search_tickets(
    const std::function<std::unique_ptr<layers::Module>()>& make,
    const std::function<double(layers::Module&, Masks&)>& train, const TicketSearch& search) {
  internal::require("search_tickets", search.rounds >= 0, "0 or more rounds", search.rounds);
  const std::unique_ptr<layers::Module> module = make();
  Masks masks(*module);
  if (search.warm_up) search.warm_up(*module, masks);
  LotteryTicket ticket(*module, masks);
  std::vector<TicketRound> rounds;
  for (int round = 0; round <= search.rounds; ++round) {
    if (round > 0) {
      search.prune(masks);
      ticket.rewind();
    }
    TicketRound result{.sparsity = masks.sparsity()};
    result.ticket = train(*module, masks);
    const std::unique_ptr<layers::Module> control = make();
    Masks control_masks(*control);
    copy_masks(masks, control_masks);
    if (search.warm_up) search.warm_up(*control, control_masks);
    result.control = train(*control, control_masks);
    rounds.push_back(result);
  }
  return rounds;
}

}  // namespace tenon::regularize
