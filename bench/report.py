"""The results as a page of Markdown: figures, and how many times better or worse than the obvious service."""

from typing import Any

ROWS = (
    ("p50 at 1 client, ms", "p50_ms_1w_1c", 2),
    ("p99 at 1 client, ms", "p99_ms_1w_1c", 2),
    ("p50 at 8 clients, ms", "p50_ms_1w_8c", 2),
    ("p99 at 8 clients, ms", "p99_ms_1w_8c", 2),
    ("p50 at 32 clients, ms", "p50_ms_1w_32c", 2),
    ("p99 at 32 clients, ms", "p99_ms_1w_32c", 2),
    ("requests/s at 32 clients, 1 worker", "per_second_1w_32c", 0),
    ("requests/s at 32 clients, 2 workers", "per_second_2w_32c", 0),
    ("p99 at 32 clients, 2 workers, ms", "p99_ms_2w_32c", 2),
    ("start to first right answer, s", "start_s", 2),
    ("memory, 1 worker, PSS, MB", "pss_mb_1w", 0),
    ("memory, 1 worker, RSS, MB", "rss_mb_1w", 0),
    ("memory, 2 workers in sum, PSS, MB", "pss_mb_2w", 0),
    ("memory, 2 workers in sum, RSS, MB", "rss_mb_2w", 0),
    ("on disk: packages, model, index, MB", "install_mb", 0),
)
BASELINE = "obvious"
FAIRNESS = """\
Each service has the same cores, entries, phrasings and questions, no question twice, and the number of threads that it
comes with: torch takes a thread per core, Wenjin one. The rivals' vectors are made and saved beforehand, as Wenjin's
index is, and their text is lower-cased, for their model, m3e-small, would see [UNK] in place of `ReLU`. Nothing is
timed before every worker is up. Each service starts alone; then all are up and are measured in slices by turns, each
after a little of the same load, so that a change of the machine's speed meets them alike."""


def markdown(results: dict[str, Any]) -> str:
    machine, options = results["machine"], results["options"]
    return "\n".join(
        [
            f"Measured {results['measured_at']} on {machine['cores']} cores of {machine['processor']},",
            f"the client on the same cores, load average before {machine['load_before']};",
            f"medians of {options['rounds']} rounds, each of {options['seconds']} s a figure.",
            f"The client costs at most {results['load_generator_us_per_request']} µs per request.",
            "",
            FAIRNESS,
            f"torch is {machine['torch']}; the build for CUDA, which PyPI gives by default, takes GBs more on disk.",
            "",
            *_services(results["services"]),
            "",
            *_stages(results["stages"]),
            "",
            *_products(results["products"]),
            "",
        ]
    )


def _services(services: dict[str, dict[str, Any]]) -> list[str]:
    baseline = services.get(BASELINE)
    head = [f"{name} ({facts['what']})" for name, facts in services.items()]
    ratios = [name for name in services if name != BASELINE] if baseline else []
    lines = [
        "| figure | " + " | ".join([*head, *(f"{name} : {BASELINE}" for name in ratios)]) + " |",
        "| --- |" + " --- |" * (len(head) + len(ratios)),
    ]
    for title, key, digits in ROWS:
        cells = [f"{facts[key]:,.{digits}f}" for facts in services.values()]
        if baseline:
            cells += [_ratio(services[name][key], baseline[key]) for name in ratios]
        lines.append(f"| {title} | " + " | ".join(cells) + " |")
    return lines


def _ratio(value: float, baseline: float) -> str:
    """1/12 for a twelfth, 12 for twelve times."""
    ratio = value / baseline
    return f"{ratio:.1f}" if ratio >= 1 else f"1/{1 / ratio:.1f}"


def _stages(stages: dict[str, Any]) -> list[str]:
    return [
        f"Where the time of one question goes, one client, {stages['questions']} questions, medians:",
        "",
        "| stage | µs | share |",
        "| --- | --- | --- |",
        *(f"| {name} | {us:.0f} | {us / stages['total_us']:.0%} |" for name, us in stages["stages_us"].items()),
        f"| all | {stages['total_us']:.0f} | |",
        *(f"| {name}, while it is encoded | {us:.0f} | |" for name, us in stages["beside_us"].items()),
    ]


def _products(products: dict[str, Any]) -> list[str]:
    return [
        f"The default encoder on one thread, {products['tokens']} tokens ({products['kernel']}):",
        "",
        "| | ms |",
        "| --- | --- |",
        f"| its matrix products alone, float32, NumPy | {products['bare_ms']:.2f} |",
        f"| the whole encoding of a question | {products['encode_ms']:.2f} ({products['ratio']:.2f} times) |",
    ]
