# %% 8.1
places = [
    f"{node}:{unit}" for node in ("cucm-pub", "cucm-sub") for unit in ("CallManager", "tomcat")
]
effects = twin.trust("mra-lab", if_regenerated=places).effects
answer = {one.leg.kind for one in answer_now.legs} - {e.leg.kind for e in effects if e.breaks}
# %% 8.2
answer = {
    name
    for name in trusted
    if not any(e.breaks for e in twin.trust("mra-lab", if_deleted=f"expc:{name}").effects)
}
# %% 8.3
stuck = evening.phones[evening.phones["stuck"]]
texts = {
    name: set(";".join(group).split(";")) for name, group in stuck.groupby("population")["remedies"]
}
answer = (texts["home-8851"] - texts["home-jabber"]).pop()
