#!/usr/bin/env python3
"""Reads DICOM results of Fovea with pydicom and highdicom and compares them with what they were made of.

Called by the test DicomValidators with folders: seg.dcm, seg-probability.dcm, pm.dcm (where there is one), sc.dcm,
sr.dcm, gsps.dcm, and expected.json: rows, columns, frames [[SOP instance UID, frame number or null] ...], position and
spacing of the frames or null, names of raw files with masks (uint8), heat maps (float32) and the picture (RGB).
Prints nothing when all is well; an exception says what is not.
"""

import json
import sys
from pathlib import Path

import highdicom as hd
import numpy as np
import pydicom

def check(folder):
    expected = json.loads((folder / "expected.json").read_text())
    shape = (len(expected["frames"]), expected["rows"], expected["columns"])
    masks = np.fromfile(folder / "masks.raw", np.uint8).reshape(shape)
    heat_maps = np.fromfile(folder / "heat_maps.raw", np.float32).reshape(shape)
    picture = np.fromfile(folder / "picture.raw", np.uint8).reshape(shape[1], shape[2], 3)

    def by_source(image, **options):
        """Pixels of a segmentation for each source image or frame, as highdicom finds them by reference."""
        uids = [uid for uid, _ in expected["frames"]]
        if expected["frames"][0][1] is None:
            return image.get_pixels_by_source_instance(uids, **options)
        return image.get_pixels_by_source_frame(uids[0], [frame for _, frame in expected["frames"]], **options)

    binary = hd.seg.segread(folder / "seg.dcm")
    assert binary.segmentation_type == hd.seg.SegmentationTypeValues.BINARY
    assert binary.number_of_segments == 1, binary.number_of_segments
    description = binary.get_segment_description(1)
    assert description.segment_label == "malignant", description.segment_label
    assert description.segmented_property_type.value == "52988006"
    assert description.algorithm_identification.name == "highlight-test"
    np.testing.assert_array_equal(by_source(binary)[..., 0], masks)

    fractional = hd.seg.segread(folder / "seg-probability.dcm")
    assert fractional.segmentation_fractional_type == hd.seg.SegmentationFractionalTypeValues.PROBABILITY
    np.testing.assert_allclose(by_source(fractional)[..., 0], heat_maps, atol=0.5 / 255 + 1e-6)

    if (folder / "pm.dcm").exists():
        parametric = pydicom.dcmread(folder / "pm.dcm")
        np.testing.assert_array_equal(parametric.pixel_array.reshape(shape), heat_maps)
        assert parametric.pixel_array.dtype == np.float32
        if shape[0] > 1:
            for image in (binary, hd.imread(folder / "pm.dcm")):
                geometry = image.get_volume_geometry()
                assert geometry is not None, "the planes make no volume"
                np.testing.assert_allclose(sorted(geometry.spacing), sorted(expected["spacing"]), atol=1e-5)
                positions = [g.PlanePositionSequence[0].ImagePositionPatient for g in image.PerFrameFunctionalGroupsSequence]
                np.testing.assert_allclose(np.array(positions, float), expected["positions"], atol=1e-9)

    capture = pydicom.dcmread(folder / "sc.dcm")
    np.testing.assert_array_equal(capture.pixel_array, picture)

    report = hd.sr.srread(folder / "sr.dcm")
    groups = report.content.get_planar_roi_measurement_groups()
    assert len(groups) == 1, len(groups)
    roi = groups[0].roi
    assert roi.graphic_type == hd.sr.GraphicTypeValues.POLYLINE
    np.testing.assert_array_equal(roi.value, np.array(expected["outline"]).reshape(-1, 2))
    assert roi.ContentSequence[0].ReferencedSOPSequence[0].ReferencedSOPInstanceUID == expected["frames"][0][0]
    assert groups[0].finding_type.value == "52988006"
    values = {m.name.meaning: (m.value, m.unit.value) for m in groups[0].get_measurements()}
    assert values["Area"] == (expected["area"], "mm2"), values
    assert values["Probability"] == (0.9375, "1"), values
    images = report.content.get_image_measurement_groups()
    assert len(images) == 4, len(images)

    state = pydicom.dcmread(folder / "gsps.dcm")
    graphic = state.GraphicAnnotationSequence[0].GraphicObjectSequence[0]
    np.testing.assert_array_equal(graphic.GraphicData, expected["outline"])
    assert state.ReferencedSeriesSequence[0].ReferencedImageSequence[0].ReferencedSOPInstanceUID == expected["frames"][0][0]

    for path in folder.glob("*.dcm"):
        names = str(pydicom.dcmread(path).PatientName)
        assert names == expected["patient_name"], (path, names)


for argument in sys.argv[1:]:
    try:
        check(Path(argument))
    except Exception as error:
        raise SystemExit(f"{argument}: {type(error).__name__}: {error}") from error
