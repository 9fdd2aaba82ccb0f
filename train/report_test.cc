#include "train/report.h"

#include <string>

#include "gtest/gtest.h"
#include "tensor/ops.h"
#include "train/testing.h"

namespace tenon::train {
namespace {

Report small_report() {
  return {.title = "<digits> & \"co\"",
          .settings = {{"lr", "0.001"}},
          .results = {{"test accuracy", "0.99"}},
          .history = {{.epoch = 1, .values = {{"train_loss", 2}, {"val_loss", 2.5}}},
                      {.epoch = 2, .values = {{"train_loss", 1.25}, {"val_loss", 1.5}}}}};
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST(ReportTest, HoldsEverythingInOnePage) {
  Report report = small_report();
  ConfusionMatrix matrix(2);
  matrix.update(tensor({{1, 0}, {0, 1}, {0, 1}}), from_vector<std::int64_t>({0, 0, 1}));
  report.confusion = &matrix;
  report.classes = {"cat", "dog"};
  report.pictures.push_back({"mistakes", "foobar"});
  report.pictures.push_back({"more", "fooba"});
  report.pictures.push_back({"most", "foob"});
  report.pictures.push_back({"drawn", "<svg/>"});
  report.tables.push_back({"rows", {{"name", "a < b"}, {"he", "97.8"}}});
  report.appendix.push_back({"details", {{"step"}, {"7"}}});
  const auto html = report_html(report);
  ASSERT_TRUE(html.ok()) << html.status();
  for (const char* part :
       {"<title>&lt;digits&gt; &amp; &quot;co&quot;</title>", "<td>lr</td><td>0.001</td>",
        "<td>test accuracy</td><td>0.99</td>", "<td>1</td><td>2</td><td>2.5</td>",
        "<tr><td>cat</td><td><b>1</b></td><td>1</td><td>0.5</td></tr>",
        "<tr><td>dog</td><td>·</td><td><b>1</b></td><td>1</td></tr>",
        // RFC 4648, §10
        "data:image/png;base64,Zm9vYmFy\"", "data:image/png;base64,Zm9vYmE=\"",
        "data:image/png;base64,Zm9vYg==\"", "data:image/svg+xml;base64,PHN2Zy8+\"",
        "<tr><th>name</th><th>a &lt; b</th></tr>", "<tr><td>he</td><td>97.8</td></tr>",
        "<h2>details</h2>", "<td>7</td>"}) {
    EXPECT_TRUE(contains(*html, part)) << part << "\n" << *html;
  }
  EXPECT_TRUE(contains(*html, "<svg") || contains(*html, "gnuplot is not installed"));
  // Nothing is fetched from anywhere.
  for (const char* part : {"<?xml", "href=\"http", "src=\"http", "<link", "<script src"}) {
    EXPECT_FALSE(contains(*html, part)) << part;
  }
}

TEST(ReportTest, PartsMayBeMissing) {
  const auto html = report_html({.title = "empty"});
  ASSERT_TRUE(html.ok()) << html.status();
  EXPECT_FALSE(contains(*html, "<h2>"));
}

TEST(ReportTest, IsWrittenWhole) {
  const std::string folder = testing::fresh_folder(::testing::TempDir() + "/report");
  ASSERT_TRUE(write_report(small_report(), folder + "/report.html").ok());
  EXPECT_TRUE(contains(testing::read_bytes(folder + "/report.html"), "</html>"));
  const absl::Status status = write_report(small_report(), folder + "/no/report.html");
  EXPECT_NE(status.message().find("no/report.html"), std::string::npos) << status;
}

TEST(ReportTest, WrongNumberOfNames) {
  Report report = small_report();
  const ConfusionMatrix matrix(2);
  report.confusion = &matrix;
  report.classes = {"cat"};
  EXPECT_THROW((void)report_html(report), ValueError);
}

}  // namespace
}  // namespace tenon::train
