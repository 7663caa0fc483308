#include "backbone/files/onnx.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <initializer_list>
#include <map>
#include <span>
#include <string_view>
#include <vector>

#include "backbone/files/protobuf_wire.h"
#include "backbone/googlenet.h"
#include "core/error.h"

namespace deeper {
namespace {

static_assert(std::endian::native == std::endian::little, "files are little-endian, as we are");

// Opset 13 came with version 7 of the format (ONNX 1.8).
constexpr std::uint64_t kIrVersion = 7;
constexpr std::uint64_t kOpset = 13;

// Numbers of the fields, named as in onnx.proto.
namespace model_proto {
constexpr int kIrVersion = 1;
constexpr int kProducerName = 2;
constexpr int kGraph = 7;
constexpr int kOpsetImport = 8;
constexpr int kMetadataProps = 14;
}  // namespace model_proto
namespace operator_set_id_proto {
constexpr int kVersion = 2;
}
namespace string_string_entry_proto {
constexpr int kKey = 1;
constexpr int kValue = 2;
}  // namespace string_string_entry_proto
namespace graph_proto {
constexpr int kNode = 1;
constexpr int kName = 2;
constexpr int kInitializer = 5;
constexpr int kInput = 11;
constexpr int kOutput = 12;
}  // namespace graph_proto
namespace node_proto {
constexpr int kInput = 1;
constexpr int kOutput = 2;
constexpr int kName = 3;
constexpr int kOpType = 4;
constexpr int kAttribute = 5;
}  // namespace node_proto
namespace attribute_proto {
constexpr int kName = 1;
constexpr int kF = 2;
constexpr int kI = 3;
constexpr int kInts = 8;
constexpr int kType = 20;
constexpr std::uint64_t kTypeFloat = 1;
constexpr std::uint64_t kTypeInt = 2;
constexpr std::uint64_t kTypeInts = 7;
}  // namespace attribute_proto
namespace tensor_proto {
constexpr int kDims = 1;
constexpr int kDataType = 2;
constexpr int kName = 8;
constexpr int kRawData = 9;
constexpr std::uint64_t kDataTypeFloat = 1;
}  // namespace tensor_proto
namespace value_info_proto {
constexpr int kName = 1;
constexpr int kType = 2;
}  // namespace value_info_proto
namespace type_proto {
constexpr int kTensorType = 1;
constexpr int kElemType = 1;
constexpr int kShape = 2;
}  // namespace type_proto
namespace tensor_shape_proto {
constexpr int kDim = 1;
constexpr int kDimValue = 1;
constexpr int kDimParam = 2;
}  // namespace tensor_shape_proto

std::string Attribute(std::string_view name, const std::string& value, std::uint64_t type) {
  return BytesField(
      node_proto::kAttribute,
      BytesField(attribute_proto::kName, name) + value + NumberField(attribute_proto::kType, type));
}

std::string FloatAttribute(std::string_view name, float value) {
  return Attribute(name, FloatField(attribute_proto::kF, value), attribute_proto::kTypeFloat);
}

std::string IntAttribute(std::string_view name, std::size_t value) {
  return Attribute(name, NumberField(attribute_proto::kI, value), attribute_proto::kTypeInt);
}

std::string IntsAttribute(std::string_view name, std::initializer_list<std::size_t> values) {
  std::string numbers;
  for (const std::size_t value : values) numbers += NumberField(attribute_proto::kInts, value);
  return Attribute(name, numbers, attribute_proto::kTypeInts);
}

// ONNX's windows stay within the padded map. Where Caffe's last one reaches beyond it, the padding
// behind is wider instead; a maximum does not see padding.
std::string WindowAttributes(const Layer& layer) {
  const auto [kernel, stride, pad] = layer.window;
  const std::size_t side = layer.in_size.height;  // crops and their maps are square
  const std::size_t reach = (layer.out_size.height - 1) * stride + kernel;
  const std::size_t pad_behind = std::max(reach, side + 2 * pad) - side - pad;
  return IntsAttribute("kernel_shape", {kernel, kernel}) +
         IntsAttribute("strides", {stride, stride}) +
         IntsAttribute("pads", {pad, pad, pad_behind, pad_behind});
}

// The type of rows of `sizes` each, of which there may be any number.
std::string Values(std::string_view name, std::initializer_list<std::size_t> sizes) {
  std::string shape =
      BytesField(tensor_shape_proto::kDim, BytesField(tensor_shape_proto::kDimParam, "n"));
  for (const std::size_t size : sizes) {
    shape += BytesField(tensor_shape_proto::kDim, NumberField(tensor_shape_proto::kDimValue, size));
  }
  const std::string tensor_type = NumberField(type_proto::kElemType, tensor_proto::kDataTypeFloat) +
                                  BytesField(type_proto::kShape, shape);
  return BytesField(value_info_proto::kName, name) +
         BytesField(value_info_proto::kType, BytesField(type_proto::kTensorType, tensor_type));
}

// A GraphProto that grows layer by layer. An activation is called as in the table.
class Graph {
 public:
  explicit Graph(const Weights& weights) : weights_(weights) {}

