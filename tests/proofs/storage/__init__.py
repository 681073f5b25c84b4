"""The record on a disk that loses power, fills up and fails."""
