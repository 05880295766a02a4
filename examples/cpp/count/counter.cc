#include "count/counter.h"

#include <algorithm>

namespace count {

void Counter::Add(const std::string& word) {
  ++words_[word];
  ++total_;
}

void Counter::AddAll(const std::vector<std::string>& words) {
  for (const auto& word : words) Add(word);
}

std::vector<std::pair<std::string, std::size_t>> Counter::Top(std::size_t limit) const {
  std::vector<std::pair<std::string, std::size_t>> ranked(words_.begin(), words_.end());
  std::stable_sort(ranked.begin(), ranked.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  if (ranked.size() > limit) ranked.resize(limit);
  return ranked;
}

}  // namespace count
