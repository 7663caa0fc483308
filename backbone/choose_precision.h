#pragma once

#include <optional>
#include <string>

#include "backbone/network.h"

namespace deeper {

// What a network computes in, and why not in what was wanted.
struct ChosenPrecision {
  Precision precision = Precision::kF32;
  std::string remark;  // for people; "" where it is what was wanted
};

// `wanted` where the processor runs it, else the fastest that it does; nothing wanted: int8 of a
// network that has a quantization, else bf16.
ChosenPrecision ChoosePrecision(std::optional<Precision> wanted, bool has_quantization);

// `wanted` where the processor runs it, else `other`, with a remark that says so.
ChosenPrecision RunnableOr(Precision wanted, Precision other);

}  // namespace deeper
