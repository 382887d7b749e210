"""The vocabulary and the layers of the embedded encoder as they were exported."""

from pathlib import Path

from scripts import export_encoder


def test_exporting_again_gives_the_files_in_the_repository(tmp_path: Path) -> None:
    assert export_encoder.main([str(tmp_path)]) == 0
    again = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert again == {file.name: file.read_bytes() for file in export_encoder.TARGET.iterdir()}
