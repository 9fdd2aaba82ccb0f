#include "examples/common/page.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "examples/common/table.h"
#include "tensor/io/atomic_file.h"

namespace tenon::examples {
namespace {

namespace fs = std::filesystem;

class PageTest : public testing::Test {
 protected:
  PageTest() : folder_(testing::TempDir() + "page") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }

  void write(const std::string& name, const std::string& text) {
    ASSERT_TRUE(write_file(folder_ + "/" + name, text).ok());
  }

  std::string page() {
    const absl::Status status = write_page({.title = "t", .settings = {{"lr", "0.5"}}}, folder_);
    EXPECT_TRUE(status.ok()) << status;
    std::ifstream file(folder_ + "/report.html");
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string folder_;
};

TEST_F(PageTest, HoldsTheFolder) {
  Table table({"row", "test %"});
  table.add_row({"he, adam", "97.8"});
  ASSERT_TRUE(table.write(folder_ + "/table").ok());
  write("history.csv", "epoch,loss\n1,0.25\n");
  write("curves.svg", "<svg/>");
  write("curves.png", "png of the same");
  write("mistakes.png", "foobar");
  write("model.safetensors", "no part of it");
  const std::string html = page();
  std::size_t at = 0;
  // In this order, with base64 of RFC 4648, §10, and of <svg/>.
  for (const char* part :
       {"<td>he, adam</td><td>97.8</td>", "svg+xml;base64,PHN2Zy8+\"", "png;base64,Zm9vYmFy\"",
        "<td>lr</td><td>0.5</td>", "<h2>history</h2>", "<td>1</td><td>0.25</td>"}) {
    at = html.find(part, at);
    ASSERT_NE(at, std::string::npos) << part << "\n" << html;
  }
  EXPECT_EQ(html.find("no part of it"), std::string::npos);
  EXPECT_EQ(html.find("png;base64"), html.rfind("png;base64"));  // curves.png is not in it
}

TEST_F(PageTest, LargeDrawingsAreShownAsPixels) {
  write("cloud.svg", "<svg>" + std::string(2 << 20, ' ') + "</svg>");
  EXPECT_NE(page().find("svg+xml"), std::string::npos);  // while there is nothing else
  write("cloud.png", "foobar");
  const std::string html = page();
  EXPECT_EQ(html.find("svg+xml"), std::string::npos);
  EXPECT_NE(html.find("Zm9vYmFy"), std::string::npos);
}

TEST_F(PageTest, DamagedTableIsNamed) {
  write("table.csv", "a,b\n1\n");
  const absl::Status status = write_page({.title = "t"}, folder_);
  EXPECT_NE(status.message().find("table.csv: row 2"), std::string::npos) << status;
  EXPECT_FALSE(fs::exists(folder_ + "/report.html"));
}

}  // namespace
}  // namespace tenon::examples
