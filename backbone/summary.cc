#include "backbone/summary.h"

#include <fmt/format.h>

#include <string_view>

namespace deeper {
namespace {

// The sums over the layers whose names begin with `prefix`.
struct Cost {
  std::size_t parameters = 0;
  std::size_t macs = 0;
};

Cost CostOf(const std::vector<Layer>& convolutions, std::string_view prefix) {
  Cost cost;
  for (const Layer& layer : convolutions) {
    if (!layer.name.starts_with(prefix)) continue;
    cost.parameters += WeightShape(layer).Count() + BiasShape(layer).Count();
    cost.macs += Macs(layer);
  }
  return cost;
}

SummaryRow Row(std::string type, std::optional<Window> window, const Shape& output) {
  SummaryRow row;
  row.type = std::move(type);
  row.window = window;
  row.output = output;
  return row;
}

// Appends rows, each with what the layers of its prefix cost.
class SummaryBuilder {
 public:
  void Stem() {
    const std::size_t side1 = OutputSide(kInputSide, kConv1.window, Rounding::kDown);
    Append(Row("convolution", kConv1.window, {1, kConv1.out, side1, side1}), "conv1/", 1);
    side_ = side1;
    channels_ = kConv1.out;
    MaxPool();
    SummaryRow conv2 = Row("convolution", kConv2.window, {1, kConv2.out, side_, side_});
    conv2.reduce3x3 = kConv2Reduce.out;
    conv2.conv3x3 = kConv2.out;
    Append(std::move(conv2), "conv2/", 2);
    channels_ = kConv2.out;
    MaxPool();
  }

  void Inception(const InceptionRow& inception) {
    const std::string_view letter = inception.name.substr(inception.name.find('_') + 1);
    SummaryRow row = Row(
        fmt::format("inception ({})", letter), std::nullopt, {1, inception.Out(), side_, side_});
    row.conv1x1 = inception.conv1x1;
    row.reduce3x3 = inception.reduce3x3;
    row.conv3x3 = inception.conv3x3;
    row.reduce5x5 = inception.reduce5x5;
    row.conv5x5 = inception.conv5x5;
    row.pool_proj = inception.pool_proj;
    Append(std::move(row), fmt::format("{}/", inception.name), 2);
    channels_ = inception.Out();
    if (!inception.pool_after.empty()) MaxPool();
  }

  void Head(std::size_t classes) {
    summary_.rows.push_back(Row("avg pool", kGlobalPool, {1, channels_, 1, 1}));
    if (classes == 0) return;
    SummaryRow linear = Row("linear", std::nullopt, {1, classes, 1, 1});
    linear.depth = 1;
    linear.parameters = classes * (channels_ + 1);
    linear.macs = classes * channels_;
    summary_.rows.push_back(std::move(linear));
    summary_.rows.push_back(Row("softmax", std::nullopt, {1, classes, 1, 1}));
  }

  NetworkSummary Finish() {
    for (const SummaryRow& row : summary_.rows) {
      summary_.parameters += row.parameters;
      summary_.macs += row.macs;
    }
    return std::move(summary_);
  }

 private:
  void Append(SummaryRow row, std::string_view prefix, std::size_t depth) {
    const Cost cost = CostOf(convolutions_, prefix);
    row.depth = depth;
    row.parameters = cost.parameters;
    row.macs = cost.macs;
    summary_.rows.push_back(std::move(row));
  }

  void MaxPool() {
    side_ = OutputSide(side_, kStridedPool, Rounding::kUp);
    summary_.rows.push_back(Row("max pool", kStridedPool, {1, channels_, side_, side_}));
  }

  std::vector<Layer> convolutions_ = GoogLeNetConvolutions();
  NetworkSummary summary_;
  std::size_t side_ = 0;
  std::size_t channels_ = 0;
};

std::string Cell(std::optional<std::size_t> count) {
  return count ? fmt::format("{}", *count) : "";
}

// In the paper's units, empty for 0: parameters in thousands, with a decimal below ten, and
// operations in millions.
std::string Thousands(std::size_t count) {
  if (count == 0) return "";
  const double thousands = static_cast<double>(count) / 1e3;
  return fmt::format("{:.{}f}K", thousands, thousands < 10 ? 1 : 0);
}
std::string Millions(std::size_t count) {
  return count == 0 ? "" : fmt::format("{:.0f}M", static_cast<double>(count) / 1e6);
}

std::string FormatRow(const SummaryRow& row) {
  const std::string window =
      row.window ? fmt::format("{0}x{0}/{1}", row.window->kernel, row.window->stride) : "";
  return fmt::format("{:<15} {:<7} {:<12} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>7} {:>6}",
                     row.type,
                     window,
                     fmt::format("{}x{}x{}", row.output.h, row.output.w, row.output.c),
                     row.depth,
                     Cell(row.conv1x1),
                     Cell(row.reduce3x3),
                     Cell(row.conv3x3),
                     Cell(row.reduce5x5),
                     Cell(row.conv5x5),
                     Cell(row.pool_proj),
                     Thousands(row.parameters),
                     Millions(row.macs));
}

}  // namespace

NetworkSummary Summarize(std::size_t classes) {
  SummaryBuilder builder;
  builder.Stem();
  for (const InceptionRow& row : kInception) builder.Inception(row);
  builder.Head(classes);
  return builder.Finish();
}

std::string FormatSummary(const NetworkSummary& summary) {
  std::string text =
      fmt::format("{:<15} {:<7} {:<12} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>5} {:>7} {:>6}\n",
                  "type",
                  "patch",
                  "output",
                  "depth",
                  "1x1",
                  "3x3r",
                  "3x3",
                  "5x5r",
                  "5x5",
                  "proj",
                  "params",
                  "MACs");
  for (const SummaryRow& row : summary.rows) text += FormatRow(row) + "\n";
  text += fmt::format("total: {} parameters; {:.3f} GMAC a crop in convolutions, {:.3f} in all\n",
                      fmt::group_digits(summary.parameters),
                      static_cast<double>(Summarize(0).macs) / 1e9,
                      static_cast<double>(summary.macs) / 1e9);
  return text;
}

}  // namespace deeper
