# Installs the package into a folder of its own, builds samples/embed-caption against it, and runs that on a photo.
# cmake -D BUILD_DIR=... -D SOURCE_DIR=... -D SANITIZE=... -P embed.cmake
set(work "${BUILD_DIR}/tests/embed with a space")
file(REMOVE_RECURSE "${work}")

function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

if(SANITIZE)
  set(flags "-DCMAKE_CXX_FLAGS=-fsanitize=${SANITIZE}")
endif()
run("${CMAKE_COMMAND}" --install "${BUILD_DIR}" --prefix "${work}/prefix")
run("${CMAKE_COMMAND}" -G Ninja -S "${SOURCE_DIR}/samples/embed-caption" -B "${work}/build"
  "-DCMAKE_PREFIX_PATH=${work}/prefix" -DCMAKE_CXX_EXTENSIONS=OFF ${flags})
run("${CMAKE_COMMAND}" --build "${work}/build")

# The promise of the public headers: nothing of the libraries behind them is compiled into the program.
execute_process(COMMAND ninja -C "${work}/build" -t deps OUTPUT_VARIABLE deps COMMAND_ERROR_IS_FATAL ANY)
if(NOT deps MATCHES "fovea/captioner\\.hpp")
  message(FATAL_ERROR "the headers that were read could not be listed:\n${deps}")
endif()
string(REGEX MATCH "[^\n]*/(ATen|torch|c10|opencv2|nlohmann|boost)/[^\n]*" foreign "${deps}")
if(foreign)
  message(FATAL_ERROR "a public header includes${foreign}")
endif()

set(model "${work}/prefix/share/fovea/models/caption-photos")
execute_process(COMMAND "${work}/build/embed_caption" "${model}" "${SOURCE_DIR}/samples/photos/dogs.jpg"
  OUTPUT_VARIABLE caption COMMAND_ERROR_IS_FATAL ANY)
message("caption: ${caption}")
if(NOT caption MATCHES "dog")
  message(FATAL_ERROR "expected a caption with a dog")
endif()
run("${work}/prefix/bin/fovea" --version)
