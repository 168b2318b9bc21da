"""Reads a bundle with pandas and gets the report's means: python3 examples/read_bundle.py results/quick

Needs pandas. Ends with 1 when a number differs from summary.csv.
"""
import sys
from pathlib import Path

import pandas

bundle = Path(sys.argv[1])
keys = ["cell", "phase", "role", "metric"]
samples = pandas.read_csv(bundle / "samples.csv", keep_default_na=False, dtype={"value": float})
samples = samples[samples["valid"].astype(str).str.lower() == "true"]
ours = samples.groupby(keys)["value"].agg(["count", "mean", "median"])
summary = pandas.read_csv(bundle / "summary.csv", keep_default_na=False).set_index(keys)
theirs = summary[["n", "mean", "median"]].astype(float)
theirs.columns = ["n", "mean_report", "median_report"]
both = ours.join(theirs, how="outer")
print(both.to_string())

size = both["mean_report"].abs().clip(lower=1e-12)
wrong = both[
    both.isna().any(axis=1)
    | (both["count"] != both["n"])
    | ((both["mean"] - both["mean_report"]).abs() > 1e-9 * size)
    | ((both["median"] - both["median_report"]).abs() > 1e-9 * size)
]
if len(wrong) > 0:
    sys.exit(f"{len(wrong)} of {len(both)} numbers differ from summary.csv")
print(f"{len(both)} numbers as in summary.csv")
