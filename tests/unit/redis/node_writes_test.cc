#include "redis/node_writes.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "replies.h"

namespace sessiond {
namespace {

const char* const kLacking = "NOREPLICAS Not enough good replicas to write.";

TEST(NodeWrites, OfASingleServerSayNothingOfReplicas) {
  NodeWrites single(TopologyKind::kSingle, "");
  EXPECT_FALSE(single.mustBeTaken());
  EXPECT_TRUE(single.judge(error(kLacking)));
  single.hear({error(kLacking)});
  EXPECT_FALSE(single.lackReplicas());
}

TEST(NodeWrites, LackReplicasUntilOneIsTakenOrTheServerIsAnother) {
  NodeWrites primary(TopologyKind::kSentinels, "probe");
  EXPECT_FALSE(primary.judge(error(kLacking)));
  EXPECT_TRUE(primary.lackReplicas());
  EXPECT_TRUE(primary.judge(error("OOM command not allowed"))) << "another matter";
  EXPECT_FALSE(primary.judge(error("MISCONF Redis is configured to save RDB snapshots")))
      << "that is said before replicas are looked for";
  EXPECT_TRUE(primary.lackReplicas());
  EXPECT_TRUE(primary.judge(number(0)));
  EXPECT_FALSE(primary.lackReplicas());
  primary.hear({status("OK"), error(kLacking)});
  EXPECT_TRUE(primary.lackReplicas()) << "whoever hears of it";
  primary.forget();
  EXPECT_FALSE(primary.lackReplicas());
}

TEST(NodeWrites, ThatAreLedElsewhereLeaveTheDoubt) {
  NodeWrites node(TopologyKind::kCluster, "probe");
  const std::vector<std::string> elsewhere = {"MOVED 7 192.0.2.2:6379", "ASK 7 192.0.2.2:6379", "TRYAGAIN in a moment",
                                              "CLUSTERDOWN Hash slot not served"};
  for (const std::string& text : elsewhere) EXPECT_TRUE(node.judge(error(text))) << "that says nothing: " << text;
  EXPECT_FALSE(node.judge(error(kLacking)));
  for (const std::string& text : elsewhere) {
    EXPECT_FALSE(node.judge(error(text))) << "nobody has tried: " << text;
    EXPECT_TRUE(node.lackReplicas());
  }
  EXPECT_TRUE(node.judge(status("OK")));
  EXPECT_FALSE(node.lackReplicas());
}

/// It may be read all the same, by cluster-allow-reads-when-down, for as long as it is cut off.
TEST(NodeWrites, OfANodeThatSeesNoMajorityAreInDoubtUntilOneIsTaken) {
  const char* const down = "CLUSTERDOWN The cluster is down and only accepts read commands";
  NodeWrites node(TopologyKind::kCluster, "probe");
  EXPECT_FALSE(node.judge(error(down)));
  EXPECT_TRUE(node.lackReplicas());
  EXPECT_FALSE(node.judge(error("MOVED 7 192.0.2.2:6379"))) << "nobody has tried";
  EXPECT_TRUE(node.judge(status("OK")));
  EXPECT_FALSE(node.lackReplicas());
  node.hear({text("a session"), error(down)});
  EXPECT_TRUE(node.lackReplicas()) << "whoever hears of it";
  node.forget();
  node.hear({error("CLUSTERDOWN Hash slot not served")});
  EXPECT_FALSE(node.lackReplicas()) << "that is about one slot";
}

}  // namespace
}  // namespace sessiond
