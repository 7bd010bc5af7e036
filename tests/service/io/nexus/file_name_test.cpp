// SPDX-License-Identifier: BSD-3-Clause
#include "service/io/nexus/file_name.hpp"

#include <gtest/gtest.h>

#include "operators/data/error.hpp"

namespace annulus {
namespace {

const Dict start{{"scan_id", 42},  {"uid", "6f2c9a10-7d1e"}, {"sample", Dict{{"name", "La B6/../x\n"}}},
                 {"energy", 61.3}, {"offset", -3},           {"motors", List{"x"}}};

std::string problem_with(std::string_view name_template) {
  try {
    static_cast<void>(expand_name(name_template, start));
  } catch (const ConfigError& error) {
    return error.what();
  }
  return "none";
}

TEST(FileName, is_filled_in_from_the_start_document) {
  EXPECT_EQ(expand_name("{scan_id}_{uid:.8}.nxs", start), "42_6f2c9a10.nxs");
  EXPECT_EQ(expand_name("{scan_id:05}-{scan_id:04d}_{offset:04}.h5", start), "00042-0042_-003.h5");
  EXPECT_EQ(expand_name("{energy}keV{{x}}.nxs", start), "61.3keV{x}.nxs");
}

TEST(FileName, never_leaves_its_folder) {
  EXPECT_EQ(expand_name("{sample.name}.nxs", start), "La_B6_.._x_.nxs");
  EXPECT_EQ(expand_name("{v}", Dict{{"v", "../../etc/passwd"}}), "_.._.._etc_passwd");
  EXPECT_EQ(expand_name("{v}", Dict{{"v", ".."}}), "_..");
  EXPECT_EQ(expand_name("{v}", Dict{{"v", ""}}), "_");
  EXPECT_EQ(expand_name("{v}", Dict{{"v", std::string("a\0b\xff", 4)}}), "a_b_");
}

TEST(FileName, keeps_its_extension_when_it_is_cut) {
  const auto name = expand_name("{v}.nxs", Dict{{"v", std::string(5000, 'x')}});
  EXPECT_EQ(name.size(), 200U);
  EXPECT_TRUE(name.ends_with("x.nxs"));
}

TEST(FileName, names_the_fields_there_are) {
  const auto problem = problem_with("{scan}.nxs");
  EXPECT_NE(problem.find("'scan'"), std::string::npos) << problem;
  EXPECT_NE(problem_with("{zzzzzzzzz}").find("scan_id, uid, sample.name, energy, offset"), std::string::npos)
      << problem_with("{zzzzzzzzz}");
  EXPECT_NE(problem_with("{motors}").find("no text or number"), std::string::npos);
}

TEST(FileName, is_checked_without_a_document) {
  EXPECT_NO_THROW(check_name_template("{scan_id}_{anything:.8}.nxs"));
  for (const char* bad : {"", "{uid", "uid}", "{}", "{uid:8}", "{uid:.}", "{uid:.999}", "{uid:x}", "a/{uid}",
                          "../{uid}", "a\nb", "{:.8}"})
    EXPECT_THROW(check_name_template(bad), ConfigError) << bad;
}

}  // namespace
}  // namespace annulus
