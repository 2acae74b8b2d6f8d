"""Draws rows per second and peak memory of each client: plot.py FILE.png < bars.json."""
import json
import sys

import matplotlib

matplotlib.use("Agg")
from matplotlib import pyplot

OURS, OTHERS = "#1b6ca8", "#b9c2cc"


def main(path):
    bars = json.load(sys.stdin)
    figure, (speed, memory) = pyplot.subplots(1, 2, figsize=(12, 0.42 * len(bars) + 1.2), sharey=True)
    names = [bar["name"] for bar in bars][::-1]
    colours = [OURS if bar["ours"] else OTHERS for bar in bars][::-1]
    for axes, key, title, form in (
            (speed, "rows_per_second", "rows per second (more is better)", "{:,.0f}"),
            (memory, "peak_mib", "peak memory, MiB (less is better)", "{:,.0f}")):
        values = [bar[key] for bar in bars][::-1]
        drawn = axes.barh(names, values, color=colours)
        axes.bar_label(drawn, [form.format(value) for value in values], padding=3, fontsize=8)
        axes.set_title(title, fontsize=10)
        axes.margins(x=0.18)
        axes.spines[["top", "right"]].set_visible(False)
        axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
        axes.locator_params(axis="x", nbins=5)
        axes.tick_params(labelsize=8)
    figure.tight_layout()
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    main(sys.argv[1])
