"""Keys, certificates, trust stores and the byte formats that phones read.

This room knows X.509, the CTL/ITL and signed-file formats, the TVS messages and the phone's
configuration file. It must not know simulated time, queues, nodes or phones: every instant,
serial number and key is handed in, and every function is pure but for the key bank's folder.
"""
