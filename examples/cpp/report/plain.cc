#include "report/plain.h"

#include <iomanip>
#include <sstream>

namespace report {
namespace {

template <typename Value>
void Row(std::ostream& out, const std::string& name, const Value& value) {
  out << std::left << std::setw(20) << name << std::right << std::setw(10) << value << "\n";
}

}  // namespace

std::string Plain(const count::Statistics& statistics) {
  std::ostringstream out;
  out << std::fixed << std::setprecision(2);
  Row(out, "bytes", statistics.bytes);
  Row(out, "lines", statistics.lines);
  Row(out, "sentences", statistics.sentences);
  Row(out, "words", statistics.words);
  Row(out, "distinct words", statistics.distinct_words);
  Row(out, "longest word", statistics.longest_word);
  Row(out, "mean word length", statistics.mean_word_length);
  Row(out, "words per sentence", statistics.words_per_sentence);
  for (const auto& [word, occurrences] : statistics.top_words) Row(out, "  " + word, occurrences);
  for (const auto& [pair, occurrences] : statistics.top_bigrams) Row(out, "  " + pair, occurrences);
  return out.str();
}

}  // namespace report
