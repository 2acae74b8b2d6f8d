"""The report, from invented numbers."""
import report
from measure import Taken


def invented():
    keys = [key for key, *_ in report.ROWS]
    table = {key: Taken(1 + place, 2 + place, 10 * (1 + place), "") for place, key in enumerate(keys)}
    table["arrow"], table["ours"] = Taken(2.0, 3.0, 550, ""), Taken(0.25, 0.375, 60, "")
    return {
        "rows": 1_000_000, "pages_rows": 100_000, "runs": 5, "quick": False, "floor_mib": 8,
        "table": table,
        "growth": {rows: Taken(rows / 1e6, rows / 2e6, 40, "") for rows in (250_000, 4_000_000)},
        "link": {"8": Taken(1.0, 1, 50, ""), "1": Taken(6.0, 1, 40, ""), "curl": Taken(5.0, 1, 12, "")},
        "link_bytes": 600_000_000,
        "first_batch": {"loopback": {
            "rows": 1024, "share": 0.031, "worst_share": 0.044, "seconds": 0.012,
            "total_seconds": 0.3, "least_later_rows": 65_536, "least_later_bytes": 8 << 20}},
        "server": {"start_ms": 5.0, "start_ms_median": 6.0, "pages_per_second": 800.0,
                   "page_bytes": 350_000, "cpu_ms_per_page": 1.1},
        "decoder": "decoder of ours: 1 s",
    }


def cells(text, name):
    """The cells of the row that begins so."""
    line = next(line for line in text.splitlines() if line.startswith(f"| {name} |"))
    return [cell.strip() for cell in line.strip("|").split("|")][1:]


def test_ratios_are_of_what_they_are_compared_with():
    text = report.markdown(invented(), "latest")
    assert cells(text, "**ours, C (CSV)**") == [
        "1,000,000", "0.250", "0.375", "60", "0.125", "0.125", "PyAthena ArrowCursor (CSV)"]
    assert cells(text, "PyAthena ArrowCursor (CSV)") == [
        "1,000,000", "2.000", "3.000", "550", "", "", ""]
    assert cells(text, "**ours, C (pages)**")[0] == "100,000"
    assert cells(text, "ours, 8 connections") == ["600", "6.00", "5.00", "50"]
    assert cells(text, "250,000") == ["0.250", "0.125", "0.500", "40"]
    assert cells(text, "loopback")[:2] == ["1,024", "3.1%, 4.4%"]


def test_every_client_is_in_the_table_and_every_part_in_the_report():
    found = invented()
    text = report.markdown(found, "latest")
    for _, name, other, _ in report.ROWS:
        assert len(cells(text, name)) == 7
        assert other is None or other in found["table"]
    for part in ("(latest.png)", "## Size of the object", "## First batch", "800 pages a second",
                 "beside nginx", "decoder of ours: 1 s", "Machine: "):
        assert part in text, part
    assert "mean nothing" not in text
    # Tables of Markdown end where a line has another number of cells.
    lines = [line for line in text.splitlines() if line.startswith("|")]
    for line, after in zip(lines, lines[1:]):
        assert line.count("|") == after.count("|") or after.startswith(("| rows", "| reader", "| server"))


def test_what_was_not_measured_is_left_out():
    found = invented() | {"quick": True}
    del found["decoder"]
    for key in ("arrow-nginx", "ours-nginx", "curl-nginx"):
        del found["table"][key]
    text = report.markdown(found, "latest")
    assert "nginx" not in text and "Decoding alone" not in text
    assert "Its numbers mean nothing" in text


def test_bars_are_rows_per_second_of_the_clients():
    bars = {bar["name"]: bar for bar in report.bars(invented())}
    assert bars["ours, C (CSV)"] == {
        "name": "ours, C (CSV)", "ours": True, "peak_mib": 60, "rows_per_second": 4_000_000}
    assert not any(name.startswith("curl") for name in bars)
    pages = invented()["table"]["ours-pages"].wall
    assert bars["ours, C (pages)"]["rows_per_second"] == 100_000 / pages
