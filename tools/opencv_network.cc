#include "tools/opencv_network.h"

#include <map>
#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/dnn.hpp>
#include <string>

#include "backbone/googlenet.h"
#include "core/error.h"

namespace deeper::tools {

namespace {

cv::Mat MatOf(const Tensor& tensor) {
  const std::vector<int> sizes = {static_cast<int>(tensor.shape.n),
                                  static_cast<int>(tensor.shape.c),
                                  static_cast<int>(tensor.shape.h),
                                  static_cast<int>(tensor.shape.w)};
  return cv::Mat(sizes, CV_32F, const_cast<float*>(tensor.data.data())).clone();
}

void SetWindow(cv::dnn::LayerParams& parameters, const Window& window) {
  parameters.set("kernel_size", static_cast<int>(window.kernel));
  parameters.set("stride", static_cast<int>(window.stride));
  parameters.set("pad", static_cast<int>(window.pad));
}

// A layer in the words of OpenCV's importer for Caffe.
cv::dnn::LayerParams ParametersOf(const Layer& layer, const Weights& weights) {
  cv::dnn::LayerParams parameters;
  switch (layer.kind) {
    case LayerKind::kConvolution:
      SetWindow(parameters, layer.window);
      parameters.set("num_output", static_cast<int>(layer.out_channels));
      parameters.set("bias_term", true);
      parameters.blobs.push_back(MatOf(weights.at(WeightName(layer.name))));
      parameters.blobs.push_back(MatOf(weights.at(BiasName(layer.name))));
      break;
    case LayerKind::kMaxPool:
    case LayerKind::kAveragePool:
      SetWindow(parameters, layer.window);
      parameters.set("pool", layer.kind == LayerKind::kMaxPool ? "MAX" : "AVE");
      parameters.set("ceil_mode", true);
      break;
    case LayerKind::kLrn:
      parameters.set("local_size", static_cast<int>(kLrnParameters.size));
      parameters.set("alpha", kLrnParameters.alpha);
      parameters.set("beta", kLrnParameters.beta);
      parameters.set("bias", kLrnParameters.k);
      break;
  }
  return parameters;
}

const char* TypeOf(LayerKind kind) {
  switch (kind) {
    case LayerKind::kConvolution:
      return "Convolution";
    case LayerKind::kMaxPool:
    case LayerKind::kAveragePool:
      return "Pooling";
    case LayerKind::kLrn:
      return "LRN";
  }
  throw ContractViolation("a known kind of layer");
}

cv::dnn::Net Build(const Weights& weights) {
  cv::dnn::Net net;
  std::map<std::string, int> made = {{"data", 0}};   // activation -> layer that makes it
  std::map<std::string, std::vector<int>> branches;  // of a module, in their order
  const auto source = [&](const std::string& activation) {
    if (const auto found = made.find(activation); found != made.end()) return found->second;
    const std::vector<int>& parts = branches.at(activation);
    cv::dnn::LayerParams concatenation;
    const int layer = net.addLayer(activation, "Concat", concatenation);
    for (std::size_t i = 0; i < parts.size(); ++i) {
      net.connect(parts[i], 0, layer, static_cast<int>(i));
    }
    made[activation] = layer;
    return layer;
  };
  for (const Layer& layer : GoogLeNetLayers()) {
    const int input = source(layer.input);
    cv::dnn::LayerParams parameters = ParametersOf(layer, weights);
    int output = net.addLayer(layer.name, TypeOf(layer.kind), parameters);
    net.connect(input, 0, output, 0);
    if (layer.kind == LayerKind::kConvolution) {
      cv::dnn::LayerParams none;
      const int relu = net.addLayer(layer.name + "/relu", "ReLU", none);
      net.connect(output, 0, relu, 0);
      output = relu;
    }
    if (layer.output == layer.name) {
      made[layer.output] = output;
    } else {
      branches[layer.output].push_back(output);
    }
  }
  net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
  return net;
}

}  // namespace

struct OpenCvNetwork::State {
  cv::dnn::Net net;
};

OpenCvNetwork::OpenCvNetwork(const Weights& weights)
    : state_(std::make_unique<State>(State{.net = Build(weights)})) {}
OpenCvNetwork::OpenCvNetwork(OpenCvNetwork&&) noexcept = default;
OpenCvNetwork::~OpenCvNetwork() = default;

std::vector<float> OpenCvNetwork::Features(TensorView crops, int threads) {
  cv::setNumThreads(threads);
  const std::vector<int> sizes = {static_cast<int>(crops.shape.n),
                                  static_cast<int>(crops.shape.c),
                                  static_cast<int>(crops.shape.h),
                                  static_cast<int>(crops.shape.w)};
  state_->net.setInput(cv::Mat(sizes, CV_32F, const_cast<float*>(crops.data.data())));
  const cv::Mat features = state_->net.forward();
  const float* values = features.ptr<float>();
  return {values, values + features.total()};
}

}  // namespace deeper::tools
