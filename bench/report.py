"""Turns what was measured into Markdown, and into the bars of the plot."""
import platform
import subprocess

# Key of the table, name, key it is compared with, whether it is ours.
ROWS = [
    ("arrow", "PyAthena ArrowCursor (CSV)", None, False),
    ("polars", "PyAthena PolarsCursor (CSV)", None, False),
    ("wrangler", "awswrangler (CSV)", None, False),
    ("ours", "**ours, C (CSV)**", "arrow", True),
    ("ours-python", "**ours, Python by ctypes, into a pyarrow Table (CSV)**", "arrow", True),
    ("arrow-nginx", "PyAthena ArrowCursor (CSV, object from nginx)", None, False),
    ("ours-nginx", "**ours, C (CSV, object from nginx)**", "arrow-nginx", True),
    ("arrow-unload", "PyAthena ArrowCursor unload", None, False),
    ("polars-unload", "PyAthena PolarsCursor unload", None, False),
    ("ours-unload", "**ours, C (UNLOAD)**", "polars-unload", True),
    ("cursor", "PyAthena Cursor (pages)", None, False),
    ("ours-pages", "**ours, C (pages)**", "cursor", True),
    ("curl", "curl, the object from the sandbox", None, False),
    ("curl-nginx", "curl, the object from nginx", None, False),
]
PAGES = ("cursor", "ours-pages")


def plain(name):
    return name.replace("*", "")


def machine():
    model, cores = "", 0
    with open("/proc/cpuinfo") as info:
        for line in info:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                model, cores = value.strip(), cores + 1
    with open("/proc/meminfo") as info:
        memory = int(info.readline().split()[1]) / 2**20
    with open("/proc/loadavg") as load:
        load = load.read().split()[0]
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], stdout=subprocess.PIPE,
                            text=True, check=False).stdout.strip()
    return (f"{model}, {cores} cores, {memory:.0f} GiB, {platform.system()} {platform.release()}; "
            f"load at the end of the run {load}; commit {commit or 'unknown'}")


def ratio(taken, other, key):
    return f"{getattr(taken, key) / getattr(other, key):.3f}"


def table(found):
    table, lines = found["table"], [
        "| client | rows | wall s | CPU s | peak MiB | wall, of | CPU, of | compared with |",
        "|---|---:|---:|---:|---:|---:|---:|---|",
    ]
    names = {key: plain(name) for key, name, *_ in ROWS}
    for key, name, other, _ in ROWS:
        if key not in table:
            continue
        taken = table[key]
        rows = found["pages_rows"] if key in PAGES else found["rows"]
        ratios = ["", "", ""]
        if other:
            ratios = [ratio(taken, table[other], "wall"), ratio(taken, table[other], "cpu"),
                      names[other]]
        lines.append(f"| {name} | {rows:,} | {taken.wall:.3f} | {taken.cpu:.3f} | "
                     f"{taken.peak_mib:.0f} | " + " | ".join(ratios) + " |")
    return lines


def growth(found):
    lines = ["| rows | wall s | CPU s | CPU, µs a row | peak MiB |", "|---:|---:|---:|---:|---:|"]
    for rows, taken in found["growth"].items():
        lines.append(f"| {rows:,} | {taken.wall:.3f} | {taken.cpu:.3f} | "
                     f"{taken.cpu / rows * 1e6:.3f} | {taken.peak_mib:.0f} |")
    return lines


def link(found):
    link, size = found["link"], found["link_bytes"] / 1e6
    rate = {name: size / taken.wall for name, taken in link.items()}
    lines = ["| reader | MB/s | × one connection of ours | × one GET of curl | peak MiB |",
             "|---|---:|---:|---:|---:|"]
    for key, name in (("8", "ours, 8 connections"), ("1", "ours, 1 connection"), ("curl", "curl")):
        lines.append(f"| {name} | {rate[key]:.0f} | {rate[key] / rate['1']:.2f} | "
                     f"{rate[key] / rate['curl']:.2f} | {link[key].peak_mib:.0f} |")
    return lines


def first_batch(found):
    lines = ["| server | rows of the first batch | of the object arrived by then: median, worst "
             "| seconds to it | to the last | least later batch |", "|---|---:|---:|---:|---:|---:|"]
    for name, first in found["first_batch"].items():
        later = "none"
        if first["least_later_rows"] is not None:
            later = f"{first['least_later_rows']:,} rows, {first['least_later_bytes'] / 2**20:.1f} MiB"
        lines.append(f"| {name} | {first['rows']:,} | {first['share']:.1%}, {first['worst_share']:.1%} "
                     f"| {first['seconds']:.3f} | {first['total_seconds']:.3f} | {later} |")
    return lines


def server(found):
    server, table = found["server"], found["table"]
    lines = [
        f"- start to ready without data sets: {server['start_ms']:.0f} ms at best, "
        f"{server['start_ms_median']:.0f} ms in the middle",
        f"- GetQueryResults: {server['pages_per_second']:.0f} pages a second of 1000 rows "
        f"({server['page_bytes'] / 1e3:.0f} kB each), {server['cpu_ms_per_page']:.2f} ms of CPU a page",
    ]
    if "curl-nginx" in table:
        lines.append(f"- GET of the object beside nginx: "
                     f"{table['curl'].wall / table['curl-nginx'].wall:.2f} × its wall time")
    return lines


def markdown(found, name):
    quick = ("\n**A quick run: it shows that everything works. Its numbers mean nothing.**\n"
             if found["quick"] else "")
    parts = [
        "# Beside its peers", quick,
        f"{found['rows']:,} rows × 10 columns (bigint, int, double, decimal(18,2), short and medium "
        "varchar with commas and quotes, boolean, date, timestamp, array; NULL and '' mixed). The "
        "query has finished already, the server has no latency unless said so. Whole processes, "
        f"from start to end; the clients took turns, the least of {found['runs']} turns counts "
        "(of memory the most). The CPU time is the client's alone. The peers look at the query at "
        "once and every 5 ms, ours after 1 ms; results are read to the end and, by PyAthena, awswrangler and "
        "pyarrow, held as a whole.", "",
        f"Machine: {machine()}. No process can be measured below {found['floor_mib']} MiB.", "",
        f"![rows per second and memory]({name}.png)", "",
        *table(found), "",
        "## Size of the object", "", *growth(found), "",
        "## A link of 90 MB/s per connection and 20 ms latency", "", *link(found), "",
        "## First batch", "", *first_batch(found), "",
        "## The sandbox", "", *server(found), "",
    ]
    if "decoder" in found:
        parts += ["## Decoding alone, one thread", "", "```", found["decoder"], "```", ""]
    return "\n".join(parts)


def bars(found):
    return [
        {"name": plain(name), "ours": ours, "peak_mib": found["table"][key].peak_mib,
         "rows_per_second":
             (found["pages_rows"] if key in PAGES else found["rows"]) / found["table"][key].wall}
        for key, name, _, ours in ROWS if key in found["table"] and not key.startswith("curl")
    ]
