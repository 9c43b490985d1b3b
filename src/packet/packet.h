/* packet.h: a frame -> its packets.
 *
 * packet_decode() reads the link, network and transport layers of a frame into structs on the caller's stack.
 * It allocates nothing and never reads past the captured bytes. A tunnel is opened: what it carries is a
 * packet of its own behind the one that carries it, up to PACKET_DEPTH of them. Tunnels inside UDP are known
 * by what they say and not by a port, so the flow that has recognised one opens it with packet_open().
 *
 * What cannot be read is counted by kind and never guessed: the packet is then given as far as it goes. */
#ifndef PACKET_PACKET_H
#define PACKET_PACKET_H

#include "base/address.h"
#include "catalog/catalog.h"

enum { PACKET_DEPTH = 8, PACKET_VLANS = 4, PACKET_EXTENSIONS = 32 };

/* Why a packet could not be read further. */
enum packet_problem {
	PACKET_WHOLE,
	PACKET_LINK_UNKNOWN, /* a link type that we do not read */
	PACKET_LINK_SHORT,   /* ends inside the link layer */
	PACKET_LINK_HEADER,  /* a link header that contradicts itself */
	PACKET_IP_SHORT,     /* ends inside the IP header */
	PACKET_IP_HEADER,    /* version or header length that cannot be */
	PACKET_IP_LENGTH,    /* claims to be shorter than its own header */
	PACKET_IP_EXTENSION, /* an IPv6 extension header that does not fit, or too many of them */
	PACKET_TRANSPORT_SHORT,
	PACKET_TRANSPORT_HEADER, /* lengths in the transport's header that cannot be */
	PACKET_TUNNEL_SHORT,
	PACKET_TUNNEL_HEADER,
	PACKET_TOO_DEEP, /* more layers than PACKET_DEPTH */
	PACKET_PROBLEMS
};
const char *packet_problem_text(enum packet_problem problem);

/* How the packet came to be inside the one before it. */
enum tunnel {
	TUNNEL_NONE,
	TUNNEL_IPIP,
	TUNNEL_SIT,  /* IPv6 in IPv4 */
	TUNNEL_IPV6, /* IPv4 or IPv6 in IPv6 */
	TUNNEL_GRE,
	TUNNEL_PPTP,
	TUNNEL_NVGRE,
	TUNNEL_ERSPAN,
	TUNNEL_AH,
	TUNNEL_ESP,
	TUNNEL_ETHERIP,
	TUNNEL_MPLS,
	TUNNEL_L2TP,
	TUNNEL_VXLAN,
	TUNNEL_GENEVE,
	TUNNEL_TEREDO,
	TUNNEL_GTP,
	TUNNELS
};
const char *tunnel_text(enum tunnel tunnel);

enum checksum { CHECKSUM_UNKNOWN, CHECKSUM_GOOD, CHECKSUM_BAD };

enum {
	TCP_FIN = 1,
	TCP_SYN = 2,
	TCP_RST = 4,
	TCP_PSH = 8,
	TCP_ACK = 16,
	TCP_URG = 32,
	TCP_ECE = 64,
	TCP_CWR = 128
};

/* One packet of one layer. The first 40 bytes are the key of its flow. */
struct packet {
	struct address source, destination;
	uint16_t source_port, destination_port; /* of ICMP: type and code; 0 without ports */
	uint8_t transport;                      /* number of the IP header; 0 for what is not IP */
	uint8_t version;                        /* 4, 6; 0 for what is not IP */
	uint8_t tcp_flags;
	bool fragment; /* not the whole datagram: then there are no ports, and payload is the piece */

	struct span payload;     /* what the transport carries, as far as captured */
	uint32_t payload_length; /* the same on the wire */
	uint32_t length;         /* of the IP packet on the wire */

	uint32_t sequence, acknowledgement; /* tcp */
	uint16_t window;
	uint8_t window_scale; /* of a SYN, plus 1; 0: none */
	uint8_t tcp_header;   /* octets */

