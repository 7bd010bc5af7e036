# SPDX-License-Identifier: BSD-3-Clause
# Target check_headers: compiles each header of each room alone. A header with a .cpp of its own name is covered by
# that file, which includes it first (the format check sees to that), so only the others get a generated source.
add_custom_target(check_headers)

function(annulus_check_headers NAME)
  file(GLOB headers CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} *.hpp)
  file(RELATIVE_PATH folder ${PROJECT_SOURCE_DIR} ${CMAKE_CURRENT_SOURCE_DIR})
  foreach(header IN LISTS headers)
    string(REPLACE ".hpp" ".cpp" source ${header})
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${source})
      set(alone ${CMAKE_CURRENT_BINARY_DIR}/headers/${source})
      file(CONFIGURE OUTPUT ${alone} CONTENT "#include \"${folder}/${header}\"\n")
      list(APPEND sources ${alone})
    endif()
  endforeach()
  if(sources)
    add_library(check_headers_${NAME} OBJECT EXCLUDE_FROM_ALL ${sources})
    target_link_libraries(check_headers_${NAME} PRIVATE annulus_warnings annulus::${NAME})
    add_dependencies(check_headers check_headers_${NAME})
  endif()
endfunction()
