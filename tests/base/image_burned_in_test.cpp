#include <gmock/gmock.h>

#include "image/burned_in.hpp"

namespace fovea::image {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

TEST(BurnedIn, IsWarnedAboutWhereItMayBe) {
  EXPECT_EQ(burned_in({.modality = "CT", .burned_in_annotation = true}), BurnedIn::yes);
  EXPECT_EQ(burned_in({.modality = "US"}), BurnedIn::possible);
  EXPECT_EQ(burned_in({.modality = "US", .burned_in_annotation = false}), BurnedIn::no);
  EXPECT_EQ(burned_in({.modality = "CT"}), BurnedIn::no);
  EXPECT_EQ(burned_in({.sop_class_uid = "1.2.840.10008.5.1.4.1.1.7.4", .modality = "CT"}), BurnedIn::possible);
  EXPECT_THAT(warning_of(BurnedIn::yes), HasSubstr("pictures made of them do so too"));
  EXPECT_THAT(warning_of(BurnedIn::possible), HasSubstr("does not say"));
  EXPECT_THAT(warning_of(BurnedIn::no), IsEmpty());
}

}  // namespace
}  // namespace fovea::image
