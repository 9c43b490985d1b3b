/* What expressions load: bytes of the packet's headers (RFC 791, 8200, 9293, 768), what the kernel knows of
 * it, and what the connection tracker does. It is a plain first packet: without options, extension headers,
 * fragments, mark or connection. What no question tells is unknown. */
#include "catalog/catalog.h"
#include "netfilter/evaluate.h"

#include <linux/if_ether.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/rtnetlink.h>
#include <time.h>

enum {
	TCP_FLAGS = 13,
	TCP_SYN = 2,
	NAME_BYTES = 16, /* of an interface */
	DONT_FRAGMENT = 0x40,
	/* What a first packet's connection may have become: translated, and bits above that. */
	STATUS_OPEN_LOW = 0xc0,
};

void load_anything(struct branch *branch)
{
	for (size_t i = 0; i < REGISTER_BYTES; i++)
		branch->registers[i] = unknown_byte();
}

static struct byte of_source(enum byte_source source, size_t index)
{
	return (struct byte){ .source = (uint8_t)source, .index = (uint8_t)index, .mask = 0xff };
}

static const struct address *destination_of(const struct evaluation *e, const struct state *state)
{
	return state->translated ? &state->to : &e->destination;
}

static struct byte destination_port(const struct state *state, size_t index)
{
	if (state->translated_port)
		return known_byte((uint8_t)(index == 0 ? state->port >> 8 : state->port));
	return of_source(SOURCE_DESTINATION_PORT, index);
}

static bool has_ports(const struct evaluation *e)
{
	const struct transport *const transport = catalog_transport(e->transport);

	return transport != NULL && transport->has_ports;
}

static struct byte transport_byte(const struct evaluation *e, const struct state *state, size_t at)
{
	if (at < 4 && has_ports(e))
		return at < 2 ? of_source(SOURCE_PORT, at) : destination_port(state, at - 2);
	if (e->transport == TRANSPORT_TCP && at == TCP_FLAGS)
		return known_byte(TCP_SYN);
	return unknown_byte();
}

static struct byte header_byte_v4(const struct evaluation *e, const struct state *state, size_t at)
{
	if (at == 0)
		return known_byte(0x45);
	if (at == 6) /* the fragment's offset and flags: whole, but DF may be set */
		return (struct byte){ .source = SOURCE_NOBODY, .mask = DONT_FRAGMENT };
	if (at == 7)
		return known_byte(0);
	if (at == 9)
		return known_byte((uint8_t)e->transport);
	if (at >= 12 && at < 16)
		return of_source(SOURCE_ADDRESS, at - 12);
	if (at >= 16 && at < 20)
		return known_byte(destination_of(e, state)->bytes[12 + at - 16]);
	return unknown_byte();
}

static struct byte header_byte_v6(const struct evaluation *e, const struct state *state, size_t at)
{
	if (at == 0)
		return (struct byte){ .source = SOURCE_NOBODY, .mask = 0x0f, .value = 0x60 };
	if (at == 6)
		return known_byte((uint8_t)e->transport);
	if (at >= 8 && at < 24)
		return of_source(SOURCE_ADDRESS, at - 8);
	if (at >= 24 && at < 40)
		return known_byte(destination_of(e, state)->bytes[at - 24]);
	return unknown_byte();
}

/* Of the link's header, where it is Ethernet's, only what it carries is known. */
static struct byte link_byte(const struct evaluation *e, size_t at)
{
	const unsigned type = e->v4 ? ETH_P_IP : ETH_P_IPV6;

	if (at == 12 || at == 13)
		return known_byte((uint8_t)(at == 12 ? type >> 8 : type));
	return unknown_byte();
}

static struct byte payload_byte(const struct evaluation *e, const struct state *state, uint32_t base,
				size_t at)
{
	switch (base) {
	case NFT_PAYLOAD_LL_HEADER: return link_byte(e, at);
	case NFT_PAYLOAD_NETWORK_HEADER:
		return e->v4 ? header_byte_v4(e, state, at) : header_byte_v6(e, state, at);
	case NFT_PAYLOAD_TRANSPORT_HEADER: return transport_byte(e, state, at);
	}
	return unknown_byte();
}

