#include "pipeline/input_list.hpp"

#include <filesystem>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/temp_folder.hpp"
#include "dicom_maker.hpp"
#include "pipeline/path_text.hpp"

namespace fovea::pipeline {
namespace {

namespace fs = std::filesystem;
using fovea::tests::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class InputListTest : public ::testing::Test {
 protected:
  InputList find(const std::vector<fs::path>& inputs, const NameFilter& filter = {}) {
    return find_inputs(inputs, filter, folder_.path());
  }
  static std::vector<std::string> names(const InputList& list) {
    std::vector<std::string> result;
    for (std::size_t i = 0; i < list.size(); ++i) result.push_back(list.name(i));
    return result;
  }
  TempFolder folder_;
};

TEST_F(InputListTest, CycleOfLinksEndsAndIsSaid) {
  folder_.write("photos/a.jpg", "");
  folder_.write("photos/deep/b.jpg", "");
  fs::create_directory_symlink(folder_ / "photos", folder_ / "photos/deep/up");
  fs::create_directory_symlink(".", folder_ / "photos/self");
  fs::create_directory_symlink("missing", folder_ / "photos/nowhere");
  const InputList list = find({folder_ / "photos"});
  EXPECT_THAT(names(list), ElementsAre("photos/a.jpg", "photos/deep/b.jpg"));
  EXPECT_THAT(list.notices(), ElementsAre(HasSubstr("photos/deep/up leads to a folder that is read already"),
                                          HasSubstr("photos/self leads to a folder that is read already")));
}

TEST_F(InputListTest, LinkedFolderIsReadOnceAndUnderItsRealNameWhenItHasOne) {
  folder_.write("photos/real/a.jpg", "");
  folder_.write("elsewhere/b.jpg", "");
  fs::create_directory_symlink("real", folder_ / "photos/a-link");
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "photos/one");
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "photos/two");
  EXPECT_THAT(names(find({folder_ / "photos"})), ElementsAre("photos/one/b.jpg", "photos/real/a.jpg"));
}

TEST_F(InputListTest, LinksToFilesAreFilesAndABrokenOneIsNotLost) {
  folder_.write("photos/a.jpg", "");
  fs::create_symlink("a.jpg", folder_ / "photos/b.jpg");
  fs::create_symlink("missing", folder_ / "photos/c.jpg");
  EXPECT_THAT(names(find({folder_ / "photos"})), ElementsAre("photos/a.jpg", "photos/b.jpg", "photos/c.jpg"));
}

TEST_F(InputListTest, NamesThatAreNotUtf8AreEscapedAndOpenable) {
  folder_.write("photos/\xFF\xFE.jpg", "x");
  const InputList list = find({folder_ / "photos"});
  EXPECT_THAT(names(list), ElementsAre("photos/\\xFF\\xFE.jpg"));
  EXPECT_TRUE(fs::exists(list.path(0)));
  EXPECT_TRUE(fs::exists(folder_ / unescape_path(list.name(0))));
}

TEST_F(InputListTest, MissingInputsStayInTheirPlace) {
  folder_.write("a.jpg", "");
  EXPECT_THAT(names(find({folder_ / "no/such.jpg", folder_ / "a.jpg", folder_ / "gone/"})),
              ElementsAre("no/such.jpg", "a.jpg", "gone"));
}

TEST_F(InputListTest, FolderThatCannotBeReadIsAnInputOfItsOwn) {
  folder_.write("photos/a.jpg", "");
  folder_.write("photos/secret/b.jpg", "");
  fs::permissions(folder_ / "photos/secret", fs::perms::none);
  if (fs::directory_iterator(folder_ / "photos/secret", fs::directory_options::skip_permission_denied) !=
      fs::directory_iterator()) {
    GTEST_SKIP() << "this user reads every folder; FolderTooDeepToReadIsAnInputOfItsOwn is the same for any user";
  }
  EXPECT_THAT(names(find({folder_ / "photos"})), ElementsAre("photos/a.jpg", "photos/secret"));
  fs::permissions(folder_ / "photos/secret", fs::perms::owner_all);
}

