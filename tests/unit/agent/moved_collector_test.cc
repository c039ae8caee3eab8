#include "agent/moved_collector.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_site_store.h"

namespace sekimori::agent {
namespace {

ports::SiteFacts Loaded(const MovedCollector& site) {
  const Result<ports::SiteFacts> facts = site.Load();
  EXPECT_TRUE(facts.ok());
  return facts.ok() ? facts.value() : ports::SiteFacts{};
}

TEST(MovedCollector, LeavesTheFactsAloneWithoutAnOverride) {
  fakes::FakeSiteStore stored;
  stored.facts = fakes::FakeSiteStore::Enrolled();
  EXPECT_EQ(Loaded(MovedCollector(stored, std::nullopt)), fakes::FakeSiteStore::Enrolled());
}

TEST(MovedCollector, PutsTheNewAddressInPlaceAndKeepsWhatIsTrusted) {
  fakes::FakeSiteStore stored;
  stored.facts = fakes::FakeSiteStore::Enrolled();
  ports::SiteFacts wanted = fakes::FakeSiteStore::Enrolled();
  wanted.collector_host = "10.1.2.3";
  wanted.collector_port = 9443;
  EXPECT_EQ(Loaded(MovedCollector(stored, config::CollectorOverride{"10.1.2.3", 9443, std::nullopt})), wanted);
}

TEST(MovedCollector, TakesAnotherServerNameOnlyWhenOneIsGiven) {
  fakes::FakeSiteStore stored;
  stored.facts = fakes::FakeSiteStore::Enrolled();
  const MovedCollector site(stored, config::CollectorOverride{"10.1.2.3", 9443, "new.example"});
  EXPECT_EQ(Loaded(site).server_name, "new.example");
}

TEST(MovedCollector, DoesNotEnrolATerminalByItsAddressAlone) {
  fakes::FakeSiteStore stored;
  const MovedCollector site(stored, config::CollectorOverride{"10.1.2.3", 9443, std::nullopt});
  ASSERT_FALSE(site.Load().ok());
  EXPECT_EQ(site.Load().error().code, ErrorCode::kNotFound);
}

TEST(MovedCollector, StoresWhatEnrolmentTaughtUnchanged) {
  fakes::FakeSiteStore stored;
  MovedCollector site(stored, config::CollectorOverride{"10.1.2.3", 9443, "new.example"});
  ASSERT_TRUE(site.Save(fakes::FakeSiteStore::Enrolled()).ok());
  EXPECT_EQ(stored.facts.value(), fakes::FakeSiteStore::Enrolled());
}

TEST(MovedCollector, PutsTheTerminalIntoAnotherGroupAndKeepsTheStoredAddress) {
  fakes::FakeSiteStore stored;
  stored.facts = fakes::FakeSiteStore::Enrolled();
  MovedCollector site(stored, config::CollectorOverride{"10.1.2.3", 9443, "new.example"});
  ASSERT_TRUE(site.SetGroup("terminal", "counter").ok());
  ports::SiteFacts expected = fakes::FakeSiteStore::Enrolled();
  expected.group = "counter";
  EXPECT_EQ(stored.facts.value(), expected);
}

}  // namespace
}  // namespace sekimori::agent
