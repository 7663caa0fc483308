#pragma once

namespace deeper {

// What the calling thread works on, for those who must know it in a crash; null: nobody said. Work
// that is spread over threads takes it along with OwnedWork.
inline thread_local const void* work_owner = nullptr;

// While this lives, the calling thread works for `owner`.
class OwnedWork {
 public:
  explicit OwnedWork(const void* owner) : before_(work_owner) { work_owner = owner; }
  OwnedWork(const OwnedWork&) = delete;
  OwnedWork& operator=(const OwnedWork&) = delete;
  ~OwnedWork() { work_owner = before_; }

 private:
  const void* before_;
};

}  // namespace deeper
