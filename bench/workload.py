"""Makes the workload: rows of ten columns, as Athena writes them.

    workload.py FOLDER ROWS [COPIES...]

writes FOLDER/rows-ROWS.csv, the result object of that many rows, FOLDER/parquet-ROWS with the
same rows as the 8 files of an UNLOAD, and for each N of COPIES a result object of N times the
rows. What is there already is kept. The seed is fixed.
"""
import pathlib
import sys

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

FILES = 8
NULL_SHARE = 0.05
WORDS = ["carefully", "final,", "pending", 'say "yes"', "deposits", "über", "a, b", "quick"]


def columns(rows):
    """The columns: name to (values for Parquet, text for CSV), NULLs included."""
    rng = np.random.default_rng(42)

    def digits(values, width):
        return pc.utf8_lpad(pa.array(values).cast(pa.string()), width, "0")

    def join(*parts):
        return pc.binary_join_element_wise(*parts, "")

    def made(values, text=None):
        nulls = pa.array(rng.random(rows) < NULL_SHARE)
        text = pa.array(values).cast(pa.string()) if text is None else text
        blank = pc.if_else(nulls, pa.scalar(None, pa.string()), text)
        return pc.if_else(nulls, pa.scalar(None, values.type), values), blank

    cents = rng.integers(-9_999_999_999, 9_999_999_999, rows)
    whole = pa.array(np.abs(cents) // 100).cast(pa.string())
    sign = pc.if_else(pa.array(cents < 0), "-", "")
    price = join(sign, whole, ".", digits(np.abs(cents) % 100, 2))

    code = join("N", digits(rng.integers(0, 10_000_000, rows), 7))
    code = pc.if_else(pa.array(rng.random(rows) < 0.1), "", code)

    count = rng.integers(3, 8, rows)
    words = pa.array(WORDS)
    remark = pa.array([""] * rows)
    for place in range(7):
        word = words.take(pa.array(rng.integers(0, len(WORDS), rows)))
        remark = join(remark, pc.if_else(pa.array(place < count), join(word, " "), ""))

    milliseconds = pa.array(rng.integers(0, 1_900_000_000_000, rows)).cast(pa.timestamp("ms"))
    tags = [pa.array(rng.integers(0, 65_536, rows, dtype=np.int32)) for _ in range(3)]
    tags_text = join("[", *[part for tag in tags for part in (tag.cast(pa.string()), ", ")][:-1], "]")
    offsets = pa.array(np.arange(0, 3 * rows + 1, 3, dtype=np.int32))
    flat = pa.array(np.stack([tag.to_numpy() for tag in tags], axis=1).reshape(-1))

    return {
        "id": made(pa.array(rng.integers(0, 1_000_000_000_000_000, rows))),
        "quantity": made(pa.array(rng.integers(-10_000_000, 10_000_000, rows, dtype=np.int32))),
        "ratio": made(pa.array(rng.random(rows) * 1e6)),
        "price": made(price.cast(pa.decimal128(18, 2)), price),
        "code": made(code),
        "remark": made(remark),
        "flag": made(pa.array(rng.random(rows) < 0.5)),
        "day": made(pa.array(rng.integers(0, 22_000, rows, dtype=np.int32)).cast(pa.date32())),
        "at": made(milliseconds),
        "tags": made(pa.ListArray.from_arrays(offsets, flat), tags_text),
    }


def csv_body(texts):
    """The lines: every value quoted, NULL as nothing. Bytes without a copy in Python's heap."""
    quoted = [
        pc.coalesce(pc.binary_join_element_wise('"', pc.replace_substring(text, '"', '""'), '"', ""), "")
        for text in texts
    ]
    lines = pc.binary_join_element_wise(pc.binary_join_element_wise(*quoted, ","), "\n", "")
    _, offsets, data = lines.buffers()
    ends = np.frombuffer(offsets, np.int32)
    return memoryview(data)[ends[lines.offset]:ends[lines.offset + len(lines)]]


def write_parts(path, parts):
    """Writes a file that is there only once it is whole."""
    partial = path.with_suffix(".partial")
    with open(partial, "wb") as out:
        for part in parts:
            out.write(part)
    partial.rename(path)


def write_parquet(folder, table):
    folder.mkdir(exist_ok=True)
    per_file = -(-table.num_rows // FILES)
    for number in range(FILES):
        parquet.write_table(
            table.slice(number * per_file, per_file), folder / f"{number:02}.parquet",
            compression="snappy", use_deprecated_int96_timestamps=True, use_dictionary=False)
    (folder / "whole").touch()


def main(folder, rows, copies):
    folder.mkdir(parents=True, exist_ok=True)
    path, parquet_folder = folder / f"rows-{rows}.csv", folder / f"parquet-{rows}"
    wanted = {folder / f"rows-{rows * count}.csv": count for count in copies}
    if path.exists() and (parquet_folder / "whole").exists() and all(p.exists() for p in wanted):
        return
    made = columns(rows)
    header = (",".join(f'"{name}"' for name in made) + "\n").encode()
    body = csv_body([text for _, text in made.values()])
    write_parts(path, [header, body])
    for multiple, count in wanted.items():
        write_parts(multiple, [header] + [body] * count)
    write_parquet(parquet_folder, pa.table({name: values for name, (values, _) in made.items()}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), int(sys.argv[2]), [int(count) for count in sys.argv[3:]])
