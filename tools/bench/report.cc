#include "tools/bench/report.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>

#include "core/text/quantities.h"
#include "core/work/parallel.h"
#include "detector/regions/features.h"

namespace deeper::tools {

using Json = nlohmann::ordered_json;

namespace {

std::string ProcessorName() {
  std::ifstream info("/proc/cpuinfo");
  for (std::string line; std::getline(info, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

double PeakMemoryBytes() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return 1024.0 * static_cast<double>(usage.ru_maxrss);
}

// How much of what one worker does each of all of them does.
double ScalingOf(const PrecisionRates& rates) {
  return rates.all_crops.median / (rates.workers * rates.crops.median);
}

// Whole pictures' rate as a part of what the network alone does; nothing where it was not measured
// in their precision.
std::optional<double> PartOfNetworkAlone(const PictureRates& pictures,
                                         const std::vector<PrecisionRates>& network) {
  const auto alone = std::ranges::find(network, pictures.precision, &PrecisionRates::precision);
  if (alone == network.end() || pictures.reads_whole_pictures) return std::nullopt;
  return pictures.regions_per_s / alone->all_crops.median;
}

std::string Range(const Rate& rate, int digits) {
  return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})",
                     rate.median,
                     digits,
                     rate.lowest,
                     digits,
                     rate.highest,
                     digits);
}

void PrintNetwork(const std::vector<PrecisionRates>& network) {
  fmt::print("\n{:<9} {:>14} {:>26} {:>9} {:>9} {:>14} {:>8}\n",
             "network",
             "peak GMAC/s",
             "one worker, crops/s",
             "GMAC/s",
             "of peak",
             fmt::format("{} workers", network.front().workers),
             "scaling");
  for (const PrecisionRates& rates : network) {
    fmt::print("{:<9} {:>14.1f} {:>26} {:>9.1f} {:>8.1f}% {:>14.1f} {:>7.0f}%\n",
               rates.precision,
               rates.peak_gmacs.median,
               Range(rates.crops, 1),
               rates.crops.median * ForwardGmac(),
               100 * rates.fraction.median,
               rates.all_crops.median,
               100 * ScalingOf(rates));
  }
  fmt::print("one crop is {:.3f} GMAC; a worker's memory:", ForwardGmac());
  for (const PrecisionRates& rates : network) {
    fmt::print(" {} {:.1f} MB", rates.precision, 1e-6 * static_cast<double>(rates.workspace_bytes));
  }
  fmt::print("\n");
}

void PrintWholePictures(const std::vector<WholePictureRates>& network) {
  const WholePictureRates& first = network.front();
  fmt::print("\n{:<15} {:>20} {:>9} {:>22} {:>9} {:>15} {:>20}\n",
             "whole pictures",
             "trunk, ms",
             "of peak",
             "a region, ms",
             "of peak",
             "cut out of it",
             "with 300 regions, ms");
  for (const WholePictureRates& rates : network) {
    const double trunk_s = 1 / rates.trunks.median;
    const double region_s = 1 / rates.regions.median;
    fmt::print("{:<15} {:>20.1f} {:>8.1f}% {:>22.3f} {:>8.1f}% {:>14.1f}% {:>20.1f}\n",
               rates.precision,
               1e3 * trunk_s,
               100 * rates.trunk_fraction.median,
               1e3 * region_s,
               100 * rates.region_fraction.median,
               100 / (rates.cuts.median * region_s),
               1e3 * (trunk_s + 300 * region_s));
  }
  fmt::print("a picture of {} x {} is {:.1f} GMAC in the trunk, a region {:.3f}\n",
             first.size.width,
             first.size.height,
             first.trunk_gmac,
             first.region_gmac);
}

void PrintLayers(const PrecisionRates& rates) {
  double all = 0;
  for (const StepTime& step : rates.steps) all += step.seconds;
  fmt::print("\n{:<42} {:<26} {:>8} {:>7} {:>9} {:>8}\n",
             "layers in " + rates.precision,
             "kernel",
             "ms",
             "share",
             "GMAC/s",
             "of peak");
  for (const StepTime& step : rates.steps) {
    const double gmacs = 1e-9 * static_cast<double>(step.macs) / step.seconds;
    fmt::print("{:<42} {:<26} {:>8.3f} {:>6.1f}%",
               step.name,
               step.implementation,
               1e3 * step.seconds,
               100 * step.seconds / all);
    if (step.macs > 0)
      fmt::print(" {:>9.1f} {:>7.0f}%", gmacs, 100 * gmacs / rates.peak_gmacs.median);
    fmt::print("\n");
  }
}

void PrintPeers(const std::vector<PeerRates>& peers) {
  if (peers.empty()) return;
  fmt::print("\n{:<22} {:>8} {:>14}   {:<9} {:>12} {:>24} {:>12}\n",
             "peer, in f32",
             "threads",
             "its crops/s",
             "ours",
             "crops/s",
             "ours / the peer's",
             "difference");
  for (const PeerRates& rates : peers) {
    fmt::print("{:<22} {:>8} {:>14.1f}   {:<9} {:>12.1f} {:>24} {:>12.1g}\n",
               rates.peer,
               rates.threads,
               rates.peer_crops.median,
               rates.precision,
               rates.our_crops.median,
               Range(rates.ratio, 2),
               rates.difference);
  }
}

void PrintPictures(const PictureRates& rates, const std::vector<PrecisionRates>& network) {
  const StageTimes& stages = rates.stages;
  fmt::print(
      "\n{} in {}, {:.0f} {} each. One worker, ms a picture: decode {:.1f}, "
      "proposals {:.1f}, crops {:.1f}, network {:.1f}, heads {:.1f}; the network takes {:.1f}%\n",
      Counted(rates.pictures, "pictures"),
      rates.precision,
      rates.proposals,
      rates.reads_whole_pictures ? "regions of its map" : "crops",
      1e3 * stages.decode_s,
      1e3 * stages.proposals_s,
      1e3 * stages.crop_s,
      1e3 * stages.network_s,
      1e3 * stages.heads_s,
      100 * rates.network_share);
  const std::optional<double> part = PartOfNetworkAlone(rates, network);
  fmt::print(
      "{} workers: {:.3f} s a picture, {:.1f} regions/s{}; one picture at a time: {:.3f} s\n",
      rates.workers,
      1 / rates.pictures_per_s,
      rates.regions_per_s,
      part ? fmt::format(", {:.0f}% of the network alone", 100 * *part) : "",
      rates.latency_s);
}

Json JsonOf(const Rate& rate) {
  return {{"median", rate.median}, {"lowest", rate.lowest}, {"highest", rate.highest}};
}

Json JsonOf(const PrecisionRates& rates) {
  Json steps = Json::array();
  for (const StepTime& step : rates.steps) {
    steps.push_back({{"layer", step.name},
                     {"kernel", step.implementation},
                     {"macs", step.macs},
                     {"seconds", step.seconds}});
  }
  return {{"precision", rates.precision},
          {"peak_gmacs_per_s", JsonOf(rates.peak_gmacs)},
          {"crops_per_s", JsonOf(rates.crops)},
          {"gmacs_per_s", rates.crops.median * ForwardGmac()},
          {"fraction_of_peak", JsonOf(rates.fraction)},
          {"workers", rates.workers},
          {"all_workers_peak_gmacs_per_s", JsonOf(rates.all_peak_gmacs)},
          {"all_workers_crops_per_s", JsonOf(rates.all_crops)},
          {"scaling", ScalingOf(rates)},
          {"workspace_bytes", rates.workspace_bytes},
          {"layers", steps}};
}

Json JsonOf(const WholePictureRates& rates) {
  return {{"precision", rates.precision},
          {"width_px", rates.size.width},
          {"height_px", rates.size.height},
          {"trunk_gmac", rates.trunk_gmac},
          {"trunks_per_s", JsonOf(rates.trunks)},
          {"trunk_fraction_of_peak", JsonOf(rates.trunk_fraction)},
          {"region_gmac", rates.region_gmac},
          {"regions_per_s", JsonOf(rates.regions)},
          {"region_fraction_of_peak", JsonOf(rates.region_fraction)},
          {"cut_out_per_s", JsonOf(rates.cuts)}};
}

Json JsonOf(const PeerRates& rates) {
  return {{"peer", rates.peer},
          {"precision", rates.precision},
          {"threads", rates.threads},
          {"peer_crops_per_s", JsonOf(rates.peer_crops)},
          {"our_crops_per_s", JsonOf(rates.our_crops)},
          {"ratio", JsonOf(rates.ratio)},
          {"relative_difference", rates.difference}};
}

Json JsonOf(const PictureRates& rates, const std::vector<PrecisionRates>& network) {
  const StageTimes& stages = rates.stages;
  Json json{{"precision", rates.precision},
            {"pictures", rates.pictures},
            {"proposals", rates.proposals},
            {"decode_s", stages.decode_s},
            {"proposals_s", stages.proposals_s},
            {"crops_s", stages.crop_s},
            {"network_s", stages.network_s},
            {"heads_s", stages.heads_s},
            {"network_share", rates.network_share},
            {"workers", rates.workers},
            {"reads_whole_pictures", rates.reads_whole_pictures},
            {"all_workers_regions_per_s", rates.regions_per_s},
            {"all_workers_pictures_per_s", rates.pictures_per_s},
            {"latency_s", rates.latency_s}};
  if (const auto part = PartOfNetworkAlone(rates, network)) json["part_of_network_alone"] = *part;
  return json;
}

}  // namespace

