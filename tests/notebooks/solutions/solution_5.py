# %% 5.1
table = twin.run("what-if-both-change-on-a-single-server-of-8-6").phones
answer = {remedy for text in table["remedies"] for remedy in text.split(";") if remedy}
# %% 5.2
answer = 12 * 8 * 2
# %% 5.3
WAIT = {"wait": {"until": "all_phones_registered", "at_most": "4h"}}
answer = [
    {"regenerate": {"node": "pub", "unit": "ITLRecovery"}},
    {"itl_reset": {"key": "local"}},
    {"reset_phones": {}},
    WAIT,
    {"restart_service": {"node": "pub", "service": "TFTP"}},
    {"reset_phones": {}},
    WAIT,
    CALLMANAGER,
    WAIT,
    TVS,
    WAIT,
]
