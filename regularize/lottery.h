// Lottery tickets: small networks within a large one that learn as well as it, given the weights
// they began with.
//
//   Masks masks(net);
//   LotteryTicket ticket(net, masks);            // remembers the weights as they are now
//   for (int round = 0; round < 5; ++round) {
//     train(net, masks);                         // fit() with &masks among its callbacks
//     prune_global_l1(masks, 0.2);               // the smallest 20 % of what is left go
//     ticket.rewind();                           // and the rest begins anew
//   }
//   double found = train(net, masks);
//   ticket.reinitialize(Net());                  // the same masks over other first weights
//   double control = train(net, masks);
#ifndef TENON_REGULARIZE_LOTTERY_H_
#define TENON_REGULARIZE_LOTTERY_H_

#include <functional>
#include <memory>
#include <vector>

#include "layers/module.h"
#include "regularize/masks.h"
#include "regularize/pruning.h"

namespace tenon::regularize {

/// Iterative magnitude pruning with rewinding. Optimizers have to be made anew after each
/// rewinding: their moments belong to other weights. (Frankle & Carbin 2019, "The lottery ticket
/// hypothesis", §1, strategy 1 of appendix B; remember() some steps into training: Frankle et al.
/// 2020, "Linear mode connectivity and the lottery ticket hypothesis", algorithm 1)
class LotteryTicket {
 public:
  /// Both must outlive this.
  LotteryTicket(layers::Module& module, Masks& masks);

  /// Makes the present weights and buffers those that a rewinding goes back to.
  void remember();

  /// Back to the remembered weights, with the present masks.
  void rewind();

  /// Puts the weights of another module of the same kind in, with the present masks: the control.
  /// Throws layers::StateDictError where it is of another kind.
  void reinitialize(const layers::Module& fresh);

 private:
  void restore(const layers::StateDict& state);

  layers::Module& module_;
  Masks& masks_;
  layers::StateDict remembered_;
};

struct TicketSearch {
  int rounds = 5;
  /// Masks more of the weights, once a round (regularize/pruning.h).
  std::function<void(Masks&)> prune = [](Masks& masks) { prune_global_l1(masks, 0.2); };
  /// Trains the few steps after which the weights are remembered, where tickets are to be rewound
  /// to early weights instead of the first ones; each control takes them too, under its masks.
  std::function<void(layers::Module&, Masks&)> warm_up = {};
};

struct TicketRound {
  double sparsity = 0;
  double ticket = 0;   ///< what `train` returned for the rewound weights
  double control = 0;  ///< and for other first weights under the same masks
};

/// Runs the search and its control: trains, then `rounds` times prunes, rewinds and trains the
/// ticket, and trains a module that `make` gives with the same masks. `train` trains a module under
/// masks (give it &masks as a callback) and returns a figure such as the accuracy. The first of the
/// rounds + 1 results is the unpruned network, where control is a second one of `make`. Throws
/// ValueError for a negative number of rounds, and what `prune` and `train` throw.
std::vector<TicketRound> search_tickets(
    const std::function<std::unique_ptr<layers::Module>()>& make,
    const std::function<double(layers::Module&, Masks&)>& train, const TicketSearch& search = {});

}  // namespace tenon::regularize

#endif  // TENON_REGULARIZE_LOTTERY_H_