	uint8_t hop_limit, traffic_class;
	uint8_t problem;     /* enum packet_problem */
	uint8_t tunnel;      /* enum tunnel: how it came to be inside the packet before it */
	uint8_t cast;        /* enum cast */
	uint8_t ip_checksum; /* enum checksum, of the IPv4 header */
	uint16_t ip_header;  /* octets, with options or extension headers */
	uint16_t extensions; /* bit for each kind of IPv6 extension header: enum extension */
	uint32_t fragment_id, fragment_offset; /* offset in octets */
	bool more_fragments;
	uint8_t protects;         /* by AH or opened ESP: what its next header names; 0: not seen */
	uint8_t ipsec;            /* of ESP and AH: enum ipsec_result, what came of opening it */
	uint32_t tunnel_key;      /* GRE key, SPI of AH and ESP, VNI, TEID, MPLS label: of the header in this
				     packet */
	uint32_t tunnel_sequence; /* of AH, ESP and GRE */
	struct span ip;           /* the packet from its first byte, as far as captured: for checksums */
};

enum extension {
	EXTENSION_HOP_BY_HOP = 1,
	EXTENSION_ROUTING = 2,
	EXTENSION_FRAGMENT = 4,
	EXTENSION_DESTINATION = 8,
	EXTENSION_MOBILITY = 16,
	EXTENSION_HIP = 32,
	EXTENSION_SHIM6 = 64,
};

/* What a frame holds. */
struct packets {
	unsigned count;              /* of list */
	enum packet_problem problem; /* the first that was met, in the link layer or a packet */
	uint16_t ethertype; /* of what is not IP: 0x0806 for ARP; below 1536: LLC, and then its SAP */
	uint16_t vlans[PACKET_VLANS];
	uint8_t vlan_count;
	bool has_macs;
	bool usual; /* a whole packet of TCP or UDP alone, with nothing wrong */
	uint8_t source_mac[6], destination_mac[6];
	struct span body;                 /* of what is not IP */
	struct packet list[PACKET_DEPTH]; /* the outermost first; those behind `count` are not filled */
};

/* Reads a frame of a LINKTYPE. wire_length is the frame's on the wire, never below what is captured. */
void packet_decode_bytes(struct packets *packets, uint16_t link, const uint8_t *bytes, size_t captured,
			 uint32_t wire_length);

static inline void packet_decode(struct packets *packets, uint16_t link, struct span frame,
				 uint32_t wire_length)
{
	packet_decode_bytes(packets, link, frame.at, span_left(frame), wire_length);
}

/* A number that is the same for all frames between two addresses, for choosing the worker that reads them:
 * made of the outermost pair of IP addresses in either order. An ICMP error has that of the packet that it
 * quotes, so that it meets the flow of which it speaks; of its fragments, that of its own pair. 0 for what is
 * not IP. Far cheaper than packet_decode() on the usual link types. */
uint32_t packet_steer(uint16_t link, const uint8_t *bytes, size_t length);

/* The same of the beginning of a frame, if its headers stand there as they usually do; else false. */
bool packet_steer_beginning(uint16_t link, const uint8_t *bytes, size_t length, uint32_t *ret_number);

/* What a tunnel that a flow has recognised carries, read as further packets behind the last one. */
enum carried { CARRIED_IP, CARRIED_ETHERNET, CARRIED_PPP, CARRIED_MPLS };
bool packet_open(struct packets *packets, enum tunnel tunnel, enum carried carried, struct span bytes);

/* Reads the ports (of ICMP: type and code) of the first piece of a datagram. False where they are cut off, or
 * the transport stands behind further headers. */
bool packet_begins(struct packet *piece);

/* Reads an IP packet that was put together from fragments (fragments.h), in the place of its nth piece. */
void packet_reassembled(struct packets *packets, unsigned nth, struct span datagram, uint32_t wire_length);

/* What IPsec protects in the nth packet, once it is decrypted: the IP header's protocol field names it as
 * `next`. */
bool packet_protected(struct packets *packets, unsigned nth, enum tunnel tunnel, uint8_t next,
		      struct span bytes);

/* Reads the packet that an ICMP error quotes: addresses, transport and ports as it was sent. False where none
 * can be read. */
bool packet_quoted(const struct packet *icmp, struct packet *ret_quoted);

/* Verifies the checksum of the transport, which costs a look at every byte. UNKNOWN if not all was captured,
 * or the sender left it out. */
enum checksum packet_checksum(const struct packet *packet);

#endif
