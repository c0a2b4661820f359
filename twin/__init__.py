"""cucm-twin: a digital twin of a Cisco Unified Communications cluster's public-key infrastructure."""
