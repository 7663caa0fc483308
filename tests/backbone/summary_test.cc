#include "backbone/summary.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "tests/support/catch.h"

namespace deeper {
namespace {

const SummaryRow& RowOf(const NetworkSummary& summary, const std::string& type) {
  for (const SummaryRow& row : summary.rows) {
    if (row.type == type) return row;
  }
  throw std::out_of_range(type);
}

TEST_CASE("GoogLeNet has 6,998,552 parameters and 1.582 GMAC a crop in its convolutions") {
  const NetworkSummary summary = Summarize();
  REQUIRE(summary.parameters == 6'998'552);
  REQUIRE(summary.macs == 1'581'647'872 + 1'024'000);
  REQUIRE(Summarize(0).parameters == 6'998'552 - 1'025'000);
  REQUIRE(Summarize(0).macs == 1'581'647'872);
}

TEST_CASE("the rows are those of Table 1 in its order") {
  const char* const types[] = {"convolution",
                               "max pool",
                               "convolution",
                               "max pool",
                               "inception (3a)",
                               "inception (3b)",
                               "max pool",
                               "inception (4a)",
                               "inception (4b)",
                               "inception (4c)",
                               "inception (4d)",
                               "inception (4e)",
                               "max pool",
                               "inception (5a)",
                               "inception (5b)",
                               "avg pool",
                               "linear",
                               "softmax"};
  const NetworkSummary summary = Summarize();
  REQUIRE(summary.rows.size() == std::size(types));
  for (std::size_t i = 0; i < std::size(types); ++i) REQUIRE(summary.rows[i].type == types[i]);
}

TEST_CASE("the layers with weights on the longest way are 22, as the paper counts them") {
  std::size_t depth = 0;
  for (const SummaryRow& row : Summarize().rows) depth += row.depth;
  REQUIRE(depth == 22);
}

TEST_CASE("operations agree with the paper's column, rounded to millions") {
  // Table 1 says 360M, 128M, 304M, 73M, 88M, 100M, 119M, 170M, 54M, 71M. Two of them do not follow
  // from its own columns: 4a is 73.6M, which rounds to 74M, and 5a is 51M.
  const NetworkSummary summary = Summarize();
  const auto millions = [&](const std::string& type) {
    return static_cast<double>(RowOf(summary, type).macs) / 1e6;
  };
  REQUIRE(static_cast<double>(summary.rows[2].macs) / 1e6 == Approx(360).margin(0.5));
  REQUIRE(millions("inception (3a)") == Approx(128).margin(0.5));
  REQUIRE(millions("inception (3b)") == Approx(304).margin(0.5));
  REQUIRE(millions("inception (4a)") == Approx(73.6).margin(0.1));
  REQUIRE(millions("inception (4b)") == Approx(88).margin(0.5));
  REQUIRE(millions("inception (4c)") == Approx(100).margin(0.5));
  REQUIRE(millions("inception (4d)") == Approx(119).margin(0.5));
  REQUIRE(millions("inception (4e)") == Approx(170).margin(0.5));
  REQUIRE(millions("inception (5a)") == Approx(51.1).margin(0.1));
  REQUIRE(millions("inception (5b)") == Approx(71).margin(0.5));
}

TEST_CASE("a row of an inception module carries the columns of the paper") {
  const NetworkSummary summary = Summarize();
  const SummaryRow& row = RowOf(summary, "inception (4e)");
  REQUIRE(row.output == Shape{1, 832, 14, 14});
  REQUIRE_FALSE(row.window);
  REQUIRE(row.conv1x1 == 256);
  REQUIRE(row.reduce3x3 == 160);
  REQUIRE(row.conv3x3 == 320);
  REQUIRE(row.reduce5x5 == 32);
  REQUIRE(row.conv5x5 == 128);
  REQUIRE(row.pool_proj == 128);
}

TEST_CASE("the summary as text names every row and the totals") {
  const std::string text = FormatSummary(Summarize());
  REQUIRE_THAT(text, Catch::Contains("inception (5b)") && Catch::Contains("7x7x1024"));
  REQUIRE_THAT(text,
               Catch::Contains("6,998,552 parameters; 1.582 GMAC a crop in convolutions, 1.583"));
  REQUIRE(std::count(text.begin(), text.end(), '\n') == 1 + 18 + 1);
  REQUIRE_THAT(FormatSummary(Summarize(0)), !Catch::Contains("linear"));
}

}  // namespace
}  // namespace deeper