TEST_F(InputListTest, FolderTooDeepToReadIsAnInputOfItsOwn) {
  folder_.write("photos/a.jpg", "");
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "photos");
  const std::string name(250, 'd');
  for (int depth = 0; depth < 20; ++depth) {  // more than a path may be long
    fs::create_directory(name);
    fs::current_path(name);
  }
  fs::current_path(before);
  const InputList list = find({folder_ / "photos"});
  ASSERT_EQ(list.size(), 2u);
  EXPECT_EQ(list.name(0), "photos/a.jpg");
  EXPECT_THAT(list.name(1), HasSubstr(name + "/" + name));
}

TEST_F(InputListTest, FolderInByteOrderOfPathsWithoutHiddenFilesAndOtherKinds) {
  for (const char* name : {"b.jpg", "B.png", "a/z.WebP", "a.jpg", "a/.hidden.jpg", ".cache/c.jpg", "notes.txt", "raw",
                           "\xC3\xA4.gif", "a-b.tiff"}) {
    folder_.write(fs::path("photos") / name, "");
  }
  const InputList list = find({folder_ / "photos"});
  EXPECT_THAT(names(list), ElementsAre("photos/B.png", "photos/a-b.tiff", "photos/a.jpg", "photos/a/z.WebP",
                                       "photos/b.jpg", "photos/\xC3\xA4.gif"));
  EXPECT_EQ(list.not_images(), 2u);
}

TEST_F(InputListTest, NamedFilesAreTakenWhateverTheirName) {
  folder_.write("notes.txt", "");
  folder_.write(".hidden.jpg", "");
  EXPECT_THAT(names(find({folder_ / "notes.txt", folder_ / ".hidden.jpg"})), ElementsAre("notes.txt", ".hidden.jpg"));
}

TEST_F(InputListTest, NamesLeadFromTheRecordFolder) {
  folder_.write("photos/a.jpg", "");
  fs::create_directories(folder_ / "out/deep");
  const std::vector<fs::path> inputs{folder_ / "photos", folder_ / "out/../photos/./a.jpg"};
  const InputList list = find_inputs(inputs, {}, folder_ / "out/deep");
  EXPECT_THAT(names(list), ElementsAre("../../photos/a.jpg"));
  EXPECT_EQ(list.repeated(), 1u);
  EXPECT_TRUE(fs::exists(folder_ / "out/deep" / list.name(0)));
}

TEST_F(InputListTest, RelativeInputsMeanTheWorkingFolder) {
  folder_.write("photos/a.jpg", "");
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "photos");
  const InputList list = find({".", "a.jpg", "./a.jpg", "no/such.jpg", "b.jpg"});
  fs::current_path(before);
  EXPECT_THAT(names(list), ElementsAre("photos/a.jpg", "photos/no/such.jpg", "photos/b.jpg"));
}

TEST_F(InputListTest, InputsKeepTheirOrder) {
  folder_.write("a/1.jpg", "");
  folder_.write("b/2.jpg", "");
  folder_.write("c.jpg", "");
  EXPECT_THAT(names(find({folder_ / "c.jpg", folder_ / "b", folder_ / "a"})),
              ElementsAre("c.jpg", "b/2.jpg", "a/1.jpg"));
}

