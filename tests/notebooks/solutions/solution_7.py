# %% 7.1
views = [lab.phone(name) for name in lab.stuck()]
answer = {view.population for view in views if view.state == "unregistered"}
# %% 7.2
older = twin.Twin("mixed-mode-200", release="11.5")
older.regenerate("pub", "CallManager")
older.wait()
older.do({"restart_service": {"node": "pub", "service": "CallManager"}})
older.wait("quiet", "30m")
older.do({"ctl_update": {}})
older.do({"restart_service": {"node": "pub", "service": "TFTP"}})
older.wait("quiet", "1h")
answer = len(older.stuck())
# %% 7.3
answer = twin.run("what-if-the-old-capf-is-deleted-too-early").metrics.phones_unregistered_at_end
# %% 7.4
WAIT = {"wait": {"until": "all_phones_registered", "at_most": "2h"}}
answer = [
    {"regenerate": {"node": "pub", "unit": "CallManager"}},
    WAIT,
    {"ctl_update": {}},
    {"restart_service": {"node": "pub", "service": "CallManager"}},
    WAIT,
]
