#include "fovea/error.hpp"

namespace fovea {

std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::usage:
      return "usage";
    case ErrorCode::io:
      return "io";
    case ErrorCode::unsupported:
      return "unsupported";
    case ErrorCode::corrupt:
      return "corrupt";
    case ErrorCode::model:
      return "model";
    case ErrorCode::internal:
      return "internal";
  }
  return "internal";
}

}  // namespace fovea
