// embed NAME FILE: prints the lines of a file as a sorted C++ array of string views.

#include <fstream>
#include <iostream>
#include <set>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: embed NAME FILE\n";
    return 2;
  }
  std::ifstream input(argv[2]);
  if (!input) {
    std::cerr << "embed: cannot read " << argv[2] << "\n";
    return 1;
  }
  std::set<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    if (!line.empty()) lines.insert(line);
  }
  std::cout << "constexpr std::string_view " << argv[1] << "[] = {\n";
  for (const auto& line : lines) std::cout << "    \"" << line << "\",\n";
  std::cout << "};\n";
}
