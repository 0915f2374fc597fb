/// @file Content items of structured reports (PS3.3, section C.17.3).
#pragma once

#include <span>
#include <string>

#include "dicom_out/codes.hpp"
#include "dicom_out/result.hpp"

namespace fovea::dicom_out {

/// How an item belongs to the one above it.
enum class Relationship { contains, has_concept_modifier, has_observation_context, selected_from };

/// All functions add an item below `parent` and return it; they put its values and leave lengths to the caller.
DcmItem& add_container(DcmItem& parent, const Code& name);
DcmItem& add_text(DcmItem& parent, Relationship relationship, const Code& name, const std::string& text);
DcmItem& add_coded(DcmItem& parent, Relationship relationship, const Code& name, const Code& value);
DcmItem& add_uid(DcmItem& parent, Relationship relationship, const Code& name, const std::string& uid);
DcmItem& add_number(DcmItem& parent, const Code& name, double value, const Code& units);
/// The frame of the source; without a name where `name` is null.
DcmItem& add_image(DcmItem& parent, Relationship relationship, const Code* name, const FrameResult& result);
/// A closed polyline; x, y pairs.
DcmItem& add_polyline(DcmItem& parent, const Code& name, std::span<const float> points);

/// Says which template (PS3.16) a container is of.
void put_template(DcmItem& container, const char* number);

}  // namespace fovea::dicom_out
