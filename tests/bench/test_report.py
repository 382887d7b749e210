"""The page that results become."""

from bench.report import ROWS, markdown


def test_every_figure_stands_beside_the_obvious_services() -> None:
    services = {
        "obvious": {"what": "A", **{key: 24.0 for _, key, _ in ROWS}},
        "wenjin": {"what": "B", **{key: 2.0 for _, key, _ in ROWS}} | {"per_second_1w_32c": 240.0},
    }
    page = markdown(
        {
            "measured_at": "2026-01-01",
            "machine": {"processor": "P", "cores": 2, "load_before": 0.1, "torch": "2+cpu"},
            "options": {"rounds": 3, "seconds": 5},
            "load_generator_us_per_request": 40,
            "services": services,
            "stages": {"questions": 9, "total_us": 200, "stages_us": {"encode": 50}, "beside_us": {"words": 40}},
            "products": {"tokens": 29, "kernel": "K", "bare_ms": 1.0, "encode_ms": 1.2, "ratio": 1.2},
        }
    )
    assert "| figure | obvious (A) | wenjin (B) | wenjin : obvious |" in page
    assert "| p50 at 1 client, ms | 24.00 | 2.00 | 1/12.0 |" in page
    assert "| requests/s at 32 clients, 1 worker | 24 | 240 | 10.0 |" in page
    assert "| encode | 50 | 25% |" in page
    assert "| words, while it is encoded | 40 | |" in page
    assert "| the whole encoding of a question | 1.20 (1.20 times) |" in page
