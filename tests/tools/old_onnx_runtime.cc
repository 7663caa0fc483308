// The answer of ONNX Runtime 1.2 to a program that asks for a later API: its version, and no
// functions.

#include <cstdint>

namespace {

const char* Version() { return "1.2.0"; }
const void* const* Functions(std::uint32_t) { return nullptr; }

struct ApiBase {
  const void* const* (*functions)(std::uint32_t);
  const char* (*version)();
};
const ApiBase kApiBase{Functions, Version};

}  // namespace

extern "C" const ApiBase* OrtGetApiBase() { return &kApiBase; }
