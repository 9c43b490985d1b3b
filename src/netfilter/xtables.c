/* Matches and targets of xtables, which iptables-nft puts into rules as they are (linux/netfilter/xt_*.h).
 * Only those are read that firewalls write; any other match may hold or not, any other target may do
 * anything. */
#include "host/netlink.h"
#include "netfilter/evaluate.h"

#include <linux/in.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_nat.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_addrtype.h>
#include <linux/netfilter/xt_conntrack.h>
#include <linux/netfilter/xt_iprange.h>
#include <linux/netfilter/xt_mark.h>
#include <linux/netfilter/xt_multiport.h>
#include <linux/netfilter/xt_tcpudp.h>

enum { TCP_SYN = 2, TCP_OPTIONS_NONE = 0 };

/* A match while it is read: what it has to say, of which revision. */
struct reading {
	struct span name, info;
	uint32_t revision;
};

static struct reading read_head(struct span data)
{
	struct reading m = { attribute_of(data, NFTA_MATCH_NAME), attribute_of(data, NFTA_MATCH_INFO),
			     attribute_number(data, NFTA_MATCH_REV, 0) };

	if (span_left(m.name) > 0 && m.name.end[-1] == '\0')
		m.name.end--;
	return m;
}

static struct condition perhaps(void)
{
	return (struct condition){ HOLDS_PERHAPS, everything };
}

static struct condition certain(bool holds)
{
	return (struct condition){ holds ? HOLDS : HOLDS_NOT, everything };
}

/* Copies what the kernel told into its structure; shorter or longer ones are another revision's. */
static bool take(struct span info, void *structure, size_t size)
{
	if (info.failed || span_left(info) < size)
		return false;
	memcpy(structure, info.at, size);
	return true;
}

/* ---- ports ---- */

static void destination_bytes(const struct branch *b, struct byte to[static PORT_BYTES])
{
	for (unsigned i = 0; i < PORT_BYTES; i++)
		to[i] = b->state.translated_port
				? known_byte((uint8_t)(i == 0 ? b->state.port >> 8 : b->state.port))
				: (struct byte){ .source = SOURCE_DESTINATION_PORT,
						 .index = (uint8_t)i,
						 .mask = 0xff };
}

static struct condition ports_between(const struct evaluation *e, const struct branch *b, bool source,
				      uint16_t first, uint16_t last)
{
	const uint8_t from[] = { (uint8_t)(first >> 8), (uint8_t)first },
		      to[] = { (uint8_t)(last >> 8), (uint8_t)last };
	struct byte bytes[PORT_BYTES];

	if (!source) {
		destination_bytes(b, bytes);
		return bytes_between(e, bytes, from, to, PORT_BYTES);
	}
	for (unsigned i = 0; i < PORT_BYTES; i++)
		bytes[i] = (struct byte){ .source = SOURCE_PORT, .index = (uint8_t)i, .mask = 0xff };
	return bytes_between(e, bytes, from, to, PORT_BYTES);
}

/* Narrows all branches from `at` on: each becomes that part of it for which the condition holds. */
static struct branches narrowed(struct evaluation *e, const struct branches *from,
				const struct condition *holds, bool inverted)
{
	struct branches out = { 0 };

	for (size_t i = 0; i < from->count; i++)
		branch_where(e, &from->list[i], *holds, inverted, &out);
	return out;
}

static void give(struct evaluation *e, const struct branches *from, struct branches *out)
{
	for (size_t i = 0; i < from->count; i++)
		(void)branch_add(e, out, &from->list[i]);
}

static void match_ports(struct evaluation *e, const struct branch *b, const uint16_t source[2],
			const uint16_t destination[2], uint8_t inverted, struct branches *out)
{
	struct condition holds = ports_between(e, b, true, source[0], source[1]);
	struct branches part = { 0 };

	(void)branch_add(e, &part, b);
	part = narrowed(e, &part, &holds, (inverted & XT_TCP_INV_SRCPT) != 0);
	holds = ports_between(e, b, false, destination[0], destination[1]);
	part = narrowed(e, &part, &holds, (inverted & XT_TCP_INV_DSTPT) != 0);
	give(e, &part, out);
}

