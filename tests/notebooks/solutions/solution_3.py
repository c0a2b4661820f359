# %% 3.1
answer = storm.metrics.tvs.queries / storm.document.phones
# %% 3.2
out = storm.timeline[OUT].sum(axis=1)
hours = out.index.to_series().diff().shift(-1) / pd.Timedelta("1h")
answer = (out * hours).sum()


# %% 3.3
def peak(pace):
    run = twin.run(
        "callmanager-regeneration",
        model="two-node-1000",
        set={"timing.reset_pace_per_ccm_per_s": pace},
    )
    return run.metrics.peak_unregistered


answer = max(pace for pace in range(5, 12) if peak(pace) <= 900)
