// textstats [--json] FILE...: word counts and other statistics of each text.

#include <fstream>
#include <iostream>
#include <iterator>
#include <string>
#include <string_view>

#include "count/statistics.h"
#include "report/json.h"
#include "report/plain.h"

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::string_view(argv[1]) == "--json";
  const int first = json ? 2 : 1;
  if (first >= argc) {
    std::cerr << "usage: textstats [--json] FILE...\n";
    return 2;
  }
  for (int i = first; i < argc; ++i) {
    const std::string path = argv[i];
    std::ifstream input(path, std::ios::binary);
    if (!input) {
      std::cerr << "textstats: cannot read " << path << "\n";
      return 1;
    }
    const std::string text(std::istreambuf_iterator<char>(input), {});
    const auto statistics = count::Measure(text, 5);
    const std::string name = path.substr(path.rfind('/') + 1);
    if (json) {
      std::cout << report::Json(name, statistics);
    } else {
      std::cout << name << "\n" << report::Plain(statistics);
    }
  }
}
