# Finds libwebp and libwebpdemux, which Debian ships without a CMake package, and makes WebP::webp and WebP::demux.
find_path(WebP_INCLUDE_DIR webp/decode.h)
find_library(WebP_LIBRARY webp)
find_library(WebP_DEMUX_LIBRARY webpdemux)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(WebP REQUIRED_VARS WebP_LIBRARY WebP_DEMUX_LIBRARY WebP_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "install libwebp-dev")

if(WebP_FOUND AND NOT TARGET WebP::webp)
  foreach(name IN ITEMS webp demux)
    add_library(WebP::${name} UNKNOWN IMPORTED)
    target_include_directories(WebP::${name} SYSTEM INTERFACE "${WebP_INCLUDE_DIR}")
  endforeach()
  set_target_properties(WebP::webp PROPERTIES IMPORTED_LOCATION "${WebP_LIBRARY}")
  set_target_properties(WebP::demux PROPERTIES IMPORTED_LOCATION "${WebP_DEMUX_LIBRARY}")
  target_link_libraries(WebP::demux INTERFACE WebP::webp)
endif()
mark_as_advanced(WebP_INCLUDE_DIR WebP_LIBRARY WebP_DEMUX_LIBRARY)
