#include "tools/bench/onnx_runtime.h"

#include <dlfcn.h>

#include <array>
#include <cstdint>
#include <span>
#include <type_traits>
#include <utility>

#include "backbone/files/onnx.h"
#include "core/error.h"
#include "tools/options/command_line.h"

// The library offers its functions as a table of pointers, struct OrtApi in
// include/onnxruntime/core/session/onnxruntime_c_api.h of github.com/microsoft/onnxruntime. A
// version of the API only adds to the end of the table, so places never change, and the few that we
// use need no header: they were all there in version 1.

namespace deeper::tools {

namespace {

// Of release 1.6: the API's version is the second number of the release's.
constexpr std::uint32_t kApiVersion = 6;

// Seen through pointers only.
struct Status;
struct Env;
struct Session;
struct SessionOptions;
struct RunOptions;
struct MemoryInfo;
struct Value;

// A function's place in the table. Those that give back a Status give null when all went well.
template <typename Function>
struct Entry {
  std::size_t place;
};

// clang-format off
constexpr Entry<const char*(const Status*)> kGetErrorMessage{2};
constexpr Entry<Status*(int log_level, const char* log_name, Env**)> kCreateEnv{3};
constexpr Entry<Status*(const Env*, const void* onnx, std::size_t bytes, const SessionOptions*, Session**)> kCreateSessionFromArray{8};
constexpr Entry<Status*(Session*, const RunOptions*,
                        const char* const* input_names, const Value* const* inputs, std::size_t input_count,
                        const char* const* output_names, std::size_t output_count, Value** outputs)> kRun{9};
constexpr Entry<Status*(SessionOptions**)> kCreateSessionOptions{10};
constexpr Entry<Status*(SessionOptions*, int threads)> kSetIntraOpNumThreads{24};
constexpr Entry<Status*(const MemoryInfo*, void* values, std::size_t bytes, const std::int64_t* sizes, std::size_t rank, int type, Value**)>
    kCreateTensorWithDataAsOrtValue{49};
constexpr Entry<Status*(int allocator_type, int memory_type, MemoryInfo**)> kCreateCpuMemoryInfo{69};
constexpr Entry<void(Env*)> kReleaseEnv{92};
constexpr Entry<void(Status*)> kReleaseStatus{93};
constexpr Entry<void(MemoryInfo*)> kReleaseMemoryInfo{94};
constexpr Entry<void(Session*)> kReleaseSession{95};
constexpr Entry<void(Value*)> kReleaseValue{96};
constexpr Entry<void(SessionOptions*)> kReleaseSessionOptions{100};
// clang-format on

// Values of its enumerations.
constexpr int kLogErrors = 3;
constexpr int kDeviceAllocator = 0;
constexpr int kDefaultMemory = 0;
constexpr int kFloat = 1;

// What OrtGetApiBase points to.
struct ApiBase {
  const void* const* (*functions)(std::uint32_t api_version);  // null when it has no such version
  const char* (*version)();
};

template <typename Object>
using Owned = std::unique_ptr<Object, void (*)(Object*)>;

// The functions of the table, called by their entries.
class Api {
 public:
  explicit Api(const OnnxRuntime& runtime) : functions_(runtime.functions) {}

  // Throws Error with the library's reason unless the call succeeds.
  template <typename... Parameters>
  void Call(Entry<Status*(Parameters...)> entry,
            std::type_identity_t<Parameters>... arguments) const {
    const Owned<Status> status(Function(entry)(arguments...), Function(kReleaseStatus));
    if (status)
      throw Error(std::string("ONNX Runtime: ") + Function(kGetErrorMessage)(status.get()));
  }

  // What the entry `create` makes of the arguments.
  template <typename Object, typename... Parameters, typename... Arguments>
  Owned<Object> Make(Entry<void(Object*)> release,
                     Entry<Status*(Parameters...)> create,
                     Arguments... arguments) const {
    Object* object = nullptr;
    Call(create, arguments..., &object);
    return {object, Function(release)};
  }

 private:
  template <typename Signature>
  Signature* Function(Entry<Signature> entry) const {
    return reinterpret_cast<Signature*>(const_cast<void*>(functions_[entry.place]));
  }

