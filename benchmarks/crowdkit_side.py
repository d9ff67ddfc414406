"""Run by the interpreter that has crowd-kit: a table of votes -> its labels and the seconds.

usage: python crowdkit_side.py VOTES.npz LABELS.npy ITERATIONS TOLERANCE
"""

import json
import sys
import time

import numpy as np
import pandas as pd
from crowdkit.aggregation import DawidSkene, MajorityVote

votes = np.load(sys.argv[1])
frame = pd.DataFrame({name: votes[name] for name in ("task", "worker", "label")})
started = time.perf_counter()
model = DawidSkene(n_iter=int(sys.argv[3]), tol=float(sys.argv[4]))
labels = model.fit_predict(frame).sort_index()
seconds = time.perf_counter() - started
started = time.perf_counter()
MajorityVote().fit_predict(frame)
majority = time.perf_counter() - started
np.save(sys.argv[2], labels.to_numpy())
iterations = len(model.loss_history_)
print(json.dumps({"seconds": seconds, "majority": majority, "iterations": iterations}))
