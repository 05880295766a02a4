#include "text/sentences.h"

#include "testing/check.h"

int main() {
  CHECK_EQ(text::CountSentences(""), 0u);
  CHECK_EQ(text::CountSentences("... !"), 0u);
  CHECK_EQ(text::CountSentences("Water falls. Does the wheel turn?! It does"), 3u);
}
