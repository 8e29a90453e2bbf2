/** Devices that no mapping can describe, for mappings/README.md: what it is, and why. */
export const NOT_MAPPED: readonly (readonly [device: string, reason: string])[] = [
  ['openWB, its own relays and sockets', 'wired to pins of its own computer; reach it over MQTT or as openwb-series2'],
  [
    'Bender CC612, CC613: switching phases',
    'only over SEMP, a second protocol beside Modbus; current and pause work over Modbus',
  ],
  ['EM2GO: what a box can do', 'shown only by a trial write; the two register layouts are two files'],
  ['Victron VM-3P75CT without a GX device', 'Modbus over UDP; behind a GX device it is victron-gx'],
  ['Easee, Zaptec, Nexblue, AlphaESS', 'only through the maker’s cloud: no control when the internet fails'],
  ['Porsche, Audi, Elli, ghostONE', 'EEBus (SHIP) with pairing; no driver yet'],
  ['NRGkick Connect by radio, EVSEMaster', 'Bluetooth LE and a binary protocol without published rules'],
  ['Meters with DLMS/COSEM or M-Bus only', 'keys per meter and framing of their own; no driver yet'],
]
