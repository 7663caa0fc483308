#include "tools/run/journal.h"

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "core/files/file.h"
#include "core/files/sha256.h"
#include "core/pictures/picture_files.h"
#include "core/results_version.h"
#include "tests/support/catch.h"
#include "tests/support/temporary_directory.h"
#include "tools/run/finished_run.h"

namespace deeper::tools {
namespace {

namespace fs = std::filesystem;

const std::vector<Picture> kPictures = {{.path = "/x/a.jpg", .id = "a"},
                                        {.path = "/x/b.jpg", .id = "b"},
                                        {.path = "/x/c.jpg", .id = "c"}};

RunRecord RunWith(const std::string& configuration) {
  return RecordOf("detect", configuration, kPictures, {}, R"({"formats":"jsonl"})");
}

JournalEntry Done(const std::string& json) {
  return {.kind = JournalEntry::Kind::kDone, .text = json};
}

struct Written {
  test::TemporaryDirectory directory;
  fs::path path = directory / "journal.jsonl";

  explicit Written(const JournalEntries& entries) {
    Journal journal(path, RunWith("options"));
    for (const auto& [picture, entry] : entries) journal.Append(picture, entry);
  }
  std::string Text() const { return ReadTextFile(path); }
};

const JournalEntries kThree = {
    {0,
     {.kind = JournalEntry::Kind::kDone,
      .text = R"({"image": "a", "score": 0.10})",
      .content = "0123456789abcdef"}},
    {1, {.kind = JournalEntry::Kind::kFailed, .text = "b.jpg: \"broken\"\nfile"}},
    {2, {.kind = JournalEntry::Kind::kLost, .text = "c.jpg: it crashed the program"}}};

TEST_CASE("a journal gives back what an earlier run appended, results byte for byte") {
  const Written written(kThree);
  const Journal again(written.path, RunWith("options"));
  CHECK(again.Entries() == kThree);
  CHECK(again.DamagedLines() == 0);
  CHECK(ReadJournal(written.path).run == RunWith("options"));
}

TEST_CASE("of two lines for one picture the later one counts") {
  const Written written(kThree);
  Journal(written.path, RunWith("options")).Append(1, Done(R"({"image": "b"})"));
  CHECK(Journal(written.path, RunWith("options")).Entries().at(1) == Done(R"({"image": "b"})"));
}

TEST_CASE("cut anywhere in its last line, a journal loses that line alone and goes on") {
  const Written written(kThree);
  const std::string whole = written.Text();
  const std::size_t last_begin = whole.rfind('\n', whole.size() - 2) + 1;
  for (std::size_t size = last_begin; size < whole.size(); ++size) {
    CAPTURE(size);
    WriteFileWhole(written.path, whole.substr(0, size));
    Journal journal(written.path, RunWith("options"));
    CHECK(journal.Entries().size() == 2);
    CHECK(journal.DamagedLines() == (size == last_begin ? 0 : 1));
    journal.Append(2, kThree.at(2));
    CHECK(written.Text() == whole);
  }
}

TEST_CASE("cut anywhere in its first line, a journal begins anew") {
  const Written written({});
  const std::string whole = written.Text();
  for (std::size_t size = 0; size < whole.size(); size += 7) {
    WriteFileWhole(written.path, whole.substr(0, size));
    CHECK(Journal(written.path, RunWith("options")).Entries().empty());
    CHECK(written.Text() == whole);
  }
}

TEST_CASE("a first line with the right check and a count that is none is refused") {
  const std::string line(SplitLines(Written({}).Text()).front());
  const std::string object = "{" + line.substr(line.find(',') + 1);
  const std::string count = R"("picture_count":3)";
  REQUIRE(object.find(count) != std::string::npos);
  for (const char* other : {"1e89", "-1", "\"3\"", "3.0"}) {
    CAPTURE(other);
    std::string damaged = object;
    damaged.replace(damaged.find(count), count.size(), std::string(R"("picture_count":)") + other);
    Sha256 hash;
    hash.Update(damaged);
    damaged = R"({"check":")" + hash.HexDigest().substr(0, 16) + "\"," + damaged.substr(1) + "\n";
    CHECK_THROWS_WITH(ParseJournal(damaged, "j.jsonl"), Catch::Contains("first line is damaged"));
  }
}

TEST_CASE("any altered byte of a line costs that line or is refused, never gives another result") {
  const Written written(kThree);
  const std::string whole = written.Text();
  const std::size_t first_end = whole.find('\n');
  for (std::size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    std::string altered = whole;
    altered[at] = static_cast<char>(altered[at] ^ 1);
    if (at <= first_end) {
      CHECK_THROWS_WITH(ParseJournal(altered, "j"), Catch::Contains("first line is damaged"));
      continue;
    }
    const JournalContent content = ParseJournal(altered, "j");
    CHECK(content.damaged_lines >= 1);
    for (const auto& [picture, entry] : content.entries) CHECK(entry == kThree.at(picture));
  }
}

TEST_CASE("a journal of another configuration is refused, naming what differs, and kept") {
  const Written written(kThree);
  const std::string before = written.Text();
  CHECK_THROWS_WITH(Journal(written.path, RunWith("others")),
                    Catch::Contains("other options or inputs") &&
                        Catch::Contains("with options, now without") &&
                        Catch::Contains("without others, now with it"));
  RunRecord fewer = RunWith("options");
  fewer.picture_count = 2;
  CHECK_THROWS_WITH(Journal(written.path, fewer), Catch::Contains("picture_count 3, now 2"));
  CHECK(written.Text() == before);
}

TEST_CASE("a journal of another version of the results is refused, naming both versions") {
  const Written written({});
  RunRecord newer = RunWith("options");
  const std::size_t version = newer.configuration.find(kResultsVersionLine);
  REQUIRE(version != std::string::npos);
  newer.configuration.replace(version, kResultsVersionLine.size(), "results of version 1000\n");
  CHECK_THROWS_WITH(Journal(written.path, newer),
                    Catch::Contains("results of version") &&
                        Catch::Contains(", now of version 1000") && !Catch::Contains("options,"));
}

TEST_CASE("a run that asks for other result files goes on from the same journal") {
  const Written written(kThree);
  RunRecord run = RunWith("options");
  run.results = R"({"formats":"voc"})";
  Journal journal(written.path, run);
  CHECK(journal.Entries().size() == 3);
  CHECK(journal.results() == R"({"formats":"jsonl"})");
}

TEST_CASE("the results that were asked for last are a journal's, whatever was done since") {
  const Written written(kThree);
  {
    Journal journal(written.path, RunWith("options"));
    journal.SetResults("other");
    journal.SetResults("last");
    journal.Append(1, Done(R"({"image": "b"})"));
    const std::string text = written.Text();
    journal.SetResults("last");
    CHECK(written.Text() == text);
  }
  CHECK(Journal(written.path, RunWith("options")).results() == "last");
  const JournalContent content = ReadJournal(written.path);
  CHECK(content.run.results == "last");
  CHECK(content.damaged_lines == 0);
  CHECK(content.entries.size() == 3);
}

TEST_CASE("a journal that is begun anew drops what any run left in it") {
  const Written written(kThree);
  CHECK(Journal(written.path, RunWith("others"), Journal::Start::kAnew).Entries().empty());
  CHECK(ReadJournal(written.path).run == RunWith("others"));
}

TEST_CASE("a finished run's journal has the same bytes however often it was stopped") {
  const Written written(kThree);
  Journal(written.path, RunWith("options")).Append(0, kThree.at(0));
  const std::string text = JournalText(RunWith("options"), ReadJournal(written.path).entries);
  CHECK(text == JournalText(RunWith("options"), kThree));
  CHECK(ParseJournal(text, "here").entries == kThree);
}

TEST_CASE("a finished run is taken up by the same run alone, and where no journal is") {
  const test::TemporaryDirectory directory;
  const fs::path path = directory / "journal.jsonl";
  const auto take_up = [&](const char* options) {
    return TakeUpFinishedRun(directory.path(), path, RunWith(options));
  };
  CHECK_FALSE(take_up("options"));
  KeepFinishedRun(directory.path(), RunWith("options"), kThree);
  CHECK(FinishedRunIn(directory.path()) == RunWith("options"));
  CHECK_FALSE(take_up("others"));
  WriteFileWhole(path, "");
  CHECK_FALSE(take_up("options"));
  fs::remove(path);
  CHECK(take_up("options"));
  CHECK_FALSE(fs::exists(directory / kFinishedRunName));
  CHECK(Journal(path, RunWith("options")).Entries() == kThree);
  WriteFileWhole(directory / kFinishedRunName, "damaged\n");
  CHECK_FALSE(FinishedRunIn(directory.path()).has_value());
  ForgetFinishedRun(directory.path());
  CHECK_FALSE(fs::exists(directory / kFinishedRunName));
}

TEST_CASE("pictures that moved are other inputs, but the same pictures to a merge") {
  std::vector<Picture> moved = kPictures;
  moved[0].path = "/y/a.jpg";
  const RunRecord there = RecordOf("detect", "options", moved, {}, "");
  CHECK(there.inputs != RunWith("options").inputs);
  CHECK(there.pictures == RunWith("options").pictures);
}

TEST_CASE("each shard has a journal of its own name") {
  CHECK(JournalPath("found/journal", {}) == "found/journal.jsonl");
  CHECK(JournalPath("found/journal", {.index = 3, .count = 64}) == "found/journal-3-of-64.jsonl");
}

}  // namespace
}  // namespace deeper::tools
