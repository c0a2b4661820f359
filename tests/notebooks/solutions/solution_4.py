# %% 4.1
answer = waves["seconds since the one before"].iloc[2:].median()
# %% 4.2
answer = twin.run(LOOP, set={"experiment.run_for": "24h"}).metrics.resets_per_phone_max


# %% 4.3
def ends(*nodes):
    return all(wave.started_at < "2016-02-07T23:20" for wave in evening(*nodes).document.waves)


choices = [("pub",), ("sub1",), ("sub2",)]
pairs = [("pub", "sub1"), ("pub", "sub2"), ("sub1", "sub2")]
answer = 1 if all(ends(*c) for c in choices) else 2 if all(ends(*c) for c in pairs) else 3
