#include "tools/options/recipe_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "tools/options/option_values.h"

namespace deeper::tools {

namespace {

// Names in recipes that are no options.
constexpr std::array<std::pair<std::string_view, std::string_view>, 27> kOtherNames = {{
    {"verb", "verb"},
    {"parts", "number of parts"},
    {"picture_count", "number of pictures"},
    {"picture_names", "names or places of the pictures"},
    {"pictures_content", "content of the pictures (--data, --set)"},
    {"training_pictures", "pictures to train on (--data, --set, --holdout)"},
    {"training_regions", "regions to train on (--data, --set, --holdout, --proposals and others)"},
    {"training", "kind of training"},
    {"class_count", "number of classes"},
    {"network", "network (--model or --backbone)"},
    {"model", "model (--model)"},
    {"learned", "classifiers to begin with (--backbone)"},
    {"quantization", "quantization of the network"},
    {"box_regression", "box regression of the model"},
    {"ranker", "ranker of the model"},
    {"ranker_proposes", "proposals by the model's map (--propose-by)"},
    {"multibox", "MultiBox (of the model, --multibox or --no-multibox)"},
    {"multibox_precision", "precision of the MultiBox (--precision)"},
    {"long_side", "longest side of a scaled picture"},
    {"crop_size", "size of crops"},
    {"crop_padding", "padding of crops"},
    {"mean", "mean colour of the network"},
    {"vote_offset", "vote offset of the model"},
    {"auxiliary_weight", "weight of the auxiliary classifiers"},
    {"auxiliary_dropout", "dropout of the auxiliary classifiers"},
    {"bias_rate", "learning rate of biases"},
    {"results", "this program's results"},
}};

std::string WordsOf(const std::string& name) {
  const auto* const found =
      std::ranges::find(kOtherNames, name, &std::pair<std::string_view, std::string_view>::first);
  return found == kOtherNames.end() ? "--" + OptionOf(name) : std::string(found->second);
}

}  // namespace

std::string WordsOf(const OtherRecipe& error) {
  std::string text = error.found() + "; it differs in";
  for (RecipeDifference difference : error.differences()) {
    difference.name = WordsOf(difference.name);
    text += "\n  " + TextOf(difference);
  }
  return text + "\n" + error.advice();
}

}  // namespace deeper::tools
