#include "dicom_out/content_items.hpp"

#include <dcmtk/config/osconfig.h>
#include <dcmtk/dcmdata/dcdeftag.h>
#include <dcmtk/dcmdata/dcitem.h>

#include "dicom_out/attributes.hpp"
#include "dicom_out/references.hpp"

namespace fovea::dicom_out {
namespace {

const char* text_of(Relationship relationship) {
  switch (relationship) {
    case Relationship::has_concept_modifier:
      return "HAS CONCEPT MOD";
    case Relationship::has_observation_context:
      return "HAS OBS CONTEXT";
    case Relationship::selected_from:
      return "SELECTED FROM";
    case Relationship::contains:
      break;
  }
  return "CONTAINS";
}

DcmItem& add(DcmItem& parent, Relationship relationship, const char* type, const Code* name) {
  auto& item = add_item(parent, DCM_ContentSequence);
  put(item, DCM_RelationshipType, text_of(relationship));
  put(item, DCM_ValueType, type);
  if (name != nullptr) add_code(item, DCM_ConceptNameCodeSequence, *name);
  return item;
}

}  // namespace

DcmItem& add_container(DcmItem& parent, const Code& name) {
  auto& item = add(parent, Relationship::contains, "CONTAINER", &name);
  put(item, DCM_ContinuityOfContent, "SEPARATE");
  return item;
}

DcmItem& add_text(DcmItem& parent, Relationship relationship, const Code& name, const std::string& text) {
  auto& item = add(parent, relationship, "TEXT", &name);
  put(item, DCM_TextValue, text);
  return item;
}

DcmItem& add_coded(DcmItem& parent, Relationship relationship, const Code& name, const Code& value) {
  auto& item = add(parent, relationship, "CODE", &name);
  add_code(item, DCM_ConceptCodeSequence, value);
  return item;
}

DcmItem& add_uid(DcmItem& parent, Relationship relationship, const Code& name, const std::string& uid) {
  auto& item = add(parent, relationship, "UIDREF", &name);
  put(item, DCM_UID, uid);
  return item;
}

DcmItem& add_number(DcmItem& parent, const Code& name, double value, const Code& units) {
  auto& item = add(parent, Relationship::contains, "NUM", &name);
  auto& measured = add_item(item, DCM_MeasuredValueSequence);
  put(measured, DCM_NumericValue, decimal_string(value));
  add_code(measured, DCM_MeasurementUnitsCodeSequence, units);
  return item;
}

DcmItem& add_image(DcmItem& parent, Relationship relationship, const Code* name, const FrameResult& result) {
  auto& item = add(parent, relationship, "IMAGE", name);
  put_reference(add_item(item, DCM_ReferencedSOPSequence), result);
  return item;
}

DcmItem& add_polyline(DcmItem& parent, const Code& name, std::span<const float> points) {
  auto& item = add(parent, Relationship::contains, "SCOORD", &name);
  put(item, DCM_GraphicType, "POLYLINE");
  put_floats(item, DCM_GraphicData, points);
  return item;
}

void put_template(DcmItem& container, const char* number) {
  auto& item = add_item(container, DCM_ContentTemplateSequence);
  put(item, DCM_MappingResource, "DCMR");
  put(item, DCM_TemplateIdentifier, number);
}

}  // namespace fovea::dicom_out
