# %% 9.1
answer = grades["default"]
# %% 9.2
first = calendar.iloc[0]
answer = f"{first.node}:{first.unit}"
# %% 9.3
WAIT = {"wait": {"until": "all_phones_registered", "at_most": "4h"}}
answer = []
for unit in ("CallManager", "TVS"):
    for node in ("pub", "sub1"):
        answer += [{"regenerate": {"node": node, "unit": unit}}, WAIT]
    answer.append({"advance": {"for": "6m"}})
