#include "train/report.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <string_view>

#include "absl/status/status.h"
#include "tensor/error.h"
#include "tensor/io/atomic_file.h"
#include "train/plot.h"

namespace tenon::train {
namespace {

constexpr std::string_view kStyle =
    "body{font:15px/1.5 system-ui,sans-serif;color:#222;max-width:62rem;margin:2rem auto;padding:0 "
    "1rem}"
    "h1{font-size:1.6rem}h2{font-size:1.15rem;margin-top:2rem}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}"
    "td,th{padding:.15rem .7rem;text-align:right;border-bottom:1px solid "
    "#e4e4e4;font-weight:normal}"
    "th{color:#666}td:first-child,th:first-child{text-align:left}"
    ".scroll{max-height:24rem;overflow:auto}svg,img{max-width:100%;height:auto}"
    "img[src^='data:image/png']{image-rendering:pixelated}.note{color:#666}";

std::string escaped(std::string_view text) {
  std::string html;
  for (const char c : text) {
    switch (c) {
      case '&':
        html += "&amp;";
        break;
      case '<':
        html += "&lt;";
        break;
      case '>':
        html += "&gt;";
        break;
      case '"':
        html += "&quot;";
        break;
      default:
        html += c;
    }
  }
  return html;
}

// (RFC 4648, §4)
std::string base64(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      group = group << 8 | (k < count ? static_cast<std::uint8_t>(bytes[i + k]) : 0u);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      text += k <= count ? kDigits[group >> (18 - 6 * k) & 63] : '=';
    }
  }
  return text;
}

std::string number(double value) {
  if (std::isnan(value)) return "";
  char text[32];
  const double size = std::abs(value);  // counts and rates are read more easily in full
  std::snprintf(text, sizeof text, size >= 1e5 && size < 1e15 ? "%.0f" : "%.5g", value);
  return text;
}

using Row = std::vector<std::string>;

std::string table_row(const Row& cells, const char* tag, std::size_t strong = SIZE_MAX) {
  std::string html = "<tr>";
  for (std::size_t i = 0; i < cells.size(); ++i) {
    const std::string cell = i == strong ? "<b>" + escaped(cells[i]) + "</b>" : escaped(cells[i]);
    html += std::string("<") + tag + ">" + cell + "</" + tag + ">";
  }
  return html + "</tr>\n";
}

std::string section(const std::string& heading, const std::string& body) {
  return body.empty() ? "" : "<h2>" + escaped(heading) + "</h2>\n" + body;
}

std::string pairs_table(const std::vector<std::pair<std::string, std::string>>& pairs) {
  if (pairs.empty()) return "";
  std::string html = "<table>\n";
  for (const auto& [name, value] : pairs) html += table_row({name, value}, "td");
  return html + "</table>\n";
}

// The first row is the head; long tables are to be scrolled.
std::string rows_table(const std::vector<Row>& rows) {
  std::string html = "<div class=\"scroll\"><table>\n";
  for (std::size_t i = 0; i < rows.size(); ++i) html += table_row(rows[i], i == 0 ? "th" : "td");
  return html + "</table></div>\n";
}

std::string sections(const std::vector<ReportTable>& tables) {
  std::string html;
  for (const ReportTable& table : tables) html += section(table.caption, rows_table(table.rows));
  return html;
}

std::string records_table(const History& history) {
  if (history.empty()) return "";
  const std::vector<std::string> columns = names(history);
  std::vector<Row> rows = {{"epoch"}};
  rows[0].insert(rows[0].end(), columns.begin(), columns.end());
  for (const EpochRecord& record : history) {
    Row row{std::to_string(record.epoch)};
    for (const std::string& name : columns) row.push_back(number(record.value(name)));
    rows.push_back(std::move(row));
  }
  return rows_table(rows);
}

std::string confusion_table(const ConfusionMatrix& matrix, const std::vector<std::string>& names) {
  Row head{"true \\ predicted"};
  for (int c = 0; c < matrix.classes(); ++c) {
    head.push_back(names.empty() ? std::to_string(c) : names[static_cast<std::size_t>(c)]);
  }
  head.push_back("recall");
  std::string html = "<table>\n" + table_row(head, "th");
  for (int truth = 0; truth < matrix.classes(); ++truth) {
    Row row{head[static_cast<std::size_t>(truth) + 1]};
    for (int c = 0; c < matrix.classes(); ++c) {
      const std::int64_t count = matrix.count(truth, c);
      row.push_back(count == 0 ? "·" : std::to_string(count));
    }
    row.push_back(number(matrix.recall(truth)));
    html += table_row(row, "td", static_cast<std::size_t>(truth) + 1);
  }
  Row last{"precision"};
  for (int c = 0; c < matrix.classes(); ++c) last.push_back(number(matrix.precision(c)));
  last.emplace_back();
  return html + table_row(last, "td") + "</table>\n";
}

// What goes between <svg …> and its end; the declaration before it has no place in a page.
absl::StatusOr<std::string> curves(const History& history) {
  absl::StatusOr<std::string> svg = curves_svg(history);
  if (absl::IsNotFound(svg.status())) {
    return std::string("<p class=\"note\">No curves: gnuplot is not installed.</p>\n");
  }
  if (absl::IsInvalidArgument(svg.status())) return std::string();  // nothing finite to draw
  if (!svg.ok()) return svg.status();
  const std::size_t begin = svg->find("<svg");
  if (begin == std::string::npos) return absl::InternalError("gnuplot: expected an SVG picture");
  return svg->substr(begin) + "\n";
}

std::string pictures(const std::vector<Picture>& all) {
  std::string html;
  for (const Picture& picture : all) {
    const char* type = picture.file.starts_with('<') ? "svg+xml" : "png";
    html += "<p>" + escaped(picture.caption) + "</p>\n<img alt=\"" + escaped(picture.caption) +
            "\" src=\"data:image/" + type + ";base64," + base64(picture.file) + "\">\n";
  }
  return html;
}

}  // namespace

absl::StatusOr<std::string> report_html(const Report& report) {
  if (report.confusion && !report.classes.empty() &&
      std::ssize(report.classes) != report.confusion->classes()) {
    throw ValueError("[report_html] expected " + std::to_string(report.confusion->classes()) +
                     " names of classes, got " + std::to_string(report.classes.size()));
  }
  const absl::StatusOr<std::string> drawn = curves(report.history);
  if (!drawn.ok()) return drawn.status();
  const std::string title = escaped(report.title);
  std::string html = "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<title>" +
                     title + "</title>\n<style>" + std::string(kStyle) + "</style>\n<h1>" + title +
                     "</h1>\n";
  html += section("Results", pairs_table(report.results));
  html += sections(report.tables);
  html += section("Curves", *drawn);
  if (report.confusion)
    html += section("Confusion", confusion_table(*report.confusion, report.classes));
  html += section("Pictures", pictures(report.pictures));
  html += section("Settings", pairs_table(report.settings));
  html += section("Records", records_table(report.history));
  html += sections(report.appendix);
  return html + "</html>\n";
}

absl::Status write_report(const Report& report, const std::string& path) {
  const absl::StatusOr<std::string> html = report_html(report);
  return html.ok() ? write_file(path, *html) : html.status();
}

}  // namespace tenon::train
