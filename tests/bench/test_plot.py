"""The picture. matplotlib is large, so a stand-in takes down what is drawn."""
import io
import json
import sys
from unittest import mock


def test_every_client_has_a_bar_in_both_halves(monkeypatch):
    matplotlib, figure = mock.MagicMock(), mock.MagicMock()
    speed, memory = mock.MagicMock(), mock.MagicMock()
    matplotlib.pyplot.subplots.return_value = figure, (speed, memory)
    monkeypatch.setitem(sys.modules, "matplotlib", matplotlib)
    monkeypatch.delitem(sys.modules, "plot", raising=False)
    import plot

    bars = [{"name": "theirs", "ours": False, "peak_mib": 100.4, "rows_per_second": 10.0},
            {"name": "ours", "ours": True, "peak_mib": 20.6, "rows_per_second": 1234567.0}]
    monkeypatch.setattr(sys, "stdin", io.StringIO(json.dumps(bars)))
    plot.main("picture.png")
    # The first one is on top.
    colours = [plot.OURS, plot.OTHERS]
    speed.barh.assert_called_once_with(["ours", "theirs"], [1234567.0, 10.0], color=colours)
    memory.barh.assert_called_once_with(["ours", "theirs"], [20.6, 100.4], color=colours)
    assert speed.bar_label.call_args.args[1] == ["1,234,567", "10"]
    assert memory.bar_label.call_args.args[1] == ["21", "100"]
    assert figure.savefig.call_args.args == ("picture.png",)
