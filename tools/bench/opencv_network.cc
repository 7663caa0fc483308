#include "tools/bench/opencv_network.h"

#include <opencv2/core.hpp>
#include <opencv2/core/utility.hpp>
#include <opencv2/dnn.hpp>

namespace deeper::tools {

std::string OpenCvVersion() { return cv::getVersionString(); }

struct OpenCvNetwork::State {
  cv::dnn::Net net;
};

OpenCvNetwork::OpenCvNetwork(const std::string& onnx)
    : state_(std::make_unique<State>(
          State{.net = cv::dnn::readNetFromONNX(onnx.data(), onnx.size())})) {
  state_->net.setPreferableBackend(cv::dnn::DNN_BACKEND_OPENCV);
  state_->net.setPreferableTarget(cv::dnn::DNN_TARGET_CPU);
}
OpenCvNetwork::OpenCvNetwork(OpenCvNetwork&&) noexcept = default;
OpenCvNetwork::~OpenCvNetwork() = default;

std::vector<float> OpenCvNetwork::Run(TensorView crops, int threads) {
  cv::setNumThreads(threads);
  const std::vector<int> sizes = {static_cast<int>(crops.shape.n),
                                  static_cast<int>(crops.shape.c),
                                  static_cast<int>(crops.shape.h),
                                  static_cast<int>(crops.shape.w)};
  state_->net.setInput(cv::Mat(sizes, CV_32F, const_cast<float*>(crops.data.data())));
  const cv::Mat rows = state_->net.forward();
  const float* values = rows.ptr<float>();
  return {values, values + rows.total()};
}

}  // namespace deeper::tools
