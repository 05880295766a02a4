#include "text/stopwords.h"

#include "testing/check.h"

int main() {
  CHECK(text::IsStopword("a"));
  CHECK(text::IsStopword("the"));
  CHECK(text::IsStopword("with"));
  CHECK(!text::IsStopword(""));
  CHECK(!text::IsStopword("wheel"));
}