static void match_tcp(struct evaluation *e, const struct branch *b, struct span info, struct branches *out)
{
	struct xt_tcp tcp;
	bool flags;

	if (e->transport != IPPROTO_TCP)
		return;
	if (!take(info, &tcp, sizeof(tcp)) || tcp.option != TCP_OPTIONS_NONE) {
		branch_where(e, b, perhaps(), false, out);
		return;
	}
	flags = (TCP_SYN & tcp.flg_mask) == tcp.flg_cmp;
	if (flags != ((tcp.invflags & XT_TCP_INV_FLAGS) != 0))
		match_ports(e, b, tcp.spts, tcp.dpts, tcp.invflags, out);
}

static void match_udp(struct evaluation *e, const struct branch *b, struct span info, struct branches *out)
{
	struct xt_udp udp;

	if (e->transport != IPPROTO_UDP)
		return;
	if (!take(info, &udp, sizeof(udp)))
		branch_where(e, b, perhaps(), false, out);
	else
		match_ports(e, b, udp.spts, udp.dpts, udp.invflags, out);
}

/* The branch is divided by one port or range after the other; what is left at the end meets none of them. */
static void match_multiport(struct evaluation *e, const struct branch *b, struct span info,
			    struct branches *out)
{
	struct xt_multiport_v1 m;
	struct branches left = { 0 }, met = { 0 };

	if (!take(info, &m, sizeof(m)) || m.count > XT_MULTI_PORTS) {
		branch_where(e, b, perhaps(), false, out);
		return;
	}
	(void)branch_add(e, &left, b);
	for (unsigned i = 0; i < m.count; i++) {
		const uint16_t first = m.ports[i],
			       last = m.pflags[i] && i + 1u < m.count ? m.ports[++i] : first;

		for (unsigned source = 0; source < 2; source++) {
			const struct condition holds = ports_between(e, b, source, first, last);
			struct branches part;

			if (m.flags != XT_MULTIPORT_EITHER && (m.flags == XT_MULTIPORT_SOURCE) != source)
				continue;
			part = narrowed(e, &left, &holds, false);
			left = narrowed(e, &left, &holds, true);
			give(e, &part, &met);
		}
	}
	give(e, m.invert ? &left : &met, out);
}

/* ---- addresses ---- */

static void match_range(struct evaluation *e, const struct branch *b, struct span info, struct branches *out)
{
	const struct address *const here = b->state.translated ? &b->state.to : &e->destination;
	const size_t size = e->v4 ? 4 : ADDRESS_BYTES;
	struct byte source[ADDRESS_BYTES], destination[ADDRESS_BYTES];
	struct xt_iprange_mtinfo m;
	struct branches part = { 0 };
	struct condition holds;

	if (!take(info, &m, sizeof(m))) {
		branch_where(e, b, perhaps(), false, out);
		return;
	}
	for (size_t i = 0; i < size; i++) {
		source[i] = (struct byte){ .source = SOURCE_ADDRESS, .index = (uint8_t)i, .mask = 0xff };
		destination[i] = known_byte(here->bytes[ADDRESS_BYTES - size + i]);
	}
	(void)branch_add(e, &part, b);
	if (m.flags & IPRANGE_SRC) {
		holds = bytes_between(e, source, (uint8_t *)&m.src_min, (uint8_t *)&m.src_max, size);
		part = narrowed(e, &part, &holds, (m.flags & IPRANGE_SRC_INV) != 0);
	}
	if (m.flags & IPRANGE_DST) {
		holds = bytes_between(e, destination, (uint8_t *)&m.dst_min, (uint8_t *)&m.dst_max, size);
		part = narrowed(e, &part, &holds, (m.flags & IPRANGE_DST_INV) != 0);
	}
	give(e, &part, out);
}

/* Of addresses only those of the host are known for what they are. */
static struct condition addrtype_holds(const struct evaluation *e, const struct branch *b, struct span info)
{
	const struct address *const here = b->state.translated ? &b->state.to : &e->destination;
	struct xt_addrtype_info_v1 m;

	if (!take(info, &m, sizeof(m)) || m.source != 0 || (m.flags & XT_ADDRTYPE_LIMIT_IFACE_OUT) != 0 ||
	    !destination_is_local(e, here, (m.flags & XT_ADDRTYPE_LIMIT_IFACE_IN) != 0))
		return perhaps();
	return certain(((m.dest & XT_ADDRTYPE_LOCAL) != 0) != ((m.flags & XT_ADDRTYPE_INVERT_DEST) != 0));
}

/* ---- connections ---- */

