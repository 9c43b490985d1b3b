/* probes.h: probes in files of their own, beside the files of their protocols. What they hear is known by the
 * protocol's own recogniser. */
#ifndef PROTOCOLS_PROBES_H
#define PROTOCOLS_PROBES_H

#include "protocols/protocols.h"

enum { DTLS_PROBE_STATE = 264, RFB_PROBE_STATE = 8 };

extern const struct probe bacula_probe, coap_probe, dhcp_probe, distcc_probe, dtls_probe, finger_probe,
	git_probe, ident_probe, irc_probe, krb5_probe, l2tp_probe, lmtp_probe, mdns_probe, mqtt_probe,
	nbns_probe, nrpe_probe, pptp_probe, quic_probe, radius_probe, rfb_probe, rtmp_probe, socks_probe,
	tftp_probe, x11_probe, xmpp_probe, zabbix_probe;

/* What both a parser and a probe may see. */
extern const struct protocol protocol_dtls;

extern const struct weakness mqtt_no_auth, rfb_no_authentication, x11_no_auth, xmpp_clear_login;

#endif
