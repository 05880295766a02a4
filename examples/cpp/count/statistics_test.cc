#include "count/statistics.h"

#include "testing/check.h"

int main() {
  const auto nothing = count::Measure("", 5);
  CHECK_EQ(nothing.words, 0u);
  CHECK_EQ(nothing.mean_word_length, 0.0);

  const auto some = count::Measure("The wheel turns.\nThe wheel stops.\n", 1);
  CHECK_EQ(some.bytes, 34u);
  CHECK_EQ(some.lines, 2u);
  CHECK_EQ(some.sentences, 2u);
  CHECK_EQ(some.words, 6u);
  CHECK_EQ(some.distinct_words, 4u);
  CHECK_EQ(some.longest_word, 5u);
  CHECK_EQ(some.words_per_sentence, 3.0);
  CHECK_EQ(some.top_words.size(), 1u);
  CHECK_EQ(some.top_words[0].first, "wheel");
  CHECK_EQ(some.top_bigrams[0].first, "the wheel");
}
