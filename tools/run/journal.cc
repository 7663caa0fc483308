#include "tools/run/journal.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/sha256.h"
#include "core/other_recipe.h"
#include "core/results_version.h"
#include "core/text/json_line.h"
#include "tools/input/pictures.h"

namespace deeper::tools {

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

constexpr std::string_view kCheckKey = R"({"check":")";
constexpr std::size_t kCheckDigits = 16;
constexpr int kVersion = 3;

// The first digits of the SHA-256 of a line's text without its check.
std::string CheckOf(std::string_view text) {
  Sha256 hash;
  hash.Update(text);
  return hash.HexDigest().substr(0, kCheckDigits);
}

// {"a":1} becomes {"check":"0123456789abcdef","a":1} and a line end.
std::string CheckedLine(std::string_view object) {
  return fmt::format("{}{}\",{}\n", kCheckKey, CheckOf(object), object.substr(1));
}

// The object that CheckedLine was given; nothing when the line is not such a one.
std::optional<std::string> ObjectOfLine(std::string_view line) {
  const std::size_t behind = kCheckKey.size() + kCheckDigits;
  if (!line.starts_with(kCheckKey) || line.size() < behind + 2 || line.substr(behind, 2) != "\",") {
    return std::nullopt;
  }
  std::string object = "{";
  object += line.substr(behind + 2);
  if (line.substr(kCheckKey.size(), kCheckDigits) != CheckOf(object)) return std::nullopt;
  return object;
}

std::string FirstLine(const RunRecord& run) {
  return CheckedLine(LineOf({{"deeper-journal", kVersion},
                             {"verb", run.verb},
                             {"configuration", run.configuration},
                             {"inputs", run.inputs},
                             {"pictures", run.pictures},
                             {"picture_count", run.picture_count},
                             {"shard", ShardText(run.shard)},
                             {"shard_pictures", run.shard_pictures},
                             {"results", run.results}}));
}

[[noreturn]] void RefuseFirstLine(const std::string& source) {
  throw Error(fmt::format(
      "{}: its first line is damaged or of another version, so that what it holds is of no use; "
      "remove the file to begin anew",
      source));
}

RunRecord RunOfLine(std::string_view line, const std::string& source) {
  const std::optional<std::string> object = ObjectOfLine(line);
  if (!object) RefuseFirstLine(source);
  try {
    const json first = json::parse(*object);
    if (first.at("deeper-journal") != kVersion) RefuseFirstLine(source);
    const std::optional<Shard> shard = ShardFromText(first.at("shard"));
    if (!shard) RefuseFirstLine(source);
    return {.verb = first.at("verb"),
            .configuration = first.at("configuration"),
            .inputs = first.at("inputs"),
            .pictures = first.at("pictures"),
            .picture_count = CountIn(first.at("picture_count")),
            .shard = *shard,
            .shard_pictures = CountIn(first.at("shard_pictures")),
            .results = first.at("results")};
  } catch (const json::exception&) {
    RefuseFirstLine(source);
  }
}

constexpr std::pair<JournalEntry::Kind, const char*> kKinds[] = {
    {JournalEntry::Kind::kDone, "done"},
    {JournalEntry::Kind::kFailed, "failed"},
    {JournalEntry::Kind::kLost, "lost"}};

std::string_view KeyOf(JournalEntry::Kind kind) {
  for (const auto& [known, key] : kKinds) {
    if (known == kind) return key;
  }
  return {};
}

// What stands before the text of an entry: {"picture":12,"content":"...","done":
std::string BeforeText(std::size_t picture, const std::string& content, std::string_view key) {
  return fmt::format(R"({{"picture":{},"content":{},"{}":)", picture, LineOf(content), key);
}

// {"results":"..."}: what the results are to be from this line on.
std::string ResultsLine(const std::string& results) {
  return CheckedLine(LineOf({{"results", results}}));
}

std::optional<std::string> ResultsOf(const std::string& object) {
  const json parsed = json::parse(object, nullptr, false);
  if (parsed.is_discarded() || parsed.size() != 1) return std::nullopt;
  const auto results = parsed.find("results");
  if (results == parsed.end() || !results->is_string()) return std::nullopt;
  return results->get<std::string>();
}

// {"picture":12,"content":"...","done":{...}} or {"picture":12,"content":"...","failed":"..."}.
std::string ObjectOf(std::size_t picture, const JournalEntry& entry) {
  const bool is_json = entry.kind == JournalEntry::Kind::kDone;
  return BeforeText(picture, entry.content, KeyOf(entry.kind)) +
         (is_json ? entry.text : LineOf(entry.text)) + "}";
}

// Reads what ObjectOf wrote. The result's own text is taken as it stands, so that it is the same
// bytes for ever.
std::optional<std::pair<std::size_t, JournalEntry>> EntryOf(const std::string& object) {
  const json parsed = json::parse(object, nullptr, false);
  if (parsed.is_discarded()) return std::nullopt;
  const auto picture = parsed.find("picture");
  if (picture == parsed.end() || !picture->is_number_unsigned()) return std::nullopt;
  const auto content = parsed.find("content");
  if (content == parsed.end() || !content->is_string()) return std::nullopt;
  for (const auto& [kind, key] : kKinds) {
    const auto value = parsed.find(key);
    if (value == parsed.end()) continue;
    JournalEntry entry{.kind = kind, .text = {}, .content = content->get<std::string>()};
    if (kind == JournalEntry::Kind::kDone) {
      const std::string before = BeforeText(picture->get<std::size_t>(), entry.content, key);
      if (!value->is_object() || !object.starts_with(before)) return std::nullopt;
      entry.text = object.substr(before.size(), object.size() - before.size() - 1);
    } else {
      if (!value->is_string()) return std::nullopt;
      entry.text = value->get<std::string>();
    }
    return std::pair(picture->get<std::size_t>(), std::move(entry));
  }
  return std::nullopt;
}

