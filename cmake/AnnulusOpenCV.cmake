# SPDX-License-Identifier: BSD-3-Clause
# Targets opencv_core, opencv_imgproc and opencv_imgcodecs. Debian ships OpenCV's own CMake files only in the
# metapackage libopencv-dev, which pulls a gigabyte; these parts are all that is needed.
include_guard(GLOBAL)

find_path(OPENCV_INCLUDE_DIR opencv2/core.hpp PATH_SUFFIXES opencv4 REQUIRED)
foreach(part core imgproc imgcodecs)
  find_library(OPENCV_${part}_LIBRARY opencv_${part} REQUIRED)
  add_library(opencv_${part} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(opencv_${part} PROPERTIES
    IMPORTED_LOCATION ${OPENCV_${part}_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${OPENCV_INCLUDE_DIR})
endforeach()
