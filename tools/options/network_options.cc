#include "tools/options/network_options.h"

#include <fmt/format.h>

#include <cstdio>

#include "backbone/precision.h"
#include "core/work/parallel.h"
#include "detector/multibox/multibox_network.h"
#include "tools/options/command_line.h"
#include "tools/options/option_errors.h"
#include "tools/options/option_values.h"

namespace deeper::tools {

namespace po = boost::program_options;

namespace {

// The precision; its remark is said on stderr.
Precision Said(const ChosenPrecision& chosen) {
  if (!chosen.remark.empty()) fmt::print(stderr, "{}\n", chosen.remark);
  return chosen.precision;
}

}  // namespace

void RunOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("precision", po::value(&precision)->default_value(precision)->value_name("auto|f32|bf16|int8"), "of the network; auto: the fastest that this processor and the model have")
      ("workers", po::value(&workers)->value_name("N"), "threads, each on its own picture; default: one for each processor");
  // clang-format on
}

void RunOptions::Check() {
  if (workers == 0) workers = DefaultWorkers();
  CheckRange("workers", workers, 1, 4096);
  if (precision != "auto") ValueOf("precision", [&] { return PrecisionFromName(precision); });
}

std::optional<Precision> RunOptions::Wanted() const {
  if (precision == "auto") return std::nullopt;
  return PrecisionFromName(precision);
}

NetworkOptions RunOptions::ForNetwork(const std::optional<Quantization>& quantization) const {
  return {.precision = Said(ChoosePrecision(Wanted(), quantization.has_value())),
          .quantization = quantization};
}

Precision RunOptions::ForMultiBox() const { return Said(ChooseMultiBoxPrecision(Wanted())); }

void ProposalOptions::AddOptions(po::options_description& group) {
  // clang-format off
  group.add_options()
      ("proposals", po::value(&preset)->value_name("x2|fast|quality|opencv"), "Selective Search preset; x2: larger superpixels, fewer boxes; opencv: fast by ximgproc")
      ("selective-search", po::value(&implementation)->value_name("ours|opencv"), "opencv: ximgproc's, for comparison")
      ("max-proposal-iou", po::value<double>()->notifier([this](double value) { max_iou = value; })->value_name("IOU"), "drop proposals that overlap a better-ranked one by more; 1 keeps all")
      ("max-proposals", po::value<int>()->notifier([this](int value) { max_boxes = value; })->value_name("N"), "best-ranked proposals kept a picture; 0 keeps all");
  // clang-format on
}

SelectiveSearchOptions ProposalOptions::Over(SelectiveSearchOptions options) const {
  if (!preset.empty()) {
    options = ValueOf("proposals", [&] { return SelectiveSearchPreset(preset); });
  }
  if (implementation == "opencv") {
    options.implementation = SelectiveSearchImplementation::kOpenCv;
  } else if (implementation == "ours") {
    options.implementation = SelectiveSearchImplementation::kOurs;
  } else if (!implementation.empty()) {
    throw UsageError(
        fmt::format("--selective-search is '{}', expected 'ours' or 'opencv'", implementation));
  }
  if (max_iou) {
    CheckRange("max-proposal-iou", *max_iou, 0.01, 1);
    options.max_iou = *max_iou;
  }
  if (max_boxes) {
    CheckRange("max-proposals", *max_boxes, 0, 1e9);
    options.max_boxes = *max_boxes;
  }
  CheckOptions(options);
  return options;
}

void MultiBoxViewsOption::AddOptions(po::options_description& group) {
  group.add_options()("multibox-views",
                      po::value(&name)->default_value(name)->value_name("whole|parts"),
                      "what MultiBox looks at: whole, the picture once as in the paper, or parts, "
                      "14 parts of it too");
}

MultiBoxViews MultiBoxViewsOption::Views() const {
  return ValueOf("multibox-views", [this] { return MultiBoxViewsFromName(name); });
}

}  // namespace deeper::tools
