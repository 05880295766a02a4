#include "count/counter.h"

#include "testing/check.h"

int main() {
  count::Counter counter;
  CHECK_EQ(counter.total(), 0u);
  CHECK(counter.Top(3).empty());

  counter.AddAll({"stone", "wheel", "race", "wheel", "stone"});
  CHECK_EQ(counter.total(), 5u);
  CHECK_EQ(counter.distinct(), 3u);

  const auto top = counter.Top(2);
  CHECK_EQ(top.size(), 2u);
  CHECK_EQ(top[0].first, "stone");
  CHECK_EQ(top[0].second, 2u);
  CHECK_EQ(top[1].first, "wheel");
}
