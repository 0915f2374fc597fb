/// @file New unique identifiers (UIDs).
#pragma once

#include <string>
#include <string_view>

namespace fovea::dicom_out {

/// The root of all UIDs that Fovea makes: what follows is a UUID as a decimal number (PS3.5, section B.2), so that no
/// site needs a root of its own.
inline constexpr std::string_view kUidRoot = "2.25";

/// HMAC-SHA256 (RFC 2104) of a text, as 64 lower-case hex digits.
std::string keyed_hash(std::string_view key, std::string_view text);

/// Makes UIDs of names: the same key and name give the same UID, and nobody without the key can tell the name. So the
/// results of one run agree about the UID of a series without sharing more than the key. Immutable.
class Uids {
 public:
  Uids();                          ///< with a random key: new UIDs in every run
  explicit Uids(std::string key);  ///< with a key of one's own: the same UIDs again
  const std::string& key() const noexcept { return key_; }

  /// A UID below kUidRoot, at most 44 characters: a UUID of version 8 (RFC 9562) of the keyed hash of `name`.
  std::string of(std::string_view name) const;

 private:
  std::string key_;
};

}  // namespace fovea::dicom_out
