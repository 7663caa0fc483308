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
// Of a repeated key the last value counts, with a warning. Throws
// Error naming `source` and the place for text that is not JSON in UTF-8 or that nests deeper than
// 100 levels.
using VisitRecord = std::function<void(std::string_view key, const nlohmann::json& record)>;
void StreamJson(std::string text,
                const std::filesystem::path& source,
                const std::vector<std::string>& skipped_keys,
                std::vector<Warning>& warnings,
                const VisitRecord& visit);

// A single value as text for fields.h: a text itself, a number or true or false as JSON writes it;
// "" for null, lists and objects.
std::string TextOf(const nlohmann::json& value);
// Fields of a record, read as fields.h reads their texts: a number may be a text, and a flag a
// word. Nothing, "" or 0 when absent or something else.
std::optional<double> NumberAt(const nlohmann::json& record, const char* key);
std::string TextAt(const nlohmann::json& record, const char* key);  // trimmed
std::string IdAt(const nlohmann::json& record, const char* key);
int PixelsAt(const nlohmann::json& record, const char* key);
bool FlagAt(const nlohmann::json& record,
            const char* key,
            const std::string& where,
            std::vector<Warning>& warnings);
// A number, or a text as CoordinateOf reads it; NaN for what is no number in the range of a float.
float CoordinateOf(const nlohmann::json& value);

// `text` between quotes; bytes that are not UTF-8 become U+FFFD.
std::string JsonText(std::string_view text);

}  // namespace deeper
