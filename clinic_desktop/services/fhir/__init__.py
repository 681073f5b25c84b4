"""FHIR R4 in and out: files of other systems become our rows, our rows become such files."""
