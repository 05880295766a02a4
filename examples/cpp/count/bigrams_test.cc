#include "count/bigrams.h"

#include "testing/check.h"

int main() {
  CHECK_EQ(count::CountBigrams({}).total(), 0u);
  CHECK_EQ(count::CountBigrams({"alone"}).total(), 0u);

  const auto bigrams = count::CountBigrams({"mill", "race", "mill", "race", "mill"});
  CHECK_EQ(bigrams.total(), 4u);
  CHECK_EQ(bigrams.distinct(), 2u);
  CHECK_EQ(bigrams.Top(1)[0].first, "mill race");
}
