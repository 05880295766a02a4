#include "text/stopwords.h"

#include <algorithm>
#include <iterator>

namespace text {
namespace {

#include "text/stopword_table.inc"

}  // namespace

bool IsStopword(std::string_view word) {
  return std::binary_search(std::begin(kStopwords), std::end(kStopwords), word);
}

}  // namespace text
