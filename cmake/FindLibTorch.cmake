# Finds LibTorch's CPU library and makes one imported target, LibTorch::cpu.
#
# Works for the PyPI wheel, the official zip and a distribution's package. The wheel's own package
# configuration fails without CUDA, and libtorch.so pulls in libtorch_cuda.so, so only libtorch_cpu
# and libc10 are linked.
#
# Input:  LIBTORCH_ROOT, the folder that holds include/ and lib/ (for the wheel: site-packages/torch).
# Output: LibTorch_FOUND, LibTorch_VERSION, LibTorch::cpu.
set(LIBTORCH_ROOT "$ENV{LIBTORCH_ROOT}" CACHE PATH "Folder of LibTorch (holds include/ and lib/)")
if(NOT LIBTORCH_ROOT)
  find_package(Python3 QUIET COMPONENTS Interpreter)
  if(Python3_FOUND)
    # find_spec, never an import: the wheel without CUDA's libraries cannot be imported.
    execute_process(
      COMMAND "${Python3_EXECUTABLE}" -c
        "import importlib.util as u; s = u.find_spec('torch'); print(list(s.submodule_search_locations)[0] if s else '')"
      OUTPUT_VARIABLE _libtorch_python OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  endif()
endif()

# A build folder that was made for another LibTorch looks again.
if(NOT LIBTORCH_ROOT STREQUAL LibTorch_SEARCHED_ROOT)
  unset(LibTorch_INCLUDE_DIR CACHE)
  unset(LibTorch_CPU_LIBRARY CACHE)
  unset(LibTorch_C10_LIBRARY CACHE)
  set(LibTorch_SEARCHED_ROOT "${LIBTORCH_ROOT}" CACHE INTERNAL "Value of LIBTORCH_ROOT at the last search")
endif()

find_path(LibTorch_INCLUDE_DIR ATen/core/Tensor.h
  HINTS "${LIBTORCH_ROOT}" "${_libtorch_python}" PATH_SUFFIXES include)
find_library(LibTorch_CPU_LIBRARY torch_cpu HINTS "${LIBTORCH_ROOT}" "${_libtorch_python}" PATH_SUFFIXES lib)
find_library(LibTorch_C10_LIBRARY c10 HINTS "${LIBTORCH_ROOT}" "${_libtorch_python}" PATH_SUFFIXES lib)

if(LibTorch_INCLUDE_DIR)
  set(_version_header "${LibTorch_INCLUDE_DIR}/torch/headeronly/version.h")
  if(NOT EXISTS "${_version_header}")
    set(_version_header "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include/torch/version.h")
  endif()
  if(EXISTS "${_version_header}")
    file(STRINGS "${_version_header}" _version_lines REGEX "#define TORCH_VERSION_(MAJOR|MINOR|PATCH) ")
    string(REGEX REPLACE ".*MAJOR ([0-9]+).*MINOR ([0-9]+).*PATCH ([0-9]+).*" "\\1.\\2.\\3"
      LibTorch_VERSION "${_version_lines}")
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(LibTorch
  REQUIRED_VARS LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY LibTorch_INCLUDE_DIR
  VERSION_VAR LibTorch_VERSION
  REASON_FAILURE_MESSAGE "set LIBTORCH_ROOT to the folder of LibTorch, or run ./dev build, which installs it")

if(LibTorch_FOUND AND NOT TARGET LibTorch::cpu)
  add_library(LibTorch::cpu INTERFACE IMPORTED)
  # api/include comes first: its torch/ shadows parts of include/. Both are SYSTEM and behind all others,
  # since the wheel carries old copies of protobuf, fmt and pybind11.
  target_include_directories(LibTorch::cpu SYSTEM INTERFACE
    "${LibTorch_INCLUDE_DIR}/torch/csrc/api/include" "${LibTorch_INCLUDE_DIR}")
  target_link_libraries(LibTorch::cpu INTERFACE "${LibTorch_CPU_LIBRARY}" "${LibTorch_C10_LIBRARY}")
  target_link_options(LibTorch::cpu INTERFACE LINKER:--allow-shlib-undefined)
endif()
mark_as_advanced(LibTorch_INCLUDE_DIR LibTorch_CPU_LIBRARY LibTorch_C10_LIBRARY)