void PrintBench(const BenchReport& report, bool layers) {
  fmt::print("{}, {} processors; medians of {} rounds of {} s\n",
             ProcessorName(),
             DefaultWorkers(),
             report.rounds,
             report.round_s);
  PrintNetwork(report.network);
  PrintWholePictures(report.whole_pictures);
  if (layers) {
    for (const PrecisionRates& rates : report.network) PrintLayers(rates);
  }
  PrintPeers(report.peers);
  if (report.pictures) PrintPictures(*report.pictures, report.network);
  fmt::print("\npeak memory {}\n", BytesText(PeakMemoryBytes()));
}

std::string JsonText(const BenchReport& report) {
  Json json{{"processor", ProcessorName()},
            {"processors", DefaultWorkers()},
            {"rounds", report.rounds},
            {"round_s", report.round_s},
            {"gmacs_per_crop", ForwardGmac()},
            {"network", Json::array()},
            {"whole_pictures", Json::array()},
            {"peers", Json::array()}};
  for (const PrecisionRates& rates : report.network) json["network"].push_back(JsonOf(rates));
  for (const WholePictureRates& rates : report.whole_pictures)
    json["whole_pictures"].push_back(JsonOf(rates));
  for (const PeerRates& rates : report.peers) json["peers"].push_back(JsonOf(rates));
  if (report.pictures) json["pictures"] = JsonOf(*report.pictures, report.network);
  json["peak_memory_bytes"] = PeakMemoryBytes();
  return json.dump(2);
}

}  // namespace deeper::tools
