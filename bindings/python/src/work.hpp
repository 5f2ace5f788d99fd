// Work of the library while other Python threads run.
#pragma once

#include <pybind11/pybind11.h>

#include <atomic>
#include <utility>

#include "ignition/host.hpp"

namespace ignition::python {

// Work without the GIL that is under way in any thread. A thread that asks for the GIL when the interpreter is being
// torn down would be ended in the middle of C++, so exit waits for this work, and refuses new calls.
inline std::atomic<int> work_under_way = 0;
inline bool exiting = false;  // guarded by the GIL

class UnderWay {
 public:
  UnderWay() { ++work_under_way; }
  ~UnderWay() {
    --work_under_way;
    work_under_way.notify_all();
  }
  UnderWay(const UnderWay&) = delete;
  UnderWay& operator=(const UnderWay&) = delete;

  static void wait_for_all() {
    const pybind11::gil_scoped_release release;
    for (int n = work_under_way; n > 0; n = work_under_way) work_under_way.wait(n);
  }
};

template <class Work>
auto without_gil(Work&& work) {
  const pybind11::gil_scoped_release release;
  return at_border(std::forward<Work>(work));
}

}  // namespace ignition::python
