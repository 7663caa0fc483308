#include "tools/serve/multipart.h"

#include "core/error.h"
#include "tests/support/catch.h"

namespace deeper::tools {
namespace {

using Parts = std::vector<FormPart>;

const std::string kType = "multipart/form-data; boundary=xyz";

TEST_CASE("a form's parts come in their order with the names of their files") {
  const std::string body =
      "--xyz\r\nContent-Disposition: form-data; name=\"a\"; filename=\"c:\\\\x\\\\cat.jpg\"\r\n"
      "Content-Type: image/jpeg\r\n\r\nJPEG\r\n\r\n\r\n"
      "--xyz\r\ncontent-disposition:form-data;name=b\r\n\r\n\r\n--xyz--\r\n";
  CHECK(ParseMultipart(kType, body) ==
        Parts{{.name = "a", .file_name = "cat.jpg", .content = "JPEG\r\n\r\n"},
              {.name = "b", .file_name = "", .content = ""}});
}

TEST_CASE("what stands before the first boundary and behind the last is passed over") {
  const std::string body =
      "hello\r\n--xyz  \r\nContent-Disposition: form-data; name=a\r\n\r\n1\r\n--xyz--and more";
  CHECK(ParseMultipart("Multipart/Form-Data; charset=utf-8; boundary=\"xyz\"", body) ==
        Parts{{.name = "a", .file_name = "", .content = "1"}});
}

TEST_CASE("a form without a part is empty") { CHECK(ParseMultipart(kType, "--xyz--").empty()); }

TEST_CASE("the name of a file may hold quotes and semicolons, and never a directory") {
  const std::string body =
      "--xyz\r\nContent-Disposition: form-data; name=a; filename=\"../../a\\\"; "
      "name=b.jpg\"\r\n\r\n"
      "1\r\n--xyz--";
  const Parts parts = ParseMultipart(kType, body);
  REQUIRE(parts.size() == 1);
  CHECK(parts[0].name == "a");
  CHECK(parts[0].file_name == "a\"; name=b.jpg");
}

TEST_CASE("a broken form is an error that says where") {
  const auto message = [](const std::string& type, const std::string& body) {
    try {
      ParseMultipart(type, body);
    } catch (const Error& error) {
      return std::string(error.what());
    }
    return std::string("none");
  };
  using Catch::Matchers::Contains;
  CHECK_THAT(message("multipart/form-data", ""), Contains("boundary of 1 to 70"));
  CHECK_THAT(message(kType, ""), Contains("found none"));
  CHECK_THAT(message(kType, "--xyz"), Contains("part 1: expected a line's end"));
  CHECK_THAT(message(kType, "--xyz\r\nA: b"), Contains("part 1: its head has no end"));
  CHECK_THAT(message(kType, "--xyz\r\nA: b\r\n\r\n1\r\n--xyz--"),
             Contains("part 1: expected Content-Disposition"));
  CHECK_THAT(message(kType, "--xyz\r\nContent-Disposition: form-data; name=a\r\n\r\n1"),
             Contains("part 1: expected the boundary at its end"));
}

TEST_CASE("only multipart/form-data is a form") {
  CHECK(IsMultipart("multipart/form-data; boundary=a"));
  CHECK(IsMultipart(" MULTIPART/FORM-DATA"));
  CHECK_FALSE(IsMultipart("multipart/form-database"));
  CHECK_FALSE(IsMultipart("application/x-www-form-urlencoded"));
  CHECK_FALSE(IsMultipart(""));
}

}  // namespace
}  // namespace deeper::tools
