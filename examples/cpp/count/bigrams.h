#ifndef COUNT_BIGRAMS_H_
#define COUNT_BIGRAMS_H_

#include <string>
#include <vector>

#include "count/counter.h"

namespace count {

// Counts each pair of neighbouring words, written with one space between them.
Counter CountBigrams(const std::vector<std::string>& words);

}  // namespace count

#endif  // COUNT_BIGRAMS_H_
