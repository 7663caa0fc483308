#include "eval/formats/reading/json_stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/text/utf8.h"
#include "eval/formats/reading/fields.h"

namespace deeper {
namespace {

using nlohmann::json;

constexpr int kDeepest = 100;

// Python writes NaN, Infinity and -Infinity, which JSON does not have. Outside of strings they
// become null.
std::string WithoutNonFinite(std::string text) {
  if (text.find("NaN") == std::string::npos && text.find("Infinity") == std::string::npos) {
    return text;
  }
  std::string cleaned;
  cleaned.reserve(text.size());
  bool in_string = false;
  for (std::size_t i = 0; i < text.size();) {
    const std::string_view rest = std::string_view(text).substr(i);
    if (!in_string) {
      const std::string_view word = rest.starts_with("-Infinity")  ? "-Infinity"
                                    : rest.starts_with("Infinity") ? "Infinity"
                                    : rest.starts_with("NaN")      ? "NaN"
                                                                   : "";
      if (!word.empty()) {
        cleaned += "null";
        i += word.size();
        continue;
      }
    }
    if (in_string && text[i] == '\\' && i + 1 < text.size()) cleaned += text[i++];
    if (text[i] == '"') in_string = !in_string;
    cleaned += text[i++];
  }
  return cleaned;
}

// Follows the parser to hand out records and to detect repeated keys and too much depth.
class Follower {
 public:
  Follower(const std::filesystem::path& source,
           const std::vector<std::string>& skipped_keys,
           std::vector<Warning>& warnings,
           const VisitRecord& visit)
      : source_(source), skipped_keys_(skipped_keys), warnings_(warnings), visit_(visit) {}

  // Whether the parser keeps what it has found.
  bool operator()(int depth, json::parse_event_t event, json& parsed) {
    using Event = json::parse_event_t;
    if (depth > kDeepest) {
      throw Error(fmt::format(
          "{}: expected at most {} levels of JSON, found more", source_.string(), kDeepest));
    }
    if (event == Event::object_start) keys_.emplace_back();
    if (event == Event::key) return Key(depth, parsed.get_ref<const std::string&>());
    if (event == Event::object_end) keys_.pop_back();
    if (event == Event::array_start && depth == 0) top_is_list_ = true;
    const bool is_record = depth == (top_is_list_ ? 1 : 2);
    const bool is_whole =
        event == Event::object_end || event == Event::array_end || event == Event::value;
    if (is_record && is_whole && (top_is_list_ || list_depth_ == 1)) {
      visit_(top_is_list_ ? "" : top_key_, parsed);
      return false;
    }
    if (!top_is_list_ && depth == 1 && event == Event::array_start) list_depth_ = 1;
    if (!top_is_list_ && depth == 1 && event == Event::array_end) list_depth_ = 0;
    return true;
  }

 private:
  bool Key(int depth, const std::string& key) {
    if (depth == 1 && !top_is_list_) top_key_ = key;
    std::vector<std::string>& siblings = keys_.back();
    if (std::ranges::find(siblings, key) != siblings.end()) {
      warnings_.push_back({.where = source_.string(),
                           .reason = fmt::format("the key '{}' twice in one object: the last "
                                                 "value counts",
                                                 WithoutInvalidUtf8(key)),
                           .loses = false});
    } else if (siblings.size() < kMostKeys) {
      siblings.push_back(key);
    }
    return std::ranges::find(skipped_keys_, key) == skipped_keys_.end();
  }

  static constexpr std::size_t kMostKeys = 100;  // compared; the search is linear

  const std::filesystem::path& source_;
  const std::vector<std::string>& skipped_keys_;
  std::vector<Warning>& warnings_;
  const VisitRecord& visit_;
  std::vector<std::vector<std::string>> keys_;  // of the open objects
  std::string top_key_;
  bool top_is_list_ = false;
  int list_depth_ = 0;  // 1 inside a list of the top object
};

}  // namespace

void StreamJson(std::string text,
                const std::filesystem::path& source,
                const std::vector<std::string>& skipped_keys,
                std::vector<Warning>& warnings,
                const VisitRecord& visit) {
  text = WithoutNonFinite(std::move(text));
  Follower follower(source, skipped_keys, warnings, visit);
  try {
    const json::parser_callback_t callback =
        [&](int depth, json::parse_event_t event, json& parsed) {
          return follower(depth, event, parsed);
        };
    const json rest = json::parse(text, callback);
    if (!rest.is_structured()) {
      throw Error(fmt::format("{}: expected a JSON object or list", source.string()));
    }
  } catch (const json::exception& error) {
    throw Error(fmt::format("{}: expected JSON in UTF-8, found: {}",
                            source.string(),
                            WithoutInvalidUtf8(error.what())));
  }
}

std::string TextOf(const json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return fmt::format("{}", value.get<double>());
  return value.is_primitive() && !value.is_null() ? value.dump() : "";
}

std::optional<double> NumberAt(const json& record, const char* key) {
  const auto found = record.find(key);
  if (found == record.end() || found->is_boolean()) return std::nullopt;
  if (!found->is_number()) return NumberOf(TextOf(*found));
  const auto value = found->get<double>();
  return std::isfinite(value) ? std::optional(value) : std::nullopt;
}

std::string TextAt(const json& record, const char* key) {
  const auto found = record.find(key);
  return found == record.end() ? "" : std::string(Trimmed(TextOf(*found)));
}

std::string IdAt(const json& record, const char* key) { return IdText(TextAt(record, key)); }

int PixelsAt(const json& record, const char* key) { return PixelsOf(TextAt(record, key)); }

bool FlagAt(const json& record,
            const char* key,
            const std::string& where,
            std::vector<Warning>& warnings) {
  const auto found = record.find(key);
  return found != record.end() && FlagOf(TextOf(*found), key, where, warnings);
}

float CoordinateOf(const json& value) {
  if (!value.is_number()) {
    return value.is_string() ? CoordinateOf(std::string_view(TextOf(value)))
                             : std::numeric_limits<float>::quiet_NaN();
  }
  const auto number = value.get<double>();
  const bool fits = std::abs(number) <= double{std::numeric_limits<float>::max()};
  return fits ? static_cast<float>(number) : std::numeric_limits<float>::quiet_NaN();
}

std::string JsonText(std::string_view text) { return json(WithoutInvalidUtf8(text)).dump(); }

}  // namespace deeper
