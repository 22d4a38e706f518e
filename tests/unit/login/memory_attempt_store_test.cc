#include "support/memory_attempt_store.h"

#include "support/attempt_store_contract.h"
#include "support/fake_clock.h"

namespace sessiond {
namespace {

struct MemoryStores {
  static constexpr bool kPassMovesWhatIsKept = false;
  AttemptCounters& counters() { return store; }
  LoginMemory& memory() { return store; }
  std::size_t keys() { return store.counters(); }
  void pass(std::chrono::milliseconds time) { clock.advance(time); }

  FakeClock clock;
  MemoryAttemptStore store{clock};
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, AttemptStoreContract, MemoryStores);

}  // namespace
}  // namespace sessiond
