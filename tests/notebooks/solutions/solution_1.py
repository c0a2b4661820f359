# %% 1.1
serial = callmanager.serial_bytes
answer = {int.from_bytes(r[4], "big") for r in split_records(data) if r[6] == serial}
# %% 1.2
answer = 3 + len(signature)


# %% 1.3
def answer(data):
    return sum(9 in record for record in split_records(data))


# %% 1.4
units = ("CallManager", "ITLRecovery", "TVS", "CAPF")
answer = next(u for u in units if later.certificate("pub", u).serial_bytes == newer.header.serial)
