#include "backbone/files/other_models.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.h"
#include "core/files/file.h"
#include "core/pictures/picture_kinds.h"

namespace deeper {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kConvert =
    "; expected a network of Caffe (.caffemodel) or safetensors, which 'deeper model import' "
    "reads, "
    "or a detector of 'deeper train'";

// What a file of other programs' models is; "" for none that is known.
std::string_view KindOfModel(std::string_view text) {
  const auto holds = [&](std::string_view part) {
    return text.find(part) != std::string_view::npos;
  };
  if (text.starts_with("PK\x03\x04")) {
    if (holds("data.pkl")) return "a checkpoint of PyTorch";
    if (holds("saved_model.pb") || holds("keras")) return "a Keras model";
    if (holds(".npy")) return "an archive of NumPy arrays";
  }
  // A pickle of protocol 2 to 5.
  if (text.size() > 2 && text[0] == '\x80' && text[1] >= 2 && text[1] <= 5) {
    return "a pickle of Python, as old checkpoints of PyTorch are";
  }
  if (text.starts_with("\x89HDF\r\n")) return "an HDF5 file, as Keras writes";
  if (text.size() > 8 && text.substr(4, 4) == "TFL3") return "a TensorFlow Lite model";
  if (text.starts_with("GGUF")) return "a GGUF model";
  if (text.starts_with("7767517\n")) return "an ncnn model's description";
  if (text.starts_with("<?xml") && holds("<net ")) return "an OpenVINO model's description";
  // ONNX is a protocol buffer whose field 1, the version, comes first: then the producer's name or
  // domain as a text.
  const bool begins_as_onnx =
      text.size() > 4 && text[0] == '\x08' && text[1] > 0 && text[1] < 32 &&
      (text[2] == '\x12' || text[2] == '\x1A' || text[2] == ':' || text[2] == 'B');
  if (begins_as_onnx) return "an ONNX model";
  return "";
}

}  // namespace

void RefuseOtherModels(const std::filesystem::path& path) {
  const InputFile file(path);
  std::vector<std::uint8_t> bytes(std::min<std::uintmax_t>(file.size(), kContentBytes));
  file.ReadAt(0, bytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  if (text.empty()) throw Error(path.string() + ": is an empty file, expected a model");
  if (const std::string_view kind = KindOfModel(text); !kind.empty()) {
    throw Error(path.string() + ": is " + std::string(kind) + std::string(kConvert));
  }
  const ContentKind* kind = KindOfContent(bytes);
  if (kind == nullptr) return;
  const bool is_picture = kind->role != ContentRole::kOther;
  throw Error(path.string() + ": is " + (is_picture ? "a picture or video (" : "") +
              std::string(kind->name) + (is_picture ? ")" : "") +
              (kind->name.find("Git LFS") != std::string_view::npos ? "" : std::string(kConvert)));
}

}  // namespace deeper
