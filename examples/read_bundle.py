"""Reads a bundle with pandas and gets the report's numbers from its samples and windows.

Usage: python3 examples/read_bundle.py results/quick

Needs pandas and scipy, no notebook. Reads Parquet instead when the folder holds it (`lab export results/quick`, then give
results/quick/parquet; needs pyarrow). Prints each table and ends with 1 when a number differs from the lab's own.
"""
import sys
from pathlib import Path

import numpy
import pandas
from scipy import stats

folder = Path(sys.argv[1])


def table(name):
    """A table of the bundle; blank texts stay texts, blank numbers are NaN."""
    if (folder / f"{name}.parquet").exists():
        return pandas.read_parquet(folder / f"{name}.parquet")
    texts = ["run_id", "cell", "phase", "role", "metric", "unit", "backend", "a", "b", "path", "gateway", "weights"]
    found = pandas.read_csv(folder / f"{name}.csv", dtype={text: str for text in texts})
    return found.fillna({text: "" for text in texts if text in found})


def compare(title, ours, theirs):
    """Prints our numbers and counts those that differ from the lab's; rows are matched by their index."""
    both = ours.join(theirs.add_suffix("_lab"), how="outer")
    print(f"\n{title}\n{both.to_string()}")
    wrong = 0
    for name in ours.columns:
        a, b = both[name].astype(float), both[f"{name}_lab"].astype(float)
        close = numpy.isclose(a, b, rtol=1e-7, atol=1e-12) | (a.isna() & b.isna())
        wrong += int((~close).sum())
    return wrong, both.shape[0] * ours.shape[1]


keys = ["cell", "phase", "role", "metric"]
samples = table("samples")
counted = samples[samples["valid"].astype(str).str.lower() == "true"]

# Means with their t intervals, and medians: one run is one observation.
groups = counted.groupby(keys)["value"]
runs = groups.agg(n="count", mean="mean", median="median", deviation="std")
half = stats.t.ppf(0.975, runs["n"] - 1) * runs["deviation"] / runs["n"] ** 0.5
low = runs["mean"] - half
# What cannot be below zero has an interval that is cut off there.
runs["ci_low"] = low.where(~((groups.min() >= 0) & (low < 0)), 0.0)
runs["ci_high"] = runs["mean"] + half
runs["cv"] = runs["deviation"] / runs["mean"].abs().where(runs["mean"] != 0)
summary = table("summary").set_index(keys)
columns = ["n", "mean", "median", "ci_low", "ci_high", "cv"]
results = [compare("Means and medians over runs", runs[columns], summary[columns])]

# Shares of the backends with their Wilson intervals: good answers of all windows of valid runs.
windows = table("windows")
cells = samples.drop_duplicates("run_id").set_index("run_id")["cell"]
valid_runs = counted["run_id"].unique()
answers = windows[(windows["backend"] != "") & windows["run_id"].isin(valid_runs)].copy()
if len(answers) > 0:
    answers["cell"] = answers["run_id"].map(cells)
    answers["good"] = answers["requests"] - answers["errors"]
    split = answers.groupby(["cell", "phase", "backend"])["good"].sum().to_frame("requests")
    split["all"] = split.groupby(["cell", "phase"])["requests"].transform("sum")
    split = split[split["all"] > 0]
    split["share"] = split["requests"] / split["all"]
    ends = [
        stats.binomtest(int(k), int(n)).proportion_ci(method="wilson") for k, n in zip(split["requests"], split["all"])
    ]
    split["wilson_low"] = [end.low for end in ends]
    split["wilson_high"] = [end.high for end in ends]
    columns = ["requests", "share", "wilson_low", "wilson_high"]
    theirs = table("splits").set_index(["cell", "phase", "backend"])[columns]
    results.append(compare("Shares of the backends", split[columns], theirs))

# Ratios of the planned comparisons: Welch's interval on the logarithms.
comparisons = table("comparisons")
tested = comparisons[comparisons["effect"].notna()]
if len(tested) > 0:
    rows = []
    for _, row in tested.iterrows():
        a, b = (numpy.log(groups.get_group((row[side], row["phase"], row["role"], row["metric"]))) for side in "ab")
        ends = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
        rows.append(numpy.exp([a.mean() - b.mean(), ends.low, ends.high]))
    index = pandas.MultiIndex.from_frame(tested[["a", "b", "phase", "role", "metric"]])
    columns = ["effect", "ci_low", "ci_high"]
    ours = pandas.DataFrame(rows, index=index, columns=columns)
    results.append(compare("Ratios a / b", ours, tested.set_index(["a", "b", "phase", "role", "metric"])[columns]))

differ = sum(wrong for wrong, _ in results)
total = sum(count for _, count in results)
if differ > 0:
    sys.exit(f"{differ} of {total} numbers differ from the lab's")
print(f"\n{total} numbers as the lab's")