void load_payload(struct evaluation *e, struct branch *branch, struct span data)
{
	const uint32_t base = attribute_number(data, NFTA_PAYLOAD_BASE, UINT32_MAX);
	const uint32_t at = attribute_number(data, NFTA_PAYLOAD_OFFSET, UINT32_MAX);
	const uint32_t length = attribute_number(data, NFTA_PAYLOAD_LEN, 0);
	struct byte *const to = registers_at(branch, attribute_number(data, NFTA_PAYLOAD_DREG, 0), length);

	if (to == NULL || at > UINT16_MAX) {
		load_anything(branch);
		return;
	}
	for (uint32_t i = 0; i < length; i++)
		to[i] = payload_byte(e, &branch->state, base, at + i);
}

/* ---- what the kernel knows ---- */

/* Writes known bytes; what stands behind them in the register's last word is zero. */
static void load_bytes(struct branch *branch, uint32_t number, const void *values, size_t length)
{
	struct byte *const to = registers_at(branch, number, (length + 3) & ~(size_t)3);

	for (size_t i = 0; to != NULL && i < ((length + 3) & ~(size_t)3); i++)
		to[i] = known_byte(i < length ? ((const uint8_t *)values)[i] : 0);
}

static void load_number(struct branch *branch, uint32_t number, uint32_t value)
{
	load_bytes(branch, number, &value, sizeof(value));
}

static void load_unknown(struct branch *branch, uint32_t number, size_t length)
{
	struct byte *const to = registers_at(branch, number, length);

	for (size_t i = 0; to != NULL && i < length; i++)
		to[i] = unknown_byte();
	if (to == NULL)
		load_anything(branch);
}

static void load_name(struct branch *branch, uint32_t number, const struct host_interface *interface)
{
	char name[NAME_BYTES] = "";

	if (interface != NULL)
		strncpy(name, interface->name, sizeof(name) - 1);
	load_bytes(branch, number, name, sizeof(name));
}

static void set_mark(struct evaluation *e, struct branch *branch, uint32_t number, uint32_t *mark,
		     bool *unknown)
{
	const struct byte *const from = registers_at(branch, number, sizeof(*mark));
	uint32_t value = 0;

	(void)e;
	*unknown = from == NULL || !bytes_known(from, sizeof(value), (uint8_t *)&value);
	*mark = *unknown ? 0 : value;
}

static void load_mark(struct branch *branch, uint32_t number, uint32_t mark, bool unknown)
{
	if (unknown)
		load_unknown(branch, number, sizeof(mark));
	else
		load_number(branch, number, mark);
}

/* On its way in a packet has no interface that it leaves by; forwarded it has one. */
static void load_out(struct evaluation *e, struct branch *branch, uint32_t number, bool name)
{
	if (e->forwarded && e->out == NULL)
		load_unknown(branch, number, name ? NAME_BYTES : sizeof(uint32_t));
	else if (name)
		load_name(branch, number, e->forwarded ? e->out : NULL);
	else
		load_number(branch, number, e->forwarded ? e->out->index : 0);
}

static void load_meta_key(struct evaluation *e, struct branch *branch, uint32_t key, uint32_t number)
{
	const uint8_t transport = (uint8_t)e->transport, protocol = e->v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	const uint8_t ethertype[2] = { e->v4 ? 0x08 : 0x86, e->v4 ? 0x00 : 0xdd }, to_host = 0;
	struct timespec now = { 0 };
	uint64_t time;

	switch (key) {
	case NFT_META_PROTOCOL: load_bytes(branch, number, ethertype, sizeof(ethertype)); break;
	case NFT_META_NFPROTO: load_bytes(branch, number, &protocol, 1); break;
	case NFT_META_L4PROTO: load_bytes(branch, number, &transport, 1); break;
	case NFT_META_PKTTYPE: load_bytes(branch, number, &to_host, 1); break;
	case NFT_META_IIF: load_number(branch, number, e->interface->index); break;
	case NFT_META_IIFNAME: load_name(branch, number, e->interface); break;
	case NFT_META_OIF: load_out(e, branch, number, false); break;
	case NFT_META_OIFNAME: load_out(e, branch, number, true); break;
	case NFT_META_MARK: load_mark(branch, number, branch->state.mark, branch->state.mark_unknown); break;
	case NFT_META_NFTRACE: load_bytes(branch, number, &to_host, 1); break;
	case NFT_META_TIME_NS: /* as it stands now */
		clock_gettime(CLOCK_REALTIME, &now);
		time = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
		load_bytes(branch, number, &time, sizeof(time));
		break;
	default: load_unknown(branch, number, NAME_BYTES);
	}
}

