# Finds OpenCV's core, imgproc and photo, the modules that Fovea uses, and makes opencv_core and so on.
#
# OpenCV's own package configuration is taken where there is one. Debian has it in libopencv-dev only, which installs
# every module and 260 packages with them, so that without it the libraries are looked up by name.
find_package(OpenCV ${OpenCV_FIND_VERSION} QUIET CONFIG COMPONENTS ${OpenCV_FIND_COMPONENTS})
if(NOT OpenCV_FOUND)
  find_path(OpenCV_INCLUDE_DIR opencv2/core/version.hpp PATH_SUFFIXES opencv4)
  find_library(OpenCV_core_LIBRARY opencv_core)
  find_library(OpenCV_imgproc_LIBRARY opencv_imgproc)
  find_library(OpenCV_photo_LIBRARY opencv_photo)
  if(OpenCV_INCLUDE_DIR)
    file(STRINGS "${OpenCV_INCLUDE_DIR}/opencv2/core/version.hpp" _opencv_version
      REGEX "#define CV_VERSION_(MAJOR|MINOR|REVISION)")
    string(REGEX REPLACE "[^0-9]+([0-9]+)[^0-9]+([0-9]+)[^0-9]+([0-9]+).*" "\\1.\\2.\\3" OpenCV_VERSION "${_opencv_version}")
  endif()

  include(FindPackageHandleStandardArgs)
  find_package_handle_standard_args(OpenCV
    REQUIRED_VARS OpenCV_core_LIBRARY OpenCV_imgproc_LIBRARY OpenCV_photo_LIBRARY OpenCV_INCLUDE_DIR
      VERSION_VAR OpenCV_VERSION
    REASON_FAILURE_MESSAGE "install libopencv-core-dev, libopencv-imgproc-dev and libopencv-photo-dev, or set OpenCV_DIR")

  if(OpenCV_FOUND AND NOT TARGET opencv_core)
    foreach(module IN ITEMS core imgproc photo)
      add_library(opencv_${module} UNKNOWN IMPORTED)
      set_target_properties(opencv_${module} PROPERTIES IMPORTED_LOCATION "${OpenCV_${module}_LIBRARY}")
      target_include_directories(opencv_${module} SYSTEM INTERFACE "${OpenCV_INCLUDE_DIR}")
    endforeach()
    target_link_libraries(opencv_imgproc INTERFACE opencv_core)
    target_link_libraries(opencv_photo INTERFACE opencv_imgproc)
  endif()
  mark_as_advanced(OpenCV_INCLUDE_DIR OpenCV_core_LIBRARY OpenCV_imgproc_LIBRARY OpenCV_photo_LIBRARY)
endif()
