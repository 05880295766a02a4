#include "report/json.h"

#include <cstddef>
#include <cstdio>
#include <sstream>
#include <utility>
#include <vector>

namespace report {
namespace {

std::string Quote(const std::string& value) {
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      char escape[8];
      std::snprintf(escape, sizeof escape, "\\u%04x", static_cast<unsigned>(c));
      quoted += escape;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

void Ranking(std::ostream& out, const std::vector<std::pair<std::string, std::size_t>>& ranked) {
  out << "{";
  const char* separator = "";
  for (const auto& [word, occurrences] : ranked) {
    out << separator << Quote(word) << ":" << occurrences;
    separator = ",";
  }
  out << "}";
}

}  // namespace

std::string Json(const std::string& name, const count::Statistics& statistics) {
  std::ostringstream out;
  out << "{\"name\":" << Quote(name) << ",\"bytes\":" << statistics.bytes
      << ",\"lines\":" << statistics.lines << ",\"sentences\":" << statistics.sentences
      << ",\"words\":" << statistics.words
      << ",\"distinct_words\":" << statistics.distinct_words << ",\"top_words\":";
  Ranking(out, statistics.top_words);
  out << ",\"top_bigrams\":";
  Ranking(out, statistics.top_bigrams);
  out << "}\n";
  return out.str();
}

}  // namespace report
