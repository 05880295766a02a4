#include "report/json.h"

#include "testing/check.h"

int main() {
  count::Statistics statistics;
  statistics.words = 2;
  statistics.top_words = {{"mill", 1}, {"race", 1}};

  CHECK_EQ(report::Json("a \"name\"\n", statistics),
           "{\"name\":\"a \\\"name\\\"\\u000a\",\"bytes\":0,\"lines\":0,\"sentences\":0,\"words\":2,"
           "\"distinct_words\":0,\"top_words\":{\"mill\":1,\"race\":1},\"top_bigrams\":{}}\n");
}