bool load_meta(struct evaluation *e, struct branch *branch, struct span data)
{
	const uint32_t key = attribute_number(data, NFTA_META_KEY, UINT32_MAX);
	const uint32_t to = attribute_number(data, NFTA_META_DREG, 0);
	const uint32_t from = attribute_number(data, NFTA_META_SREG, 0);

	if (to != 0)
		load_meta_key(e, branch, key, to);
	else if (key == NFT_META_MARK)
		set_mark(e, branch, from, &branch->state.mark, &branch->state.mark_unknown);
	return true;
}

/* ---- the connection tracker ---- */

uint32_t connection_state(const struct evaluation *e, const struct state *state)
{
	if (state->untracked)
		return NF_CT_STATE_UNTRACKED_BIT;
	return e->tracked ? NF_CT_STATE_BIT(IP_CT_NEW) : NF_CT_STATE_INVALID_BIT;
}

static void load_original(struct evaluation *e, struct branch *branch, uint32_t key, uint32_t number)
{
	const bool source = key == NFT_CT_SRC || key == NFT_CT_SRC_IP || key == NFT_CT_SRC_IP6;
	const size_t size = e->v4 ? 4 : ADDRESS_BYTES;
	struct byte *const to = registers_at(branch, number, size);

	for (size_t i = 0; to != NULL && i < size; i++)
		to[i] = source ? of_source(SOURCE_ADDRESS, i)
			       : known_byte(e->destination.bytes[ADDRESS_BYTES - size + i]);
}

static void load_original_port(struct branch *branch, uint32_t number, enum byte_source source)
{
	struct byte *const to = registers_at(branch, number, 4);

	for (size_t i = 0; to != NULL && i < 4; i++)
		to[i] = i < PORT_BYTES ? of_source(source, i) : known_byte(0);
}

enum shown translation_shown(const struct evaluation *e, const struct state *state)
{
	if (!state->translated)
		return SHOWN_NO;
	if (address_compare(&state->to, &e->destination) != 0)
		return SHOWN_YES;
	return state->translated_port ? SHOWN_PERHAPS : SHOWN_NO;
}

/* A first packet has not been answered or confirmed yet. */
static void load_status(struct evaluation *e, struct branch *branch, uint32_t number)
{
	const enum shown shown = translation_shown(e, &branch->state);
	struct byte *const to = registers_at(branch, number, sizeof(uint32_t));

	if (to == NULL)
		return;
	load_unknown(branch, number, sizeof(uint32_t));
	to[0] = (struct byte){ .mask = STATUS_OPEN_LOW, .value = shown == SHOWN_YES ? IPS_DST_NAT : 0 };
	if (shown == SHOWN_PERHAPS)
		to[0].mask |= IPS_DST_NAT;
}

