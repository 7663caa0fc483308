#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "eval/formats/reading/read_dataset.h"

// Not a public header: it carries nlohmann::json.

namespace deeper {

// Reads a JSON text that consists mostly of lists of records, keeping one record at a time. Calls
// visit(key, record) for each element of a list under `key` in the top object, or for each element
// of a top list, with key "".
//
// Values under `skipped_keys` are skipped at every depth. Python's NaN and Infinity count as null.
// Of a repeated key the last value counts, with a warning. A byte order mark is skipped. Throws
// Error naming `source` and the place for text that is not JSON in UTF-8 or that nests deeper than
// 100 levels.
using VisitRecord = std::function<void(std::string_view key, const nlohmann::json& record)>;
void StreamJson(std::string text,
                const std::filesystem::path& source,
                const std::vector<std::string>& skipped_keys,
                std::vector<Warning>& warnings,
                const VisitRecord& visit);

// Fields of a record; nothing when absent or of another type.
std::optional<double> NumberAt(const nlohmann::json& record, const char* key);
std::optional<std::int64_t> IntegerAt(const nlohmann::json& record, const char* key);
std::string TextAt(const nlohmann::json& record, const char* key);  // "" when absent
bool FlagAt(const nlohmann::json& record, const char* key);  // true, or a number other than 0
// A number of pixels; 0 when absent or out of range.
int PixelsAt(const nlohmann::json& record, const char* key);

// `text` between quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonText(std::string_view text);

}  // namespace deeper
