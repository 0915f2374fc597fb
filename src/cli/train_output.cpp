#include "cli/train_output.hpp"

#include <malloc.h>

#include <iomanip>
#include <sstream>

namespace fovea::cli {

std::string text_of(const po::variables_map& values, const char* name) {
  return values.count(name) != 0 ? values[name].as<std::string>() : std::string();
}

std::string clock_text(double seconds) {
  const auto minutes = static_cast<long>(seconds / 60);
  std::ostringstream text;
  text << minutes / 60 << ':' << std::setw(2) << std::setfill('0') << minutes % 60 << " h left";
  return text.str();
}

void keep_freed_memory() {
  constexpr int kNever = 1 << 30;  // bytes
  ::mallopt(M_MMAP_THRESHOLD, kNever);
  ::mallopt(M_TRIM_THRESHOLD, kNever);
}

}  // namespace fovea::cli
