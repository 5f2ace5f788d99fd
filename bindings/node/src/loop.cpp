#include "loop.hpp"

namespace ignition::node {

using Clock = std::chrono::steady_clock;

napi_value text(napi_env env, std::string_view utf8) {
  napi_value out = nullptr;
  napi_create_string_utf8(env, utf8.data(), utf8.size(), &out);
  return out;
}

napi_value refuse(napi_env env, const Error& error) {
  napi_throw(env, text(env, error.json()));
  return nullptr;
}

void Task::run(std::unique_ptr<Job> self) noexcept {
  const auto begin = Clock::now();
  try {
    at_border([&] { work_(outcome); });
  } catch (const Error& error) {
    outcome.refused = true;
    outcome.answer.body = error.json();
  }
  work_ = nullptr;
  if (pace != nullptr) pace->took(Clock::now() - begin);
  std::unique_ptr<Task> task(static_cast<Task*>(self.release()));
  if (state_.exchange(State::ran) == State::watched) {
    task.release();  // belongs to the one who watches
  } else {
    loop_.ran(std::move(task));
  }
}

Loop::Loop(Napi::Env env) : env_(env) {
  for (const Operation& operation : catalogue().operations()) paces_[&operation];
  set_immediate_ = Napi::Persistent(env.Global().Get("setImmediate").As<Napi::Function>());
  deliver_ = Napi::Persistent(Napi::Function::New(env, [this](const Napi::CallbackInfo&) { deliver(); }));
  napi_create_threadsafe_function(env, nullptr, nullptr, text(env, "ignition"), 0, 1, nullptr, nullptr, this, awaken,
                                  &signal_);
  napi_unref_threadsafe_function(env, signal_);
  napi_set_instance_data(env, this, nullptr, nullptr);
  const auto end = [](void* loop) {
    static_cast<Loop*>(loop)->end();
    delete static_cast<Loop*>(loop);
  };
  napi_add_env_cleanup_hook(env, end, this);
}

Loop& Loop::of(napi_env env) {
  void* loop = nullptr;
  napi_get_instance_data(env, &loop);
  return *static_cast<Loop*>(loop);
}

bool Loop::is_patient(const Task& task, const Lane& lane) const {
  return task.pace != nullptr && under_way_ == 0 && lane.is_eager() && task.pace->is_below(kPatience) &&
         Clock::now() - turn_ < kTurn;
}

// Waits a moment for a watched task; true: it has run and is the caller's again.
bool Loop::watch(Task& task) {
  const auto until = Clock::now() + kPatience;
  do {
    if (task.state_ == Task::State::ran) return true;
    Lane::relax();
  } while (Clock::now() < until);
  return task.state_.exchange(Task::State::unwatched) == Task::State::ran;
}

napi_value Loop::promise(Task& task) {
  napi_value promise = nullptr;
  napi_create_promise(env_, &task.deferred, &promise);
  if (under_way_++ == 0) napi_ref_threadsafe_function(env_, signal_);
  return promise;
}

napi_value Loop::begin(std::unique_ptr<Task> given, Effect effect) {
  Lane& lane = effect == Effect::read ? reads_ : writes_;
  if (ended_) throw store_closed();
  Task& task = *given;
  const bool patient = is_patient(task, lane);
  if (patient) task.state_ = Task::State::watched;
  lane.add(std::move(given));
  // Whatever happens to the task meanwhile, only this thread ends its life.
  if (task.store) ++task.store->under_way;
  if (!patient || !watch(task)) return promise(task);
  const std::unique_ptr<Task> mine(&task);
  left(task);
  if (!task.outcome.refused) return task.made ? task.made(env_, task.outcome) : text(env_, task.outcome.answer.body);
  napi_throw(env_, text(env_, task.outcome.answer.body));
  return nullptr;
}

void Loop::ran(std::unique_ptr<Task> task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = ran_.empty();
    ran_.push_back(std::move(task));
  }
  if (first) napi_call_threadsafe_function(signal_, nullptr, napi_tsfn_nonblocking);
}

// Node calls this up to a thousand times in one turn of the event loop; what is set for its end comes once.
void Loop::awaken(napi_env env, napi_value, void* loop, void*) {
  auto& self = *static_cast<Loop*>(loop);
  if (env == nullptr || self.deliver_is_set_) return;
  self.deliver_is_set_ = true;
  napi_value global = nullptr;
  napi_get_global(env, &global);
  napi_value deliver = self.deliver_.Value();
  napi_call_function(env, global, self.set_immediate_.Value(), 1, &deliver, nullptr);
}

void Loop::deliver() {
  deliver_is_set_ = false;
  turn_ = Clock::now();
  {
    const std::lock_guard lock(mutex_);
    for (auto& task : ran_) ready_.push_back(std::move(task));
    ran_.clear();
  }
  std::size_t bytes = 0;
  for (std::size_t n = 0; !ready_.empty() && n < kAnswersPerTurn && bytes < kBytesPerTurn; ++n) {
    std::unique_ptr<Task> task = std::move(ready_.front());
    ready_.pop_front();
    bytes += task->outcome.answer.body.size();
    settle(std::move(task));
  }
  if (!ready_.empty()) awaken(env_, nullptr, this, nullptr);
}

void Loop::settle(std::unique_ptr<Task> task) {
  left(*task);
  if (task->deferred == nullptr) return;
  if (--under_way_ == 0) napi_unref_threadsafe_function(env_, signal_);
  if (task->outcome.refused) {
    napi_reject_deferred(env_, task->deferred, text(env_, task->outcome.answer.body));
  } else {
    napi_resolve_deferred(env_, task->deferred,
                          task->made ? task->made(env_, task->outcome) : text(env_, task->outcome.answer.body));
  }
}

void Loop::left(Task& task) {
  if (!task.store || --task.store->under_way > 0 || !task.store->last_rites) return;
  writes_.add(std::move(task.store->last_rites));
}

std::unique_ptr<Task> Loop::closing(Store& store) {
  return std::make_unique<Task>(*this, [host = std::exchange(store.host, nullptr)](Outcome&) mutable { host.reset(); });
}

napi_value Loop::close(const std::shared_ptr<Store>& store) {
  std::unique_ptr<Task> task = closing(*store);
  napi_value promised = promise(*task);
  if (store->under_way > 0) {
    store->last_rites = std::move(task);
  } else {
    writes_.add(std::move(task));
  }
  return promised;
}

void Loop::forget(const std::shared_ptr<Store>& store) {
  stores_.erase(store);
  // Calls under way keep the host; the last of them closes it.
  if (store->host) writes_.add(closing(*store));
}

void Loop::end() {
  ended_ = true;
  reads_.stop();
  writes_.stop();
  for (const auto& store : stores_) {
    store->loop = nullptr;
    store->host.reset();
    store->last_rites.reset();
  }
  stores_.clear();
}

}  // namespace ignition::node
