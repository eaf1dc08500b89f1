"""Which fields of a DICOM header could tell who the patient is: their names, never their values.

Nothing of a header is ever sent, so this is a report and not a filter: it may name too many, and a
field it misses stays behind all the same.
"""

from __future__ import annotations

from typing import Any

_PATIENT_GROUP = 0x0010
_KINDS = frozenset({"PN", "DA", "DT", "TM", "UI", "AS"})
"""Names of persons, dates and times, unique identifiers, ages."""
_CLASSES = frozenset({
    "SOPClassUID", "MediaStorageSOPClassUID", "TransferSyntaxUID", "ImplementationClassUID",
    "ReferencedSOPClassUID", "CodingSchemeUID", "ContextUID", "MappingResourceUID",
    "RelatedGeneralSOPClassUID", "OriginalSpecializedSOPClassUID",
})  # fmt: skip
"""Unique identifiers of kinds of things, not of things."""
_FREE = frozenset({
    "AccessionNumber", "AcquisitionComments", "AdmissionID", "AdmittingDiagnosesDescription",
    "AdditionalPatientHistory", "CurrentPatientLocation", "DerivationDescription", "DetectorID",
    "DeviceSerialNumber", "DeviceUID", "FillerOrderNumberImagingServiceRequest", "FrameComments",
    "GantryID", "ImageComments", "InstitutionAddress", "InstitutionName",
    "InstitutionalDepartmentName", "IssuerOfPatientID", "Occupation", "PerformedLocation",
    "PerformedProcedureStepDescription", "PerformedProcedureStepID",
    "PerformedStationAETitle", "PerformedStationName",
    "PlacerOrderNumberImagingServiceRequest", "PlateID", "ProtocolName",
    "ReasonForTheRequestedProcedure", "RequestedProcedureComments",
    "RequestedProcedureDescription", "RequestedProcedureID", "RequestingService",
    "ScheduledProcedureStepDescription", "ScheduledProcedureStepID", "SeriesDescription",
    "SourceApplicationEntityTitle", "StationName", "StudyComments", "StudyDescription", "StudyID",
    "TextComments", "TextString", "VisitComments",
})  # fmt: skip
_DEPTH = 8


def identifiers_in(header: Any) -> list[str]:
    """Sorted names of the identifying fields that hold something, at any depth. Private fields
    are named together: what they hold only their maker knows."""
    found: set[str] = set()
    _collect(header, found, _DEPTH)
    return sorted(found)


def _collect(dataset: Any, found: set[str], depth: int) -> None:
    for element in dataset:
        if element.tag.is_private:
            found.add("private fields")
        elif element.VR == "SQ":
            for item in element.value if depth else ():
                _collect(item, found, depth - 1)
        elif _identifies(element) and not element.is_empty:
            found.add(element.keyword)


def _identifies(element: Any) -> bool:
    if element.tag.group == _PATIENT_GROUP or element.keyword in _FREE:
        return True
    return element.VR in _KINDS and element.keyword not in _CLASSES
