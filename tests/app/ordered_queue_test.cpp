#include "pipeline/ordered_queue.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

namespace fovea::pipeline {
namespace {

using namespace std::chrono_literals;

TEST(OrderedQueue, GivesBackInOrderWhateverTheProducersDo) {
  constexpr int kTickets = 400;
  OrderedQueue<std::pair<int, int>> queue(kTickets, 5);
  std::vector<std::jthread> producers;
  for (int p = 0; p < 4; ++p) {
    producers.emplace_back([&] {
      while (const auto ticket = queue.claim()) {
        const int number = static_cast<int>(*ticket);
        if (number % 7 == 0) std::this_thread::sleep_for(100us);                             // so that others overtake
        for (int item = 0; item < number % 11; ++item) queue.push(*ticket, {number, item});  // some have none
        queue.finish(*ticket);
      }
    });
  }
  std::vector<std::pair<int, int>> found;
  while (const auto item = queue.pop()) found.push_back(*item);
  std::vector<std::pair<int, int>> expected;
  for (int number = 0; number < kTickets; ++number) {
    for (int item = 0; item < number % 11; ++item) expected.emplace_back(number, item);
  }
  EXPECT_EQ(found, expected);
}

TEST(OrderedQueue, BoundsWhatWaits) {
  OrderedQueue<int> queue(3, 2);
  std::atomic<int> pushed = 0;
  const auto first = queue.claim();
  std::jthread ahead([&] {
    const auto second = queue.claim();
    for (int i = 0; i < 10 && queue.push(*second, i); ++i) ++pushed;
    queue.finish(*second);
  });
  std::this_thread::sleep_for(50ms);
  EXPECT_EQ(pushed, 2);
  // The one that is waited for gets in although the queue is full.
  EXPECT_TRUE(queue.push(*first, -1));
  EXPECT_EQ(queue.pop(), -1);
  queue.finish(*first);
  EXPECT_EQ(queue.pop(), 0);
  queue.cancel();
}

TEST(OrderedQueue, CancelWakesEverybody) {
  OrderedQueue<int> queue(2, 1);
  const auto first = queue.claim();
  const auto second = queue.claim();
  EXPECT_TRUE(queue.push(*second, 1));
  std::atomic<bool> refused = false;
  std::jthread producer([&] { refused = !queue.push(*second, 2); });
  std::atomic<bool> ended = false;
  std::jthread consumer([&] { ended = !queue.pop().has_value(); });
  std::this_thread::sleep_for(10ms);
  queue.cancel();
  producer.join();
  consumer.join();
  EXPECT_TRUE(refused);
  EXPECT_TRUE(ended);
  EXPECT_FALSE(queue.claim().has_value());
  EXPECT_FALSE(queue.push(*first, 1));
}

TEST(OrderedQueue, WithoutTicketsIsAtItsEnd) {
  OrderedQueue<int> queue(0, 1);
  EXPECT_FALSE(queue.claim().has_value());
  EXPECT_FALSE(queue.pop().has_value());
}

}  // namespace
}  // namespace fovea::pipeline
