# %% 6.1
answer = plan(phones=1000, wan_mbps=1).result.metrics.phones_stuck
# %% 6.2
answer = sum(run.total_s > 1200 for run in window.runs) / len(window.runs)
# %% 6.3
answer = {"phones": 1000, "reset_pace": 5, "wan_mbps": 10, "order": "TVS, then CallManager"}
