# The installed package: library, public headers, command, models, and what find_package(fovea) reads.
include(CMakePackageConfigHelpers)
set(FOVEA_INSTALL_DATADIR "${CMAKE_INSTALL_DATADIR}/fovea")
set(FOVEA_INSTALL_CMAKEDIR "${CMAKE_INSTALL_LIBDIR}/cmake/fovea")

# LibTorch stays where it is, and the library remembers where that is. A library's own run path is searched for what
# that library needs, not for what the program needs, so that a program that links fovea needs no run path to LibTorch.
get_filename_component(_libtorch_libdir "${LibTorch_CPU_LIBRARY}" DIRECTORY)
set_target_properties(fovea PROPERTIES INSTALL_RPATH "${_libtorch_libdir}")
install(TARGETS fovea EXPORT foveaTargets)

file(RELATIVE_PATH _libdir_from_bindir "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBDIR}")
set_target_properties(fovea_cli PROPERTIES INSTALL_RPATH "$ORIGIN/${_libdir_from_bindir}")
install(TARGETS fovea_cli)
# The command writes its own completion script.
install(CODE "
  set(folder \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_DATADIR}/bash-completion/completions\")
  file(MAKE_DIRECTORY \"\${folder}\")
  execute_process(COMMAND \"$<TARGET_FILE:fovea_cli>\" completion bash OUTPUT_FILE \"\${folder}/fovea\"
    COMMAND_ERROR_IS_FATAL ANY)")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/include/fovea" "${PROJECT_BINARY_DIR}/generated/fovea"
  DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}" FILES_MATCHING PATTERN "*.hpp")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/models" "${PROJECT_SOURCE_DIR}/pipelines" DESTINATION "${FOVEA_INSTALL_DATADIR}")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" "${PROJECT_SOURCE_DIR}/NOTICE" DESTINATION "${CMAKE_INSTALL_DOCDIR}")

configure_package_config_file("${CMAKE_CURRENT_LIST_DIR}/foveaConfig.cmake.in" "${PROJECT_BINARY_DIR}/foveaConfig.cmake"
  INSTALL_DESTINATION "${FOVEA_INSTALL_CMAKEDIR}" PATH_VARS FOVEA_INSTALL_DATADIR)
# Before 1.0 a minor version may break what the one before promised (docs/versioning.md).
write_basic_package_version_file("${PROJECT_BINARY_DIR}/foveaConfigVersion.cmake" COMPATIBILITY SameMinorVersion)
install(FILES "${PROJECT_BINARY_DIR}/foveaConfig.cmake" "${PROJECT_BINARY_DIR}/foveaConfigVersion.cmake"
  DESTINATION "${FOVEA_INSTALL_CMAKEDIR}")
install(EXPORT foveaTargets NAMESPACE fovea:: DESTINATION "${FOVEA_INSTALL_CMAKEDIR}")
