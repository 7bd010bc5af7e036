# SPDX-License-Identifier: BSD-3-Clause
# What `cmake --install` adds to the program: the systemd unit and its account, example configurations, documents.
install(FILES docker/annulus.sysusers DESTINATION lib/sysusers.d RENAME annulus.conf)
install(FILES README.md LICENSE docs/deployment.md docs/configuration.md DESTINATION share/doc/annulus)
install(DIRECTORY configs/ DESTINATION share/doc/annulus/examples)

# The unit names the program by its full path, which is known only at installation.
install(CODE "set(unit_source \"${PROJECT_SOURCE_DIR}/docker/annulus@.service\")")
install(CODE [[
  file(READ "${unit_source}" unit)
  string(REPLACE "/usr/bin/annulus" "${CMAKE_INSTALL_PREFIX}/bin/annulus" unit "${unit}")
  string(REPLACE "/usr/share/doc" "${CMAKE_INSTALL_PREFIX}/share/doc" unit "${unit}")
  set(file "${CMAKE_INSTALL_PREFIX}/lib/systemd/system/annulus@.service")
  file(WRITE "$ENV{DESTDIR}${file}" "${unit}")
  message(STATUS "Installing: $ENV{DESTDIR}${file}")
]])
