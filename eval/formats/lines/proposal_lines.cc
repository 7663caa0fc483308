#include "eval/formats/lines/proposal_lines.h"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "core/error.h"
#include "core/files/file.h"
#include "core/text/float_text.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/json_stream.h"

namespace deeper {
namespace {

using nlohmann::json;

constexpr std::uintmax_t kMostBytes = std::uintmax_t{16} << 30U;

// Where a line is wrong.
struct Place {
  const std::filesystem::path& source;
  std::size_t line = 0;

  [[noreturn]] void Fail(std::string_view expected) const {
    throw Error(fmt::format("{}:{}: expected {}", source.string(), line, expected));
  }
};

std::string IdOf(const json& line, const Place& place) {
  const auto text_at = [&](const char* key) -> std::optional<std::string> {
    const auto found = line.find(key);
    if (found == line.end() || !found->is_string()) return std::nullopt;
    return found->get<std::string>();
  };
  if (line.contains("image_bytes")) {
    const auto digits = text_at("image_bytes");
    const auto bytes = digits ? BytesOfHex(*digits) : std::nullopt;
    if (!bytes) place.Fail("pairs of hexadecimal digits as 'image_bytes'");
    return *bytes;
  }
  const auto id = text_at("image");
  if (!id) place.Fail("a text as 'image'");
  return *id;
}

Box BoxOf(const json& value, const Place& place) {
  if (!value.is_array() || value.size() != 4) place.Fail("each box to be a list of 4 numbers");
  std::array<float, 4> sides{};
  for (std::size_t i = 0; i < sides.size(); ++i) {
    sides.at(i) = CoordinateOf(value[i]);
    if (std::isnan(sides.at(i))) {
      place.Fail("each box to be a list of 4 numbers in the range of a float");
    }
  }
  return {.x0 = sides[0], .y0 = sides[1], .x1 = sides[2], .y1 = sides[3]};
}

}  // namespace

std::string ProposalLineOf(const ImageProposals& image) {
  std::string line = fmt::format("{{\"image\": {}, ", JsonText(image.id));
  if (!IsUtf8(image.id)) line += fmt::format("\"image_bytes\": \"{}\", ", HexOf(image.id));
  line += fmt::format("\"width\": {}, \"height\": {}, \"boxes\": [", image.width, image.height);
  for (const Proposal& proposal : image.proposals) {
    const Box& box = proposal.box;
    line += fmt::format("{}[{}, {}, {}, {}]",
                        line.back() == '[' ? "" : ", ",
                        FloatText(box.x0),
                        FloatText(box.y0),
                        FloatText(box.x1),
                        FloatText(box.y1));
  }
  return line + "]}";
}

std::vector<ImageProposals> ParseProposalLines(std::string_view text,
                                               const std::filesystem::path& source) {
  std::vector<ImageProposals> images;
  std::unordered_set<std::string> seen;
  Place place{.source = source};
  for (const std::string_view words : SplitLines(text)) {
    ++place.line;
    if (words.find_first_not_of(" \t") == std::string_view::npos) continue;
    const json line = json::parse(words, nullptr, false);
    if (!line.is_object()) place.Fail("a JSON object that holds a picture's proposals");
    ImageProposals image{.id = IdOf(line, place),
                         .width = PixelsAt(line, "width"),
                         .height = PixelsAt(line, "height"),
                         .proposals = {}};
    if (!seen.insert(image.id).second) {
      place.Fail(
          fmt::format("each picture once; '{}' is here again", WithoutInvalidUtf8(image.id)));
    }
    const auto boxes = line.find("boxes");
    if (boxes == line.end() || !boxes->is_array()) place.Fail("a list as 'boxes'");
    for (const json& box : *boxes) {
      image.proposals.push_back(
          {.box = BoxOf(box, place), .rank = static_cast<int>(image.proposals.size())});
    }
    images.push_back(std::move(image));
  }
  return images;
}

std::vector<ImageProposals> ReadProposalLines(const std::filesystem::path& path) {
  return ParseProposalLines(ReadPlainText(path, kMostBytes), path);
}

}  // namespace deeper
