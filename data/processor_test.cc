#include "data/processor.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <thread>

namespace tenon::data {
namespace {

cpu_set_t allowed() {
  cpu_set_t set;
  EXPECT_EQ(sched_getaffinity(0, sizeof set, &set), 0);
  return set;
}

// Runs `check` in a thread that may run on `start`.
template <class Check>
void in_a_thread(const cpu_set_t& start, const Check& check) {
  std::thread([&] {
    ASSERT_EQ(sched_setaffinity(0, sizeof start, &start), 0);
    check();
  }).join();
}

TEST(AvoidProcessor, LeavesTheOthers) {
  const cpu_set_t all = allowed();
  if (CPU_COUNT(&all) < 2) GTEST_SKIP() << "there is one processor";
  in_a_thread(all, [&] {
    const int here = current_processor();
    ASSERT_GE(here, 0);
    avoid_processor(here);
    const cpu_set_t rest = allowed();
    EXPECT_EQ(CPU_COUNT(&rest), CPU_COUNT(&all) - 1);
    EXPECT_FALSE(CPU_ISSET(static_cast<unsigned>(here), &rest));
    EXPECT_NE(current_processor(), here);
  });
  const cpu_set_t after = allowed();
  EXPECT_TRUE(CPU_EQUAL(&all, &after) != 0) << "another thread's affinity changed";
}

TEST(AvoidProcessor, KeepsTheOnlyOne) {
  cpu_set_t one;
  CPU_ZERO(&one);
  const int here = current_processor();
  CPU_SET(static_cast<unsigned>(here), &one);
  in_a_thread(one, [&] {
    avoid_processor(here);
    const cpu_set_t rest = allowed();
    EXPECT_TRUE(CPU_EQUAL(&one, &rest) != 0);
  });
}

TEST(AvoidProcessor, LeavesAllForOneThatIsNotThere) {
  const cpu_set_t all = allowed();
  in_a_thread(all, [&] {
    avoid_processor(-1);
    avoid_processor(1 << 20);
    const cpu_set_t rest = allowed();
    EXPECT_TRUE(CPU_EQUAL(&all, &rest) != 0);
  });
}

}  // namespace
}  // namespace tenon::data
