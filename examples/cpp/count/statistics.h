#ifndef COUNT_STATISTICS_H_
#define COUNT_STATISTICS_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace count {

// What the tool tells about a text.
struct Statistics {
  std::size_t bytes = 0;
  std::size_t lines = 0;
  std::size_t sentences = 0;
  std::size_t words = 0;
  std::size_t distinct_words = 0;
  std::size_t longest_word = 0;
  double mean_word_length = 0;
  double words_per_sentence = 0;
  std::vector<std::pair<std::string, std::size_t>> top_words;  // without stopwords
  std::vector<std::pair<std::string, std::size_t>> top_bigrams;
};

// Measures a text; keeps at most `top` words and bigrams.
Statistics Measure(std::string_view input, std::size_t top);

}  // namespace count

#endif  // COUNT_STATISTICS_H_
