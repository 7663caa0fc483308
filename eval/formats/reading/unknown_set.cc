#include "eval/formats/reading/unknown_set.h"

#include <fmt/format.h>

#include <optional>

#include "core/error.h"
#include "core/text/nearest_name.h"

namespace deeper {

void ThrowUnknownSet(const std::filesystem::path& data,
                     const std::string& set,
                     const std::vector<std::string>& known) {
  const std::optional<std::string> nearest = NearestName(set, known);
  throw Error(fmt::format("{}: has no set '{}', expected one of {}{}",
                          data.string(),
                          set,
                          fmt::join(known, ", "),
                          nearest ? fmt::format("; did you mean '{}'?", *nearest) : ""));
}

}  // namespace deeper
