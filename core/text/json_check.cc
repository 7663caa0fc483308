#include "core/text/json_check.h"

#include <nlohmann/json.hpp>
#include <set>
#include <vector>

#include "core/error.h"

namespace deeper {
namespace {

using Json = nlohmann::json;

// Listens to the parser without building anything. Every event returns whether to continue.
class Checker : public nlohmann::json_sax<Json> {
 public:
  explicit Checker(std::size_t max_depth) : max_depth_(max_depth) {}

  const std::string& complaint() const { return complaint_; }

  bool null() override { return true; }
  bool boolean(bool) override { return true; }
  bool number_integer(Json::number_integer_t) override { return true; }
  bool number_unsigned(Json::number_unsigned_t) override { return true; }
  bool number_float(Json::number_float_t, const std::string&) override { return true; }
  bool string(std::string&) override { return true; }
  bool binary(Json::binary_t&) override { return true; }

  bool start_object(std::size_t) override { return Enter(); }
  bool end_object() override { return Leave(); }
  bool start_array(std::size_t) override { return Enter(); }
  bool end_array() override { return Leave(); }

  bool key(std::string& name) override {
    if (keys_of_open_.back().insert(name).second) return true;
    complaint_ = "names '" + name + "' twice";
    return false;
  }
  bool parse_error(std::size_t position,
                   const std::string&,
                   const nlohmann::detail::exception&) override {
    complaint_ = "is not JSON at byte " + std::to_string(position);
    return false;
  }

 private:
  bool Enter() {
    keys_of_open_.emplace_back();
    if (keys_of_open_.size() <= max_depth_) return true;
    complaint_ = "nests deeper than " + std::to_string(max_depth_) + " levels";
    return false;
  }
  bool Leave() {
    keys_of_open_.pop_back();
    return true;
  }

  std::size_t max_depth_;
  std::vector<std::set<std::string>>
      keys_of_open_;  // of each object that is open; arrays have none
  std::string complaint_;
};

}  // namespace

void CheckJson(std::string_view text, std::size_t max_depth, const std::string& source) {
  Checker checker(max_depth);
  if (!Json::sax_parse(text.begin(), text.end(), &checker)) {
    throw Error(source + " " + checker.complaint());
  }
}

}  // namespace deeper