// All that two runs must agree in to go on from the same journal, as a recipe.
std::string RecipeOf(const RunRecord& run) {
  return fmt::format("verb {}\npicture_count {}\npicture_names {}\nshard {}\n{}",
                     run.verb,
                     run.picture_count,
                     run.inputs,
                     ShardText(run.shard),
                     run.configuration);
}

}  // namespace

RunRecord RecordOf(const std::string& verb,
                   const std::string& configuration,
                   const std::vector<Picture>& pictures,
                   const Shard& shard,
                   const std::string& results) {
  return {.verb = verb,
          .configuration = configuration + (configuration.ends_with('\n') ? "" : "\n") +
                           std::string(kResultsVersionLine),
          .inputs = InputsText(pictures),
          .pictures = IdsText(pictures),
          .picture_count = pictures.size(),
          .shard = shard,
          .shard_pictures = PicturesOfShard(pictures, shard).size(),
          .results = results};
}

RunRecord ReadRunRecord(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::string line;
  if (!std::getline(file, line)) RefuseFirstLine(path.string());
  return RunOfLine(line, path.string());
}

bool IsSameRun(const RunRecord& a, const RunRecord& b) { return RecipeOf(a) == RecipeOf(b); }

std::string ResultLines(const JournalEntries& entries) {
  std::string lines;
  for (const auto& [picture, entry] : entries) {
    if (entry.kind == JournalEntry::Kind::kDone) lines += entry.text + "\n";
  }
  return lines;
}

JournalContent ParseJournal(std::string_view text, const std::string& source) {
  const std::size_t first_end = text.find('\n');
  if (first_end == std::string_view::npos) RefuseFirstLine(source);
  JournalContent content;
  content.run = RunOfLine(text.substr(0, first_end), source);
  content.whole_bytes = text.rfind('\n') + 1;
  if (content.whole_bytes < text.size()) ++content.damaged_lines;
  std::string_view rest = text.substr(first_end + 1, content.whole_bytes - first_end - 1);
  while (!rest.empty()) {
    const std::size_t length = rest.find('\n');
    const std::optional<std::string> object = ObjectOfLine(rest.substr(0, length));
    rest.remove_prefix(length + 1);
    if (const auto results = object ? ResultsOf(*object) : std::nullopt) {
      content.run.results = *results;
      continue;
    }
    auto entry = object ? EntryOf(*object) : std::nullopt;
    if (!entry || entry->first >= content.run.picture_count) {
      ++content.damaged_lines;
    } else {
      content.entries.insert_or_assign(entry->first, std::move(entry->second));
    }
  }
  return content;
}

JournalContent ReadJournal(const fs::path& path) {
  return ParseJournal(ReadTextFile(path, std::uintmax_t{64} << 30U), path.string());
}

std::string JournalText(const RunRecord& run, const JournalEntries& entries) {
  std::string text = FirstLine(run);
  for (const auto& [picture, entry] : entries) text += Journal::LineOf(picture, entry);
  return text;
}

Journal::Journal(fs::path path, const RunRecord& run, Start start)
    : file_(std::move(path)), results_(run.results) {
  const std::string text = start == Start::kAnew ? "" : file_.Content();
  if (text.find('\n') == std::string::npos) {  // new, or ended before its first line was whole
    file_.Truncate(0);
    file_.Append(FirstLine(run));
    return;
  }
  const JournalContent content = ParseJournal(text, file_.path().string());
  RequireRecipe(RecipeOf(content.run),
                RecipeOf(run),
                file_.path().string() + ": left by a run with other options or inputs",
                fmt::format("Repeat that command to finish it, {}, or choose another --output.",
                            run.verb == "detect" ? "begin anew with --anew" : "remove the file"));
  if (content.whole_bytes < text.size()) file_.Truncate(content.whole_bytes);
  damaged_lines_ = content.damaged_lines;
  results_ = content.run.results;
}

void Journal::SetResults(const std::string& results) {
  if (results == results_) return;
  const std::lock_guard lock(appending_);
  file_.Append(ResultsLine(results));
  results_ = results;
}

JournalEntries Journal::Entries() const {
  return ParseJournal(file_.Content(), file_.path().string()).entries;
}

void Journal::Append(std::size_t picture, const JournalEntry& entry) {
  const std::string line = LineOf(picture, entry);
  const std::lock_guard lock(appending_);
  file_.Append(line);
}

std::string Journal::LineOf(std::size_t picture, const JournalEntry& entry) {
  return CheckedLine(ObjectOf(picture, entry));
}

fs::path JournalPath(const fs::path& stem, const Shard& shard) {
  fs::path path = stem;
  if (!shard.IsWhole()) path += fmt::format("-{}-of-{}", shard.index, shard.count);
  path += ".jsonl";
  return path;
}

}  // namespace deeper::tools
