"""The layers of the embedded encoder as they were exported."""

from pathlib import Path

from scripts import export_encoder


def test_exporting_again_gives_the_file_in_the_repository(tmp_path: Path) -> None:
    again = tmp_path / "again.onnx"
    assert export_encoder.main([str(again)]) == 0
    assert again.read_bytes() == export_encoder.TARGET.read_bytes()