  const void* const* functions_;
};

std::string LastLoaderError() {
  const char* const reason = dlerror();  // NOLINT(concurrency-mt-unsafe): of this thread alone
  return reason == nullptr ? "unknown reason" : reason;
}

}  // namespace

OnnxRuntime LoadOnnxRuntime(const std::string& library) {
  constexpr const char* kExpected = "; expected ONNX Runtime's libonnxruntime.so";
  void* const handle = dlopen(library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (handle == nullptr) throw Error("cannot load a library: " + LastLoaderError() + kExpected);
  const auto get_base = reinterpret_cast<const ApiBase* (*)()>(dlsym(handle, "OrtGetApiBase"));
  if (get_base == nullptr) throw Error(library + ": has no function OrtGetApiBase" + kExpected);
  const ApiBase& base = *get_base();
  const std::string version = base.version();
  const void* const* const functions = base.functions(kApiVersion);
  if (functions == nullptr) {
    throw Error(library + ": is ONNX Runtime " + version + ", expected 1." +
                std::to_string(kApiVersion) + " or later");
  }
  return {.version = version, .functions = functions};
}

struct OnnxRuntimeNetwork::State {
  Api api;
  Owned<Env> env;
  Owned<MemoryInfo> memory;
  Owned<Session> session;

  // Values of ours, seen as a tensor of theirs.
  Owned<Value> TensorOf(std::span<float> values, std::span<const std::int64_t> sizes) const {
    return api.Make(kReleaseValue,
                    kCreateTensorWithDataAsOrtValue,
                    memory.get(),
                    values.data(),
                    values.size_bytes(),
                    sizes.data(),
                    sizes.size(),
                    kFloat);
  }
};

OnnxRuntimeNetwork::OnnxRuntimeNetwork(const OnnxRuntime& runtime,
                                       const std::string& onnx,
                                       int threads) {
  const Api api(runtime);
  const auto options = api.Make(kReleaseSessionOptions, kCreateSessionOptions);
  api.Call(kSetIntraOpNumThreads, options.get(), threads);
  auto env = api.Make(kReleaseEnv, kCreateEnv, kLogErrors, "deeper");
  auto memory =
      api.Make(kReleaseMemoryInfo, kCreateCpuMemoryInfo, kDeviceAllocator, kDefaultMemory);
  auto session = api.Make(
      kReleaseSession, kCreateSessionFromArray, env.get(), onnx.data(), onnx.size(), options.get());
  state_ = std::make_unique<const State>(State{.api = api,
                                               .env = std::move(env),
                                               .memory = std::move(memory),
                                               .session = std::move(session)});
}
OnnxRuntimeNetwork::OnnxRuntimeNetwork(OnnxRuntimeNetwork&&) noexcept = default;
OnnxRuntimeNetwork::~OnnxRuntimeNetwork() = default;

std::vector<float> OnnxRuntimeNetwork::Run(TensorView crops,
                                           const std::string& output,
                                           std::size_t size) const {
  const Shape& shape = crops.shape;
  std::vector<float> rows(shape.n * size);
  const std::array<std::int64_t, 4> crop_sizes = {static_cast<std::int64_t>(shape.n),
                                                  static_cast<std::int64_t>(shape.c),
                                                  static_cast<std::int64_t>(shape.h),
                                                  static_cast<std::int64_t>(shape.w)};
  const std::array<std::int64_t, 2> row_sizes = {crop_sizes[0], static_cast<std::int64_t>(size)};
  const Owned<Value> input =
      state_->TensorOf({const_cast<float*>(crops.data.data()), crops.data.size()}, crop_sizes);
  const Owned<Value> result = state_->TensorOf(rows, row_sizes);
  const char* const input_name = kOnnxCrops;
  const char* const output_name = output.c_str();
  const Value* const inputs[] = {input.get()};
  Value* outputs[] = {result.get()};
  state_->api.Call(
      kRun, state_->session.get(), nullptr, &input_name, inputs, 1, &output_name, 1, outputs);
  return rows;
}

}  // namespace deeper::tools