static struct condition conntrack_holds(const struct evaluation *e, const struct branch *b,
					const struct reading *m)
{
	struct xt_conntrack_mtinfo3 info;
	const enum shown shown = translation_shown(e, &b->state);
	unsigned state = XT_CONNTRACK_STATE_BIT(IP_CT_NEW);

	if (m->revision != 3 || !take(m->info, &info, sizeof(info)) ||
	    (info.match_flags & ~(XT_CONNTRACK_STATE | XT_CONNTRACK_STATE_ALIAS)) != 0 ||
	    b->state.untracked_unknown)
		return perhaps();
	if (b->state.untracked)
		state = XT_CONNTRACK_STATE_UNTRACKED;
	else if (!e->tracked)
		state = XT_CONNTRACK_STATE_INVALID;
	else if (shown == SHOWN_YES)
		state |= XT_CONNTRACK_STATE_DNAT;
	if ((info.state_mask & XT_CONNTRACK_STATE_SNAT) != 0 ||
	    ((info.state_mask & XT_CONNTRACK_STATE_DNAT) != 0 && shown == SHOWN_PERHAPS))
		return perhaps();
	return certain(((info.state_mask & state) != 0) != ((info.invert_flags & XT_CONNTRACK_STATE) != 0));
}

/* struct xt_state_info has one member, the mask. */
static struct condition state_holds(const struct evaluation *e, const struct branch *b, struct span info)
{
	uint32_t mask;

	if (!take(info, &mask, sizeof(mask)) || b->state.untracked_unknown || b->state.untracked)
		return perhaps();
	return certain(
		(mask & (e->tracked ? XT_CONNTRACK_STATE_BIT(IP_CT_NEW) : XT_CONNTRACK_STATE_INVALID)) != 0);
}

static struct condition mark_holds(const struct branch *b, struct span info)
{
	struct xt_mark_mtinfo1 m;

	if (!take(info, &m, sizeof(m)) || b->state.mark_unknown)
		return perhaps();
	return certain(((b->state.mark & m.mask) == m.mark) != (m.invert != 0));
}

/* ---- which is which ---- */

static struct condition simple_holds(const struct evaluation *e, const struct branch *b,
				     const struct reading *m)
{
	static const char *const absent[] = { "ah", "dst", "frag", "hbh", "mh", "rt", "srh" };

	if (span_is(m->name, "comment"))
		return certain(true);
	if (span_is(m->name, "conntrack"))
		return conntrack_holds(e, b, m);
	if (span_is(m->name, "state"))
		return state_holds(e, b, m->info);
	if (span_is(m->name, "addrtype") && m->revision == 1)
		return addrtype_holds(e, b, m->info);
	if (span_is(m->name, "mark") && m->revision == 1)
		return mark_holds(b, m->info);
	if (span_is(m->name, "icmp") && e->transport != IPPROTO_ICMP)
		return certain(false);
	if (span_is(m->name, "icmp6") && e->transport != IPPROTO_ICMPV6)
		return certain(false);
	/* Extension headers that a plain packet lacks; these matches have no inversion of the whole. */
	for (size_t i = 0; !e->v4 && i < sizeof(absent) / sizeof(absent[0]); i++) {
		if (span_is(m->name, absent[i]))
			return certain(false);
	}
	return perhaps();
}

void xtables_match(struct evaluation *e, const struct branch *branch, struct span data, struct branches *out)
{
	const struct reading m = read_head(data);
	struct branch *limited;

	if (span_is(m.name, "tcp"))
		match_tcp(e, branch, m.info, out);
	else if (span_is(m.name, "udp"))
		match_udp(e, branch, m.info, out);
	else if (span_is(m.name, "multiport") && m.revision == 1)
		match_multiport(e, branch, m.info, out);
	else if (span_is(m.name, "iprange") && m.revision == 1)
		match_range(e, branch, m.info, out);
	else if (!span_is(m.name, "limit") && !span_is(m.name, "hashlimit"))
		branch_where(e, branch, simple_holds(e, branch, &m), false, out);
	else if ((limited = branch_add(e, out, branch)) != NULL && limited->doubt < DOUBT_PARTLY)
		limited->doubt = DOUBT_PARTLY;
}

/* ---- targets ---- */

