#include "count/statistics.h"

#include <algorithm>

#include "count/bigrams.h"
#include "count/counter.h"
#include "text/sentences.h"
#include "text/stopwords.h"
#include "text/tokenizer.h"

namespace count {
namespace {

double Ratio(std::size_t part, std::size_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Statistics Measure(std::string_view input, std::size_t top) {
  const auto words = text::Tokenize(input);
  Counter all;
  Counter telling;
  std::size_t letters = 0;
  Statistics result;
  for (const auto& word : words) {
    all.Add(word);
    if (!text::IsStopword(word)) telling.Add(word);
    letters += word.size();
    result.longest_word = std::max(result.longest_word, word.size());
  }
  result.bytes = input.size();
  result.lines = static_cast<std::size_t>(std::count(input.begin(), input.end(), '\n'));
  result.sentences = text::CountSentences(input);
  result.words = all.total();
  result.distinct_words = all.distinct();
  result.mean_word_length = Ratio(letters, all.total());
  result.words_per_sentence = Ratio(all.total(), result.sentences);
  result.top_words = telling.Top(top);
  result.top_bigrams = CountBigrams(words).Top(top);
  return result;
}

}  // namespace count
