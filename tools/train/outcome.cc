#include "tools/train/outcome.h"

namespace deeper::tools {

void AddJsonOption(boost::program_options::options_description& group, bool& json) {
  group.add_options()("json",
                      boost::program_options::bool_switch(&json),
                      "what was trained and written, and how well, as a JSON object on stdout");
}

}  // namespace deeper::tools
