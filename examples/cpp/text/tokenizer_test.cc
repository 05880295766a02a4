#include "text/tokenizer.h"

#include "testing/check.h"

int main() {
  CHECK(text::Tokenize("").empty());
  CHECK(text::Tokenize(" -- ' ...").empty());

  const auto words = text::Tokenize("The miller's wheel -- a half-built one -- turned, twice.");
  CHECK_EQ(words.size(), 8u);
  CHECK_EQ(words[0], "the");
  CHECK_EQ(words[1], "miller's");
  CHECK_EQ(words[4], "half-built");
  CHECK_EQ(words[7], "twice");

  const auto accented = text::Tokenize("Mühle 42");
  CHECK_EQ(accented.size(), 2u);
  CHECK_EQ(accented[0], "mühle");
  CHECK_EQ(accented[1], "42");
}
