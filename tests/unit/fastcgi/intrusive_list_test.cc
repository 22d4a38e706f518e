#include "fastcgi/intrusive_list.h"

namespace sessiond {
namespace {

struct Item {
  int number;
  ListLink<Item> link = {};
};
using Items = IntrusiveList<Item, &Item::link>;

std::vector<int> numbers(const Items& list) {
  std::vector<int> found;
  for (const Item* item = list.front(); item != nullptr; item = Items::after(*item)) found.push_back(item->number);
  return found;
}

TEST(IntrusiveList, KeepsTheOrderWhileElementsLeaveAnywhere) {
  Item a{1};
  Item b{2};
  Item c{3};
  Items list;
  EXPECT_TRUE(list.empty());
  list.pushBack(a);
  list.pushBack(b);
  list.pushBack(c);
  EXPECT_EQ(numbers(list), (std::vector<int>{1, 2, 3}));
  list.remove(b);
  EXPECT_EQ(numbers(list), (std::vector<int>{1, 3}));
  list.remove(a);
  list.pushBack(a);
  EXPECT_EQ(numbers(list), (std::vector<int>{3, 1}));
  list.remove(a);
  list.pushBack(b);
  EXPECT_EQ(numbers(list), (std::vector<int>{3, 2}));
  list.remove(c);
  list.remove(b);
  EXPECT_TRUE(list.empty());
  EXPECT_FALSE(a.link.linked);
}

TEST(IntrusiveListDeath, RefusesToLinkTwice) {
  Item a{1};
  Items list;
  list.pushBack(a);
  EXPECT_DEATH(list.pushBack(a), "check failed: !link.linked");
}

}  // namespace
}  // namespace sessiond
