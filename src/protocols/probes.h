/* probes.h: probes in files of their own, beside the files of their protocols. What they hear is known by the
 * protocol's own recogniser. */
#ifndef PROTOCOLS_PROBES_H
#define PROTOCOLS_PROBES_H

#include "protocols/protocols.h"

enum {
	BACNET_PROBE_STATE = 2,
	DTLS_PROBE_STATE = 2312,
	ENIP_PROBE_STATE = 4,
	ORACLE_PROBE_STATE = 1,
	RFB_PROBE_STATE = 8,
	STUN_PROBE_STATE = 4,
};

/* For probes whose servers show who they are by answering: what the protocol's own recogniser says, at which
 * all that was heard is taken. */
enum probe_step probe_recognised(const struct protocol *protocol, unsigned transport, struct span *heard,
				 bool ended);

extern const struct probe bacnet_probe, bacula_probe, bittorrent_probe, cassandra_probe, coap_probe,
	dcerpc_probe, dhcp_probe, distcc_probe, dtls_probe, enip_probe, finger_probe, git_probe, gtp_probe,
	ident_probe, iec104_probe, irc_probe, krb5_probe, l2tp_probe, lmtp_probe, mdns_probe, mgcp_probe,
	mqtt_probe, nat_pmp_probe, nbns_probe, nrpe_probe, opcua_probe, oracle_probe, pptp_probe, quic_probe,
	radius_probe, rfb_probe, rtmp_probe, socks_probe, stun_probe, tftp_probe, whois_probe, x11_probe,
	xmpp_probe, zabbix_probe;

/* What both a parser and a probe may see. */
extern const struct protocol protocol_dtls;

extern const struct weakness mqtt_no_auth, rfb_no_authentication, x11_no_auth, xmpp_clear_login;

#endif
