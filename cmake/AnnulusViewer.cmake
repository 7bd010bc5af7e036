# SPDX-License-Identifier: BSD-3-Clause
# The live page: built with npm from viewer/ (into viewer/dist, shared by all build trees), then compiled into the
# program. Without npm a page built elsewhere is taken, or a plain one that says how to get the real one.

option(ANNULUS_VIEWER "Build the live page with npm when npm is there" ON)

set(ANNULUS_VIEWER_DIR ${PROJECT_SOURCE_DIR}/viewer)
set(ANNULUS_VIEWER_FILES index.html viewer.js viewer.css icon.svg)

# Commands that make viewer/dist; sets ANNULUS_VIEWER_DIST to the directory whose files are to be embedded.
function(annulus_viewer_build)
  list(TRANSFORM ANNULUS_VIEWER_FILES PREPEND ${ANNULUS_VIEWER_DIR}/dist/ OUTPUT_VARIABLE outputs)
  set(ANNULUS_VIEWER_DIST ${ANNULUS_VIEWER_DIR}/dist PARENT_SCOPE)
  if(ANNULUS_VIEWER)
    find_program(NPM npm)
  endif()
  if(ANNULUS_VIEWER AND NPM)
    file(GLOB sources CONFIGURE_DEPENDS ${ANNULUS_VIEWER_DIR}/src/*)
    set(packages ${ANNULUS_VIEWER_DIR}/node_modules/.package-lock.json)
    add_custom_command(OUTPUT ${packages}
      COMMAND ${NPM} ci --no-audit --no-fund --loglevel=error
      COMMAND ${CMAKE_COMMAND} -E touch ${packages}
      DEPENDS ${ANNULUS_VIEWER_DIR}/package-lock.json
      WORKING_DIRECTORY ${ANNULUS_VIEWER_DIR}
      COMMENT "Fetching what the live page is built with (without a network: configure with -DANNULUS_VIEWER=OFF)" VERBATIM)
    add_custom_command(OUTPUT ${outputs}
      COMMAND ${NPM} run --silent build
      DEPENDS ${packages} ${sources} ${ANNULUS_VIEWER_DIR}/package.json ${ANNULUS_VIEWER_DIR}/build.mjs
              ${ANNULUS_VIEWER_DIR}/tsconfig.json
      WORKING_DIRECTORY ${ANNULUS_VIEWER_DIR} COMMENT "Building the live page" VERBATIM)
  elseif(NOT EXISTS ${ANNULUS_VIEWER_DIR}/dist/index.html)
    message(STATUS "The live page is left out (npm not found or ANNULUS_VIEWER=OFF)")
    set(ANNULUS_VIEWER_DIST ${PROJECT_SOURCE_DIR}/service/http/fallback PARENT_SCOPE)
  endif()
endfunction()

# Writes the C++ file that holds the page.
function(annulus_viewer_assets OUTPUT)
  annulus_viewer_build()
  set(files ${ANNULUS_VIEWER_FILES})
  if(ANNULUS_VIEWER_DIST MATCHES "fallback$")
    set(files index.html)
  endif()
  list(TRANSFORM files PREPEND ${ANNULUS_VIEWER_DIST}/)
  add_custom_command(OUTPUT ${OUTPUT}
    COMMAND ${CMAKE_COMMAND} -DOUTPUT=${OUTPUT} "-DFILES=${files}" -P ${PROJECT_SOURCE_DIR}/cmake/EmbedAssets.cmake
    DEPENDS ${files} ${PROJECT_SOURCE_DIR}/cmake/EmbedAssets.cmake
    COMMENT "Embedding the live page" VERBATIM)
endfunction()
