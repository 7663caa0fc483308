#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/error.h"
#include "tools/verbs/verbs.h"

namespace deeper::test {

// A value for a {} in the text of a command line.
struct WordValue {
  explicit WordValue(std::string word) : words{std::move(word)} {}
  explicit WordValue(const char* word) : words{word} {}
  explicit WordValue(const std::filesystem::path& path) : words{path.string()} {}
  template <typename Number, typename = std::enable_if_t<std::is_arithmetic_v<Number>>>
  explicit WordValue(Number number) : words{fmt::format("{}", number)} {}
  explicit WordValue(std::vector<std::string> list) : words(std::move(list)), is_list(true) {}

  std::vector<std::string> words;
  bool is_list = false;
};

// The words of Words below.
inline std::vector<std::string> WordsOf(std::string_view text,
                                        const std::vector<WordValue>& values) {
  std::vector<std::string> words;
  std::size_t used = 0;
  for (std::size_t begin = 0; (begin = text.find_first_not_of(' ', begin)) != text.npos;) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    std::string word(text.substr(begin, end - begin));
    begin = end;
    if (word == "{}" && used < values.size() && values[used].is_list) {
      words.insert(words.end(), values[used].words.begin(), values[used].words.end());
      ++used;
      continue;
    }
    for (std::size_t at = 0; (at = word.find("{}", at)) != std::string::npos;) {
      Expects(used < values.size(), "a value for each {}");
      Expects(!values[used].is_list, "a list of words between blanks");
      const std::string& value = values[used++].words.front();
      word.replace(at, 2, value);
      at += value.size();
    }
    words.push_back(std::move(word));
  }
  Expects(used == values.size(), "a {} for each value");
  return words;
}

// The words of a command line: `text` split at its blanks, with each {} replaced by the next value.
// Values are not split, so a word with blanks in it is given as a value:
//   Words("--output {}", "found here") is {"--output", "found here"}.
// A list of words is a value too. It replaces a {} between blanks by all its words.
template <typename... Values>
std::vector<std::string> Words(std::string_view text, const Values&... values) {
  return WordsOf(text, std::vector<WordValue>{WordValue(values)...});
}

// Runs "deeper <words>" inside this process. Returns the exit status.
inline int RunWords(const std::vector<std::string>& words) {
  static const std::map<std::string, int (*)(const tools::Arguments&)> kVerbs = {
      {"detect", tools::RunDetect},
      {"evaluate", tools::RunEvaluate},
      {"show", tools::RunShow},
      {"check", tools::RunCheck},
      {"convert", tools::RunConvert},
      {"propose", tools::RunPropose},
      {"merge", tools::RunMerge},
      {"bench", tools::RunBench},
      {"classify", tools::RunClassify},
      {"train", tools::RunTrain},
      {"model", tools::RunModel}};
  Expects(!words.empty() && kVerbs.contains(words.front()), "a verb at the front");
  return kVerbs.at(words.front())({words.begin() + 1, words.end()});
}

// Run for a text, as Words reads it: Run("detect --model {} --output {}", model, found).
template <typename... Values>
int Run(std::string_view text, const Values&... values) {
  return RunWords(Words(text, values...));
}

}  // namespace deeper::test
