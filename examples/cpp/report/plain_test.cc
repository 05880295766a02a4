#include "report/plain.h"

#include "testing/check.h"

int main() {
  count::Statistics statistics;
  statistics.bytes = 1234;
  statistics.mean_word_length = 4.5;
  statistics.top_words = {{"wheel", 7}};

  const std::string text = report::Plain(statistics);
  CHECK_EQ(text.substr(0, text.find('\n')), "bytes                     1234");
  CHECK(text.find("mean word length          4.50\n") != std::string::npos);
  CHECK(text.find("  wheel                      7\n") != std::string::npos);
}