TEST_F(InputListTest, GlobsChoose) {
  for (const char* name : {"a.jpg", "a.png", "thumbs/a.jpg", "trip/thumbs/b.jpg", "trip/c.jpg"}) {
    folder_.write(fs::path("photos") / name, "");
  }
  const fs::path photos = folder_ / "photos";
  EXPECT_THAT(names(find({photos}, {.include = {"*.jpg"}, .exclude = {"thumbs"}})),
              ElementsAre("photos/a.jpg", "photos/trip/c.jpg"));
  EXPECT_THAT(names(find({photos}, {.include = {"trip/*"}, .exclude = {}})),
              ElementsAre("photos/trip/c.jpg", "photos/trip/thumbs/b.jpg"));
  EXPECT_THAT(names(find({photos}, {.include = {}, .exclude = {"*.[jJ]pg"}})), ElementsAre("photos/a.png"));
  EXPECT_THAT(names(find({photos / "a.jpg", photos / "a.png"}, {.include = {"*.png"}, .exclude = {}})),
              ElementsAre("photos/a.png"));
}

/// What begins a DICOM file.
const std::string kDicom = std::string(128, '\0') + "DICM";

TEST_F(InputListTest, DicomFilesAreFoundByExtensionOrMark) {
  for (const char* name : {"a.dcm", "b.DICOM", "c.ima"}) folder_.write(fs::path("scans") / name, "");
  for (const char* name : {"IM0001", "1.2.840.10008.5", "notes.txt", "S1/DICOMDIR", ".IM0002"}) {
    folder_.write(fs::path("scans") / name, kDicom);
  }
  for (const char* name : {"README", "core.1234", "short"}) folder_.write(fs::path("scans") / name, "no scan");
  fs::create_symlink("missing", folder_ / "scans/link");
  const InputList list = find({folder_ / "scans"});
  EXPECT_THAT(names(list),
              ElementsAre("scans/1.2.840.10008.5", "scans/IM0001", "scans/a.dcm", "scans/b.DICOM", "scans/c.ima"));
  EXPECT_EQ(list.not_images(), 6u);
}

TEST_F(InputListTest, DicomdirStandsForTheImagesThatItNames) {
  const auto record = [](const char* file_id) {
    return test::DicomMaker().text(0x00041430, "CS", "IMAGE").text(0x00041500, "CS", file_id);
  };
  const auto directory =
      test::DicomMaker()
          .sequence(0x00041220, {record("S2\\B"), record("S1\\A"), record("S1\\GONE"), record("..\\X")})
          .file("1.2.840.10008.1.2.1");
  folder_.write("disc/DICOMDIR", {reinterpret_cast<const char*>(directory->data()), directory->size()});
  for (const char* name : {"disc/S1/A", "disc/S2/B", "disc/S3/C", "X"}) folder_.write(name, kDicom);
  const InputList list = find({folder_ / "disc/DICOMDIR"});
  EXPECT_THAT(names(list), ElementsAre("disc/S2/B", "disc/S1/A"));
  EXPECT_THAT(list.notices(), ElementsAre(HasSubstr("S1/GONE"), HasSubstr("outside of its folder")));
  EXPECT_THAT(names(find({folder_ / "disc/DICOMDIR"}, {.include = {"S1/*"}, .exclude = {}})), ElementsAre("disc/S1/A"));
  const fs::path before = fs::current_path();
  fs::current_path(folder_ / "disc");
  EXPECT_THAT(names(find({"DICOMDIR", folder_ / "disc"})), ElementsAre("disc/S2/B", "disc/S1/A", "disc/S3/C"));
  fs::current_path(before);
}

TEST_F(InputListTest, DamagedDicomdirIsAnInputThatFails) {
  folder_.write("disc/DICOMDIR", "no directory");
  const InputList list = find({folder_ / "disc/DICOMDIR", folder_ / "gone/DICOMDIR"});
  EXPECT_THAT(names(list), ElementsAre("disc/DICOMDIR", "gone/DICOMDIR"));
  EXPECT_THAT(list.notices(), ElementsAre(HasSubstr("no DICOM file"), HasSubstr("no such file")));
}

TEST_F(InputListTest, EmptyFolderIsSaid) {
  const InputList list = find({folder_.path()});
  EXPECT_THAT(names(list), IsEmpty());
  EXPECT_THAT(list.notices(), ElementsAre(HasSubstr("no images found")));
}

}  // namespace
}  // namespace fovea::pipeline
