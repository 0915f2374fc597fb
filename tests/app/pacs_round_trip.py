#!/usr/bin/env python3
"""Stores scans in a PACS, highlights what the PACS gives back, stores the results, finds them and reads them back.

Called by the test Pacs, in a network namespace of its own, since Orthanc listens on all addresses:

    unshare -rn pacs_round_trip.py FOVEA MODEL FOLDER

FOLDER/source has the scans. It gets `retrieved` (the same, from the PACS), `out` (of fovea highlight), `back/UID.dcm`
(the segmentations, from the PACS), and `found.json`: {study UID: {SOP class UID: [SOP instance UIDs]}}, as the PACS
lists what it has in the end. An exception says what went wrong.
"""

import fcntl
import json
import re
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

ORTHANC = "/usr/sbin/Orthanc"
DICOM_WEB = "/usr/share/orthanc/plugins/libOrthancDicomWeb.so"
ROOT = "http://127.0.0.1:8042/dicom-web"
SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.4"
BOUNDARY = "boundary-of-the-test"


def start_loopback():
    """Brings the interface up, as `ip link set lo up` does."""
    set_flags, up = 0x8914, 1
    with socket.socket() as any_socket:
        fcntl.ioctl(any_socket, set_flags, struct.pack("16sh14x", b"lo", up))


def start_orthanc(folder):
    (folder / "pacs").mkdir()
    configuration = {
        "StorageDirectory": str(folder / "pacs"),
        "HttpPort": 8042,
        "DicomPort": 4242,
        "Plugins": [DICOM_WEB],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/"},
    }
    (folder / "orthanc.json").write_text(json.dumps(configuration))
    with open(folder / "orthanc.log", "wb") as log:
        process = subprocess.Popen([ORTHANC, folder / "orthanc.json"], stdout=log, stderr=log)
    for _ in range(300):
        try:
            request("/studies")
            return process
        except urllib.error.URLError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    process.kill()
    raise RuntimeError("Orthanc does not answer:\n" + (folder / "orthanc.log").read_text())


def request(path, accept="application/dicom+json", body=None, content_type=None):
    """The body of the answer, and its content type."""
    headers = {"Accept": accept} | ({"Content-Type": content_type} if content_type else {})
    with urllib.request.urlopen(urllib.request.Request(ROOT + path, body, headers), timeout=60) as answer:
        return answer.read(), answer.headers["Content-Type"]


def store(files):
    """STOW-RS."""
    body = b"".join(f"--{BOUNDARY}\r\nContent-Type: application/dicom\r\n\r\n".encode() + file.read_bytes() + b"\r\n"
                    for file in files)
    answer, _ = request("/studies", body=body + f"--{BOUNDARY}--\r\n".encode(),
                        content_type=f'multipart/related; type="application/dicom"; boundary={BOUNDARY}')
    stored = json.loads(answer)
    assert "Value" not in stored.get("00081198", {}), f"the PACS refused an instance: {stored}"
    assert len(stored["00081199"]["Value"]) == len(files), stored


def search(path):
    """QIDO-RS: the attributes of what is found, as {tag: first value}."""
    answer, _ = request(path)
    return [{tag: value.get("Value", [None])[0] for tag, value in item.items()} for item in json.loads(answer)]


def retrieve(study, series, instance):
    """WADO-RS: the file of an instance."""
    body, content_type = request(f"/studies/{study}/series/{series}/instances/{instance}",
                                 'multipart/related; type="application/dicom"')
    boundary = re.search(r'boundary="?([^";]+)', content_type)[1].encode()
    parts = body.split(b"--" + boundary)[1:-1]
    assert len(parts) == 1, f"{len(parts)} instances instead of one"
    return parts[0].split(b"\r\n\r\n", 1)[1][:-2]


def instances():
    """Study, series and instance UID and SOP class of all that the PACS has, found study by study."""
    for study in (item["0020000D"] for item in search("/studies")):
        for item in search(f"/studies/{study}/instances"):
            yield study, item["0020000E"], item["00080018"], item["00080016"]


def round_trip(fovea, model, folder):
    store(sorted((folder / "source").rglob("*.dcm")))
    for number, (study, series, instance, _) in enumerate(instances()):
        file = folder / "retrieved" / series / f"{number}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(retrieve(study, series, instance))
    subprocess.run([fovea, "highlight", folder / "retrieved", "-o", folder / "out", "--model", model, "--quiet", "--dicom",
                    "sc,seg,pm,sr,gsps"], check=True)
    store(sorted(file for file in (folder / "out").rglob("*.dcm") if file.is_file()))
    found = {}
    (folder / "back").mkdir()
    for study, series, instance, sop_class in instances():
        found.setdefault(study, {}).setdefault(sop_class, []).append(instance)
        if sop_class == SEGMENTATION:
            (folder / "back" / f"{instance}.dcm").write_bytes(retrieve(study, series, instance))
    (folder / "found.json").write_text(json.dumps(found))


def main():
    fovea, model, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])
    start_loopback()
    orthanc = start_orthanc(folder)
    try:
        round_trip(fovea, model, folder)
    except urllib.error.HTTPError as error:
        raise RuntimeError(f"{error.url}: {error}: {error.read()}\n" + (folder / "orthanc.log").read_text()) from error
    finally:
        orthanc.terminate()
        orthanc.wait(30)


main()
