# SPDX-License-Identifier: BSD-3-Clause
include(AnnulusHeaders)

# One library per room. Each names its layer; a dependency on a higher layer, or on a room of the same
# layer that it does not list as a peer, stops the configuration.

add_library(annulus_warnings INTERFACE)
target_compile_options(annulus_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wold-style-cast -Woverloaded-virtual)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # GCC 12 reports "a" + std::string at -O3 as overlapping copies (GCC bug 105651, fixed in 13).
  target_compile_options(annulus_warnings INTERFACE -Wno-restrict)
endif()
option(ANNULUS_WERROR "Treat warnings as errors" OFF)
if(ANNULUS_WERROR)
  target_compile_options(annulus_warnings INTERFACE -Werror)
endif()

# annulus_library(NAME LAYER n SOURCES a.cpp ... [DEPS annulus::x ...] [PEERS annulus::y ...] [LIBS third::party ...]
#                 [PRIVATE_LIBS ...])
#   DEPS   rooms of lower layers
#   PEERS  rooms of the same layer (drawn in docs/architecture.md, never in a circle)
#   LIBS   third-party libraries that the room's headers show; PRIVATE_LIBS only its sources see
function(annulus_library NAME)
  cmake_parse_arguments(ARG "" "LAYER" "SOURCES;DEPS;PEERS;LIBS;PRIVATE_LIBS" ${ARGN})
  if(ARG_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "annulus_library(${NAME}): unknown arguments ${ARG_UNPARSED_ARGUMENTS}")
  endif()
  set(target annulus_${NAME})
  if(ARG_SOURCES)
    add_library(${target} STATIC ${ARG_SOURCES})
    set(scope PUBLIC)
    target_link_libraries(${target} PRIVATE annulus_warnings ${ARG_PRIVATE_LIBS})
  else()
    add_library(${target} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(annulus::${NAME} ALIAS ${target})
  target_include_directories(${target} ${scope} ${PROJECT_SOURCE_DIR})
  target_compile_features(${target} ${scope} cxx_std_20)
  target_link_libraries(${target} ${scope} ${ARG_DEPS} ${ARG_PEERS} ${ARG_LIBS})
  set_property(TARGET ${target} PROPERTY ANNULUS_LAYER ${ARG_LAYER})
  annulus_check_headers(${NAME})

  foreach(dep IN LISTS ARG_DEPS ARG_PEERS)
    get_target_property(real ${dep} ALIASED_TARGET)
    get_target_property(dep_layer ${real} ANNULUS_LAYER)
    if(dep IN_LIST ARG_PEERS)
      if(NOT dep_layer EQUAL ARG_LAYER)
        message(FATAL_ERROR "${NAME} (layer ${ARG_LAYER}) names ${dep} (layer ${dep_layer}) as a peer "
                            "(a peer has the same layer); list it under DEPS")
      endif()
    elseif(NOT dep_layer LESS ARG_LAYER)
      message(FATAL_ERROR "${NAME} (layer ${ARG_LAYER}) depends on ${dep} (layer ${dep_layer}) "
                          "(dependencies point downward only); move the shared part down")
    endif()
  endforeach()
endfunction()

# annulus_test(NAME SOURCES a_test.cpp ... DEPS annulus::x ...): a GoogleTest executable whose cases ctest knows.
function(annulus_test NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_executable(${NAME} ${ARG_SOURCES})
  target_link_libraries(${NAME} PRIVATE annulus_warnings ${ARG_DEPS} ${ARG_LIBS} GTest::gtest_main)
  target_include_directories(${NAME} PRIVATE ${PROJECT_SOURCE_DIR})
  target_compile_definitions(${NAME} PRIVATE
    ANNULUS_SHARED_DIR="${PROJECT_SOURCE_DIR}/../shared" ANNULUS_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  gtest_discover_tests(${NAME} TEST_PREFIX "${NAME}." DISCOVERY_TIMEOUT 60)
endfunction()
