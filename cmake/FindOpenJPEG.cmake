# Finds libopenjp2, whose own CMake package in Debian wants programs of other packages, and makes OpenJPEG::openjp2.
find_path(OpenJPEG_INCLUDE_DIR openjpeg.h PATH_SUFFIXES openjpeg-2.5)
find_library(OpenJPEG_LIBRARY openjp2)
if(OpenJPEG_INCLUDE_DIR)
  file(STRINGS "${OpenJPEG_INCLUDE_DIR}/opj_config.h" _version REGEX "define OPJ_VERSION_(MAJOR|MINOR)")
  string(REGEX REPLACE ".*MAJOR +([0-9]+).*MINOR +([0-9]+).*" "\\1.\\2" OpenJPEG_VERSION "${_version}")
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenJPEG REQUIRED_VARS OpenJPEG_LIBRARY OpenJPEG_INCLUDE_DIR
  VERSION_VAR OpenJPEG_VERSION REASON_FAILURE_MESSAGE "install libopenjp2-7-dev")

if(OpenJPEG_FOUND AND NOT TARGET OpenJPEG::openjp2)
  add_library(OpenJPEG::openjp2 UNKNOWN IMPORTED)
  set_target_properties(OpenJPEG::openjp2 PROPERTIES IMPORTED_LOCATION "${OpenJPEG_LIBRARY}")
  target_include_directories(OpenJPEG::openjp2 SYSTEM INTERFACE "${OpenJPEG_INCLUDE_DIR}")
endif()
mark_as_advanced(OpenJPEG_INCLUDE_DIR OpenJPEG_LIBRARY)
