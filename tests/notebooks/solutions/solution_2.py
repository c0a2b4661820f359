# %% 2.1
for step in (CALLMANAGER, TVS):
    two.do(step)
two.advance("8s")
answer = next(o.verdict for o in two.phone(desk_7841).offers if o.file == "ITL")


# %% 2.2
def answer(held, offered):
    return any(
        record.role == 0
        and (record.issuer, record.serial) == (offered.header.issuer, offered.header.serial)
        for record in held.records
    )


# %% 2.3
answer = [CALLMANAGER, {"wait": {"until": "all_phones_registered", "at_most": "4h"}}, TVS]
