# SPDX-License-Identifier: BSD-3-Clause
# cmake -DOUTPUT=assets.cpp -DFILES=a;b -P EmbedAssets.cmake: defines annulus::viewer_assets() (service/http/assets.hpp).

set(type_html "text/html; charset=utf-8")
set(type_js "text/javascript; charset=utf-8")
set(type_css "text/css; charset=utf-8")
set(type_svg "image/svg+xml")

set(arrays "")
set(table "")
set(index 0)
foreach(file IN LISTS FILES)
  get_filename_component(name ${file} NAME)
  string(REGEX REPLACE ".*\\." "" extension ${name})
  file(READ ${file} hex HEX)
  file(SHA256 ${file} hash)
  string(SUBSTRING ${hash} 0 16 hash)
  string(REGEX REPLACE "(................................................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," hex "${hex}")
  string(APPEND arrays "constexpr char content_${index}[] = {${hex}};\n")
  if(name STREQUAL "index.html")
    set(name "")
  endif()
  string(APPEND table
    "    {\"/${name}\", \"${type_${extension}}\", \"\\\"${hash}\\\"\", {content_${index}, sizeof(content_${index})}},\n")
  math(EXPR index "${index} + 1")
endforeach()

file(WRITE ${OUTPUT} "// Written by cmake/EmbedAssets.cmake.
#include \"service/http/assets.hpp\"

namespace annulus {
namespace {

${arrays}
constexpr Asset assets[] = {
${table}};

}  // namespace

std::span<const Asset> viewer_assets() noexcept { return assets; }

}  // namespace annulus
")