static void target_dnat(struct evaluation *e, struct branch *b, const struct reading *m)
{
	struct nf_nat_ipv4_multi_range_compat old;
	struct nf_nat_range range = { 0 };
	struct address to, last;
	bool port;

	b->verdict = ANYWHERE;
	if (m->revision == 0 && take(m->info, &old, sizeof(old)) && old.rangesize == 1) {
		range.flags = old.range[0].flags;
		range.min_addr.ip = old.range[0].min_ip;
		range.max_addr.ip = old.range[0].max_ip;
		range.min_proto = old.range[0].min;
		range.max_proto = old.range[0].max;
	} else if (m->revision == 0 || !take(m->info, &range, sizeof(range))) {
		return;
	}
	port = (range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) != 0;
	if ((range.flags & NF_NAT_RANGE_MAP_IPS) == 0 ||
	    (port && range.min_proto.all != range.max_proto.all) ||
	    (range.flags &
	     ~(unsigned)(NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED | NF_NAT_RANGE_PERSISTENT)) != 0)
		return;
	to = e->v4 ? address_v4(load_u32((uint8_t *)&range.min_addr.ip))
		   : address_v6((uint8_t *)&range.min_addr.in6);
	last = e->v4 ? address_v4(load_u32((uint8_t *)&range.max_addr.ip))
		     : address_v6((uint8_t *)&range.max_addr.in6);
	if (address_compare(&to, &last) == 0)
		branch_translate(e, b, &to, port, load_u16((uint8_t *)&range.min_proto.all));
}

static void target_redirect(struct evaluation *e, struct branch *b, const struct reading *m)
{
	struct nf_nat_ipv4_multi_range_compat old;
	struct nf_nat_range range = { 0 };
	bool port;

	b->verdict = ANYWHERE;
	if (e->v4 && m->revision == 0 && take(m->info, &old, sizeof(old)) && old.rangesize == 1) {
		range.flags = old.range[0].flags;
		range.min_proto = old.range[0].min;
		range.max_proto = old.range[0].max;
	} else if (!take(m->info, &range, sizeof(range))) {
		return;
	}
	port = (range.flags & NF_NAT_RANGE_PROTO_SPECIFIED) != 0;
	if (!port || range.min_proto.all == range.max_proto.all)
		branch_redirect(e, b, port, load_u16((uint8_t *)&range.min_proto.all));
}

static void target_mark(struct branch *b, const struct reading *m)
{
	struct xt_mark_tginfo2 mark;

	if (m->revision != 2 || !take(m->info, &mark, sizeof(mark)) || b->state.mark_unknown) {
		b->state.mark_unknown = true;
		b->state.mark = 0;
		return;
	}
	b->state.mark = (b->state.mark & ~mark.mask) ^ mark.mark;
}

static void target_ct(struct branch *b, const struct reading *m)
{
	struct xt_ct_target_info ct;

	if (!take(m->info, &ct, sizeof(ct)))
		b->verdict = ANYWHERE;
	else if ((ct.flags & XT_CT_NOTRACK) != 0)
		b->state.untracked = true;
}

void xtables_target(struct evaluation *e, struct branch *b, struct span data)
{
	static const char *const nothing[] = { "AUDIT",  "CHECKSUM", "CLASSIFY", "CONNSECMARK", "DSCP",
					       "HL",     "LOG",      "NFLOG",    "SECMARK",     "SET",
					       "TCPMSS", "TEE",      "TOS",      "TRACE",       "TTL" };
	const struct reading m = read_head(data);

	for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
		if (span_is(m.name, nothing[i]))
			return;
	}
	if (span_is(m.name, "REJECT"))
		b->verdict = DROPPED;
	else if (span_is(m.name, "DNAT"))
		target_dnat(e, b, &m);
	else if (span_is(m.name, "REDIRECT"))
		target_redirect(e, b, &m);
	else if (span_is(m.name, "MARK"))
		target_mark(b, &m);
	else if (span_is(m.name, "CONNMARK"))
		b->state.mark_unknown = b->state.connection_mark_unknown = true;
	else if (span_is(m.name, "NFQUEUE"))
		b->verdict = ANYTHING;
	else if (span_is(m.name, "CT"))
		target_ct(b, &m);
	else if (span_is(m.name, "NOTRACK"))
		b->state.untracked = true;
	else if (span_is(m.name, "MASQUERADE") || span_is(m.name, "SNAT"))
		b->verdict = ACCEPTED;
	else
		b->verdict = ANYWHERE;
}
