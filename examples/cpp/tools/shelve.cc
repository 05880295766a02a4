// shelve DIRECTORY FILE...: puts the words of all files into one file per first letter,
// DIRECTORY/shelf/<letter>/words.txt, each line a word and how often it occurs.

#include <cctype>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "count/counter.h"
#include "text/tokenizer.h"

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: shelve DIRECTORY FILE...\n";
    return 2;
  }
  count::Counter counter;
  for (int i = 2; i < argc; ++i) {
    std::ifstream input(argv[i]);
    if (!input) {
      std::cerr << "shelve: cannot read " << argv[i] << "\n";
      return 1;
    }
    counter.AddAll(text::Tokenize(std::string(std::istreambuf_iterator<char>(input), {})));
  }
  const std::filesystem::path shelves = std::filesystem::path(argv[1]) / "shelf";
  for (const auto& [word, occurrences] : counter.words()) {
    const bool letter = std::isalpha(static_cast<unsigned char>(word.front()));
    const auto shelf = shelves / (letter ? std::string(1, word.front()) : "other");
    std::filesystem::create_directories(shelf);
    std::ofstream(shelf / "words.txt", std::ios::app) << word << " " << occurrences << "\n";
  }
}