static void load_tracked(struct evaluation *e, struct branch *branch, uint32_t key, uint32_t number,
			 bool reply)
{
	const uint8_t original = 0, transport = (uint8_t)e->transport,
		      protocol = e->v4 ? NFPROTO_IPV4 : NFPROTO_IPV6;
	static const uint8_t nothing[16];

	switch (key) {
	case NFT_CT_DIRECTION: load_bytes(branch, number, &original, 1); return;
	case NFT_CT_STATUS: load_status(e, branch, number); return;
	case NFT_CT_MARK:
		load_mark(branch, number, branch->state.connection_mark,
			  branch->state.connection_mark_unknown);
		return;
	case NFT_CT_L3PROTOCOL: load_bytes(branch, number, &protocol, 1); return;
	case NFT_CT_PROTOCOL: load_bytes(branch, number, &transport, 1); return;
	case NFT_CT_LABELS: load_bytes(branch, number, nothing, sizeof(nothing)); return;
	case NFT_CT_ZONE: load_bytes(branch, number, nothing, 2); return;
	}
	load_unknown(branch, number, ADDRESS_BYTES);
	if (reply)
		return;
	if (key == NFT_CT_SRC || key == NFT_CT_DST || key == NFT_CT_SRC_IP || key == NFT_CT_DST_IP ||
	    key == NFT_CT_SRC_IP6 || key == NFT_CT_DST_IP6)
		load_original(e, branch, key, number);
	else if (key == NFT_CT_PROTO_SRC && has_ports(e))
		load_original_port(branch, number, SOURCE_PORT);
	else if (key == NFT_CT_PROTO_DST && has_ports(e))
		load_original_port(branch, number, SOURCE_DESTINATION_PORT);
}

bool load_connection(struct evaluation *e, struct branch *branch, struct span data)
{
	const uint32_t key = attribute_number(data, NFTA_CT_KEY, UINT32_MAX);
	const uint32_t to = attribute_number(data, NFTA_CT_DREG, 0);
	struct span direction = attribute_of(data, NFTA_CT_DIRECTION);
	const bool reply = !direction.failed && span_u8(&direction) != 0;

	if (to == 0) {
		if (key == NFT_CT_MARK)
			set_mark(e, branch, attribute_number(data, NFTA_CT_SREG, 0),
				 &branch->state.connection_mark, &branch->state.connection_mark_unknown);
		return true;
	}
	if (branch->state.untracked_unknown) {
		load_anything(branch);
		return true;
	}
	if (key == NFT_CT_STATE) {
		load_number(branch, to, connection_state(e, &branch->state));
		return true;
	}
	if (!e->tracked || branch->state.untracked) /* no connection, and no match */
		return false;
	load_tracked(e, branch, key, to, reply);
	return true;
}

/* ---- others ---- */

/* A plain packet has no extension headers and no options of IPv4; those of TCP are open. */
bool load_extension(struct evaluation *e, struct branch *branch, struct span data)
{
	const uint32_t number = attribute_number(data, NFTA_EXTHDR_DREG, 0);
	const uint32_t of = attribute_number(data, NFTA_EXTHDR_OP, NFT_EXTHDR_OP_IPV6);
	const uint8_t absent = 0;

	(void)e;
	if (of != NFT_EXTHDR_OP_IPV6 && of != NFT_EXTHDR_OP_IPV4) {
		load_anything(branch);
		return true;
	}
	if ((attribute_number(data, NFTA_EXTHDR_FLAGS, 0) & NFT_EXTHDR_F_PRESENT) == 0)
		return false;
	load_bytes(branch, number, &absent, 1);
	return true;
}

bool destination_is_local(const struct evaluation *e, const struct address *destination, bool of_interface)
{
	for (size_t i = 0; i < e->host->interface_count; i++) {
		const struct host_interface *const interface = &e->host->interfaces[i];

		if (interface->space != 0 || (of_interface && interface != e->interface))
			continue;
		for (size_t a = 0; a < interface->address_count; a++) {
			if (address_compare(&interface->addresses[a], destination) == 0 ||
			    (interface->loopback && address_in(destination, &interface->networks[a])))
				return true;
		}
	}
	return false;
}

void load_route(struct evaluation *e, struct branch *branch, struct span data)
{
	const uint32_t flags = attribute_number(data, NFTA_FIB_FLAGS, 0);
	const uint32_t number = attribute_number(data, NFTA_FIB_DREG, 0);
	const bool asks_type = attribute_number(data, NFTA_FIB_RESULT, 0) == NFT_FIB_RESULT_ADDRTYPE;

	if (asks_type && (flags & NFTA_FIB_F_DADDR) != 0 && (flags & NFTA_FIB_F_OIF) == 0 &&
	    destination_is_local(e, destination_of(e, &branch->state), (flags & NFTA_FIB_F_IIF) != 0))
		load_number(branch, number, RTN_LOCAL);
	else
		load_unknown(branch, number, NAME_BYTES);
}