  void Add(const Layer& layer) {
    JoinBranches(layer.input);
    switch (layer.kind) {
      case LayerKind::kConvolution: {
        const std::string sum = layer.name + "/sum";
        AddNode("Conv",
                layer.name,
                {layer.input, AddLearned(WeightName(layer.name), 4), AddBias(layer.name)},
                sum,
                WindowAttributes(layer));
        AddNode("Relu", layer.name + "/relu", {sum}, layer.name);
        break;
      }
      case LayerKind::kMaxPool:
        AddNode("MaxPool", layer.name, {layer.input}, layer.name, WindowAttributes(layer));
        break;
      case LayerKind::kAveragePool:
        Expects(layer.window == kGlobalPool, "GoogLeNet averages whole maps");
        AddNode("GlobalAveragePool", layer.name, {layer.input}, layer.name);
        break;
      case LayerKind::kLrn:
        AddNode("LRN",
                layer.name,
                {layer.input},
                layer.name,
                IntAttribute("size", kLrnParameters.size) +
                    FloatAttribute("alpha", kLrnParameters.alpha) +
                    FloatAttribute("beta", kLrnParameters.beta) +
                    FloatAttribute("bias", kLrnParameters.k));
        break;
    }
    if (layer.output != layer.name) branches_[layer.output].push_back(layer.name);
  }

  // The features, made of the activation `pooled`.
  void AddFeatures(const std::string& pooled) {
    AddNode("Flatten", kOnnxFeatures, {pooled}, kOnnxFeatures, IntAttribute("axis", 1));
    outputs_ += BytesField(graph_proto::kOutput, Values(kOnnxFeatures, {kFeatureDim}));
  }

  void AddClassifier() {
    const std::string name(kClassifierName);
    const std::size_t classes = weights_.at(WeightName(name)).shape.n;
    AddNode("Gemm",
            name,
            {kOnnxFeatures, AddLearned(WeightName(name), 2), AddBias(name)},
            name,
            IntAttribute("transB", 1));
    AddNode("Softmax", kOnnxProbabilities, {name}, kOnnxProbabilities, IntAttribute("axis", 1));
    outputs_ += BytesField(graph_proto::kOutput, Values(kOnnxProbabilities, {classes}));
  }

  std::string Bytes() const {
    return nodes_ + BytesField(graph_proto::kName, "GoogLeNet") + learned_ +
           BytesField(graph_proto::kInput,
                      Values(kOnnxCrops, {kInputChannels, kInputSide, kInputSide})) +
           outputs_;
  }

 private:
  void AddNode(std::string_view type,
               std::string_view name,
               const std::vector<std::string>& inputs,
               std::string_view output,
               std::string_view attributes = "") {
    std::string node;
    for (const std::string& input : inputs) node += BytesField(node_proto::kInput, input);
    node += BytesField(node_proto::kOutput, output);
    node += BytesField(node_proto::kName, name);
    node += BytesField(node_proto::kOpType, type);
    nodes_ += BytesField(graph_proto::kNode, node.append(attributes));
  }

  // Concatenates the branches that write `activation`, where nobody has read it yet.
  void JoinBranches(const std::string& activation) {
    const auto branches = branches_.extract(activation);
    if (branches.empty()) return;
    AddNode("Concat", activation, branches.mapped(), activation, IntAttribute("axis", 1));
  }

  // Adds learned values with the first `rank` of their sizes; returns their name.
  std::string AddLearned(const std::string& name, std::size_t rank) {
    const auto& [shape, values] = weights_.at(name);
    std::string tensor;
    const std::array<std::size_t, 4> sizes = {shape.n, shape.c, shape.h, shape.w};
    for (const std::size_t size : std::span(sizes).first(rank)) {
      tensor += NumberField(tensor_proto::kDims, size);
    }
    const auto bytes = std::as_bytes(std::span(values));
    tensor += NumberField(tensor_proto::kDataType, tensor_proto::kDataTypeFloat) +
              BytesField(tensor_proto::kName, name) +
              BytesField(tensor_proto::kRawData,
                         {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    learned_ += BytesField(graph_proto::kInitializer, tensor);
    return name;
  }
  std::string AddBias(const std::string& layer) { return AddLearned(BiasName(layer), 1); }

  const Weights& weights_;
  std::map<std::string, std::vector<std::string>> branches_;  // of what nobody has read yet
  std::string nodes_;
  std::string learned_;
  std::string outputs_;
};

}  // namespace

std::string OnnxOf(const Weights& weights) {
  ValidateGoogLeNetWeights(weights, "network");
  Graph graph(weights);
  for (const Layer& layer : GoogLeNetLayers()) graph.Add(layer);
  graph.AddFeatures(GoogLeNetLayers().back().output);
  if (weights.contains(WeightName(kClassifierName))) graph.AddClassifier();
  return NumberField(model_proto::kIrVersion, kIrVersion) +
         BytesField(model_proto::kProducerName, "deeper") +
         BytesField(model_proto::kGraph, graph.Bytes()) +
         BytesField(model_proto::kOpsetImport,
                    NumberField(operator_set_id_proto::kVersion, kOpset)) +
         BytesField(model_proto::kMetadataProps,
                    BytesField(string_string_entry_proto::kKey, "fingerprint") +
                        BytesField(string_string_entry_proto::kValue, FingerprintOf(weights)));
}

}  // namespace deeper
