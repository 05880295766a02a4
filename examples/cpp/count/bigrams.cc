#include "count/bigrams.h"

#include <cstddef>

namespace count {

Counter CountBigrams(const std::vector<std::string>& words) {
  Counter bigrams;
  for (std::size_t i = 1; i < words.size(); ++i) bigrams.Add(words[i - 1] + " " + words[i]);
  return bigrams;
}

}  // namespace count
