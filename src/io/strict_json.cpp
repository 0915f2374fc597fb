#include "io/strict_json.hpp"

#include <cstddef>
#include <set>
#include <vector>

#include "io/message_text.hpp"

namespace fovea::io {

using Json = nlohmann::json;

Json parse_strict_json(std::string_view text, int max_depth, const std::function<void(const std::string&)>& fail) {
  std::vector<std::set<std::string>> names;  // of the objects that are open, an empty set for an array
  const Json::parser_callback_t check = [&](int, Json::parse_event_t event, Json& parsed) {
    switch (event) {
      case Json::parse_event_t::object_start:
      case Json::parse_event_t::array_start:
        if (names.size() >= static_cast<std::size_t>(max_depth)) {
          fail("it nests over " + std::to_string(max_depth) + " objects and arrays");
        }
        names.emplace_back();
        break;
      case Json::parse_event_t::object_end:
      case Json::parse_event_t::array_end:
        names.pop_back();
        break;
      case Json::parse_event_t::key: {
        const auto& name = parsed.get_ref<const std::string&>();
        if (!names.back().insert(name).second) fail("the name " + in_quotes(name) + " occurs twice");
        break;
      }
      case Json::parse_event_t::value:
        break;
    }
    return true;
  };
  try {
    return Json::parse(text, check);
  } catch (const Json::parse_error& e) {
    fail("it is not JSON: there is a mistake at byte " + std::to_string(e.byte));
  } catch (const Json::exception&) {  // a number that no type holds
    fail("it is not JSON that can be read");
  }
  return {};
}

}  // namespace fovea::io
