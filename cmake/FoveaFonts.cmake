# FreeType draws the text on attention sheets and plots; its fonts become part of the library (src/render/font_data.cpp),
# so that an installed Fovea needs no font and draws the same on every machine.
find_package(Freetype 2.10 REQUIRED)
foreach(face DejaVuSans DejaVuSans-Bold)
  find_file(FOVEA_FONT_${face} ${face}.ttf PATHS /usr/share/fonts /usr/local/share/fonts
    PATH_SUFFIXES truetype/dejavu dejavu-sans-fonts TTF dejavu NO_DEFAULT_PATH)
  if(NOT FOVEA_FONT_${face})
    message(FATAL_ERROR "${face}.ttf not found: install fonts-dejavu-core, or set FOVEA_FONT_${face} to the file")
  endif()
endforeach()

set_source_files_properties("${PROJECT_SOURCE_DIR}/src/render/font_data.cpp" TARGET_DIRECTORY fovea_base PROPERTIES
  COMPILE_DEFINITIONS "FOVEA_FONT_REGULAR=\"${FOVEA_FONT_DejaVuSans}\";FOVEA_FONT_BOLD=\"${FOVEA_FONT_DejaVuSans-Bold}\""
  OBJECT_DEPENDS "${FOVEA_FONT_DejaVuSans};${FOVEA_FONT_DejaVuSans-Bold}")
target_link_libraries(fovea_base PUBLIC Freetype::Freetype)
target_link_libraries(fovea PRIVATE Freetype::Freetype)
