#include "data/tokenizer/bpe.h"

#include <algorithm>
#include <queue>
#include <tuple>

namespace tenon::data::text {
namespace {

std::uint64_t key_of(std::int32_t left, std::int32_t right) {
  return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32 |
         static_cast<std::uint32_t>(right);
}

// A symbol in a list that shrinks: `next` and `previous` are positions, -1 at the ends.
struct Node {
  std::int32_t symbol;
  std::int32_t previous;
  std::int32_t next;
};

// A merge that was possible when it was queued.
struct Candidate {
  std::int32_t rank;
  std::int32_t position;
  std::int32_t left;
  std::int32_t right;
  std::int32_t result;

  bool operator<(const Candidate& other) const {  // the queue hands out its largest first
    return std::tie(rank, position) > std::tie(other.rank, other.position);
  }
};

}  // namespace

bool MergeTable::add(const Merge& merge) {
  return merges_.emplace(key_of(merge.left, merge.right), Value{merge.rank, merge.result}).second;
}

const MergeTable::Value* MergeTable::find(std::int32_t left, std::int32_t right) const {
  const auto found = merges_.find(key_of(left, right));
  return found == merges_.end() ? nullptr : &found->second;
}

std::vector<Merge> MergeTable::sorted() const {
  std::vector<Merge> merges;
  for (const auto& [key, value] : merges_) {
    merges.push_back({.left = static_cast<std::int32_t>(key >> 32),
                      .right = static_cast<std::int32_t>(key & 0xffffffff),
                      .result = value.result,
                      .rank = value.rank});
  }
  std::sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
    return std::tie(a.rank, a.left, a.right) < std::tie(b.rank, b.left, b.right);
  });
  return merges;
}

void MergeTable::apply(std::vector<std::int32_t>& symbols) const {
  const auto size = static_cast<std::int32_t>(symbols.size());
  std::vector<Node> nodes(symbols.size());
  std::priority_queue<Candidate> queue;
  const auto at = [&nodes](std::int32_t i) -> Node& { return nodes[static_cast<std::size_t>(i)]; };
  const auto propose = [&](std::int32_t i) {
    if (i < 0 || at(i).next < 0) return;
    const std::int32_t left = at(i).symbol;
    const std::int32_t right = at(at(i).next).symbol;
    if (const Value* merge = find(left, right)) {
      queue.push({merge->rank, i, left, right, merge->result});
    }
  };
  for (std::int32_t i = 0; i < size; ++i) {
    at(i) = {symbols[static_cast<std::size_t>(i)], i - 1, i + 1 < size ? i + 1 : -1};
  }
  for (std::int32_t i = 0; i + 1 < size; ++i) propose(i);
  while (!queue.empty()) {
    const Candidate best = queue.top();
    queue.pop();
    Node& left = at(best.position);
    // What was merged since then has other symbols; a removed one has none.
    if (left.symbol != best.left || left.next < 0 || at(left.next).symbol != best.right) continue;
    Node& right = at(left.next);
    left.symbol = best.result;
    left.next = right.next;
    right.symbol = -1;
    if (left.next >= 0) at(left.next).previous = best.position;
    propose(left.previous);
    propose(best.position);
  }
  symbols.clear();
  for (std::int32_t i = 0; i >= 0 && size > 0; i = at(i).next) symbols.push_back(at(i).symbol);
}

}  // namespace tenon::data::text
