/* Lookups as chains. */
#include "firewall/nft.h"

#include <stdio.h>
#include <stdlib.h>

/* One direction while it is written. */
struct writing {
	const struct firewall *firewall;
	const struct floor *floor;
	const char *direction;
	bool out_going;
	const struct node *node; /* the one that is written */
	struct buffer *parts;    /* of the table */
	struct buffer *lines;    /* of the chain that is written */
};

/* Writes one key; several of them lead somewhere. */
typedef void key_writer(const struct entry *entry, struct buffer *out);

/* So many keys are compared one by one: that costs a packet less than a lookup, and the kernel less than a
 * set. */
enum { COMPARED_MOST = 4, ROOM_LEAST = 64, SET_NAME = 64 };

/* Entries that one expression looks up. */
struct lookup {
	const char *expression, *type;
	key_writer *write;
	const struct entry *entries;
	size_t count;
	const char *behind; /* in the name of its set */
};

static uint32_t name_of(const struct writing *w, struct target target)
{
	return w->floor->nodes[target.index].name;
}

static void write_target(const struct writing *w, struct target target, struct buffer *out)
{
	switch (target.kind) {
	case TO_NEXT: buffer_text(out, "return"); break;
	case TO_RULE:
		buffer_text(out, "goto rule-");
		buffer_text(out, w->firewall->policy->rules[target.index].id);
		break;
	case TO_NODE:
		buffer_text(out, "goto ");
		buffer_text(out, w->direction);
		buffer_u8(out, '-');
		buffer_hex(out, name_of(w, target), 8);
		break;
	}
}

static void write_number(const struct entry *entry, struct buffer *out)
{
	buffer_decimal(out, entry->first.low);
	if (number_equal(entry->first, entry->last))
		return;
	buffer_u8(out, '-');
	buffer_decimal(out, entry->last.low);
}

/* nft has names for some, and the numbers of all. */
static void write_transport(const struct entry *entry, struct buffer *out)
{
	static const uint8_t named[] = { TRANSPORT_TCP,  TRANSPORT_UDP,    TRANSPORT_SCTP, TRANSPORT_DCCP,
					 TRANSPORT_ICMP, TRANSPORT_ICMPV6, TRANSPORT_ESP,  TRANSPORT_AH };
	const unsigned number = (unsigned)entry->first.low;

	for (size_t i = 0; i < sizeof(named); i++) {
		if (named[i] == number) {
			buffer_text(out, catalog_transport(number)->name);
			return;
		}
	}
	buffer_decimal(out, number);
}

static void write_addresses(const struct entry *entry, struct buffer *out)
{
	const struct address_range range = { number_address(entry->first), number_address(entry->last) };
	char text[ADDRESS_RANGE_TEXT];

	buffer_text(out, address_range_text(&range, text));
}

static void write_interface(const struct entry *entry, struct buffer *out)
{
	buffer_u8(out, '"');
	buffer_text(out, entry->interface);
	buffer_u8(out, '"');
}

static bool lead_alike(const struct lookup *lookup)
{
	for (size_t i = 1; i < lookup->count; i++) {
		if (!same_target(lookup->entries[0].target, lookup->entries[i].target))
			return false;
	}
	return true;
}

static void write_comparisons(const struct writing *w, const struct lookup *lookup)
{
	for (size_t i = 0; i < lookup->count; i++) {
		buffer_text(w->lines, "\t\t");
		buffer_text(w->lines, lookup->expression);
		buffer_u8(w->lines, ' ');
		lookup->write(&lookup->entries[i], w->lines);
		buffer_u8(w->lines, ' ');
		write_target(w, lookup->entries[i].target, w->lines);
		buffer_u8(w->lines, '\n');
	}
}

static bool is_range(const struct entry *entry)
{
	return !number_equal(entry->first, entry->last);
}

/* A kernel that knows how many keys may come takes a plain table, in which a packet finds its own sooner than
 * in one that grows. Twice as many may come before it is a set of another size, and name. */
static size_t room_for(size_t count)
{
	size_t room = ROOM_LEAST;

	while (room < 2 * count)
		room *= 2;
	return room;
}

/* Sets have names, as for each one without a name a kernel looks at all that the transaction has done before.
 */
static void write_set(const struct writing *w, const struct lookup *lookup, bool alike, const char *name)
{
	buffer_format(w->parts, "\n\t%s %s {\n\t\ttype %s%s\n", alike ? "set" : "map", name, lookup->type,
		      alike ? "" : " : verdict");
	if (is_range(&lookup->entries[0]))
		buffer_text(w->parts, "\t\tflags interval\n");
	else
		buffer_format(w->parts, "\t\tsize %zu\n", room_for(lookup->count));
	buffer_text(w->parts, "\t\telements = {\n");
	for (size_t i = 0; i < lookup->count; i++) {
		buffer_text(w->parts, "\t\t\t");
		lookup->write(&lookup->entries[i], w->parts);
		if (!alike) {
			buffer_text(w->parts, " : ");
			write_target(w, lookup->entries[i].target, w->parts);
		}
		buffer_text(w->parts, i + 1 < lookup->count ? ",\n" : "\n");
	}
	buffer_text(w->parts, "\t\t}\n\t}\n");
}

/* By the lookup, so that of single keys only those are sent that come or go. Ranges, which nftables' library
 * does not change one by one without reading all, are named by what they hold. */
static void name_set(const struct writing *w, const struct lookup *lookup, bool alike,
		     char name[static SET_NAME])
{
	const int length = snprintf(name, SET_NAME, "%s-%08x%s%s", w->direction, w->node->name,
				    lookup->behind, alike ? "-set" : "");

	if (length > 0 && is_range(&lookup->entries[0]))
		snprintf(name + length, SET_NAME - (size_t)length, "-ranges-%08x",
			 entries_digest(w->firewall, w->floor, lookup->entries, lookup->count));
	else if (length > 0 && room_for(lookup->count) > ROOM_LEAST)
		snprintf(name + length, SET_NAME - (size_t)length, "-%zu", room_for(lookup->count));
}

/* A few keys are compared, more that lead to the same place are a set, others a verdict map. */
static void write_alike(const struct writing *w, const struct lookup *lookup)
{
	const bool alike = lead_alike(lookup);
	char name[SET_NAME];

	if (lookup->count <= COMPARED_MOST) {
		write_comparisons(w, lookup);
		return;
	}
	name_set(w, lookup, alike, name);
	write_set(w, lookup, alike, name);
	buffer_format(w->lines, "\t\t%s %s@%s", lookup->expression, alike ? "" : "vmap ", name);
	if (alike) {
		buffer_u8(w->lines, ' ');
		write_target(w, lookup->entries[0].target, w->lines);
	}
	buffer_u8(w->lines, '\n');
}

/* Single keys and ranges: the first are hashed and found at once, the others are searched for. */
static void write_lookup(const struct writing *w, const struct lookup *lookup)
{
	struct entry *const entries = malloc((lookup->count + 1) * sizeof(*entries));
	struct lookup singles = *lookup, ranges = *lookup;

	if (entries == NULL) {
		w->lines->failed = true;
		return;
	}
	singles.entries = entries;
	singles.count = 0;
	for (size_t i = 0; i < lookup->count; i++) {
		if (!is_range(&lookup->entries[i]))
			entries[singles.count++] = lookup->entries[i];
	}
	ranges.entries = entries + singles.count;
	ranges.count = 0;
	for (size_t i = 0; i < lookup->count; i++) {
		if (is_range(&lookup->entries[i]))
			entries[singles.count + ranges.count++] = lookup->entries[i];
	}
	write_alike(w, &singles);
	write_alike(w, &ranges);
	free(entries);
}

static const char *port_expression(uint16_t transport)
{
	switch (transport) {
	case TRANSPORT_ICMP: return "icmp type";
	case TRANSPORT_ICMPV6: return "icmpv6 type";
	default: return "th dport";
	}
}

static const char *port_type(uint16_t transport)
{
	switch (transport) {
	case TRANSPORT_ICMP: return "icmp_type";
	case TRANSPORT_ICMPV6: return "icmpv6_type";
	default: return "inet_service";
	}
}

/* Where all addresses of a family lead to the same place, the family is asked for. */
static bool write_whole_family(const struct writing *w, const char *family, const struct entry *entries,
			       size_t count, struct number first, struct number last)
{
	if (count != 1 || !number_equal(entries[0].first, first) || !number_equal(entries[0].last, last))
		return false;
	buffer_format(w->lines, "\t\tmeta nfproto %s ", family);
	write_target(w, entries[0].target, w->lines);
	buffer_u8(w->lines, '\n');
	return true;
}

/* The mapped block is IPv4's on the line of numbers. On the wire it is the middle of IPv6, in which nobody
 * lives: two stretches that lead to the same place on both sides of it are one. */
static void write_address_families(const struct writing *w, const struct node *node)
{
	const bool source = node->by == BY_SOURCE;
	const struct entry *const entries = node->entries;
	struct lookup v4 = { source ? "ip saddr" : "ip daddr", "ipv4_addr", write_addresses, NULL, 0, "" };
	struct lookup v6 = {
		source ? "ip6 saddr" : "ip6 daddr", "ipv6_addr", write_addresses, NULL, 0, "-6"
	};
	struct entry *const six = malloc((node->entry_count + 1) * sizeof(*six));

	if (six == NULL) {
		w->lines->failed = true;
		return;
	}
	for (size_t i = 0; i < node->entry_count; i++) {
		struct entry *const last = v6.count > 0 ? &six[v6.count - 1] : NULL;

		if (number_is_v4(entries[i].first)) {
			v4.entries = v4.count == 0 ? &entries[i] : v4.entries;
			v4.count++;
		} else if (last != NULL && number_equal(entries[i].first, NUMBER_BEHIND) &&
			   number_equal(last->last, number_previous(MAPPED_FIRST)) &&
			   same_target(last->target, entries[i].target)) {
			last->last = entries[i].last;
		} else {
			six[v6.count++] = entries[i];
		}
	}
	v6.entries = six;
	if (!write_whole_family(w, "ipv4", v4.entries, v4.count, MAPPED_FIRST, MAPPED_LAST))
		write_lookup(w, &v4);
	if (!write_whole_family(w, "ipv6", six, v6.count, (struct number){ 0, 0 }, NUMBER_MOST))
		write_lookup(w, &v6);
	free(six);
}

/* Names are one lookup; patterns are tried, the narrowest first: a packet has one interface, and a policy a
 * handful of patterns. */
static void write_interfaces(const struct writing *w, const struct node *node)
{
	struct lookup lookup = {
		w->out_going ? "oifname" : "iifname", "ifname", write_interface, node->entries, 0, ""
	};

	while (lookup.count < node->entry_count && strchr(node->entries[lookup.count].interface, '*') == NULL)
		lookup.count++;
	write_lookup(w, &lookup);
	for (size_t i = lookup.count; i < node->entry_count; i++) {
		const struct entry *const entry = &node->entries[i];

		buffer_text(w->lines, "\t\t");
		if (strcmp(entry->interface, "*") != 0)
			buffer_format(w->lines, "%s \"%s\" ", lookup.expression, entry->interface);
		write_target(w, entry->target, w->lines);
		buffer_u8(w->lines, '\n');
	}
}

static void write_times(const struct writing *w, const struct node *node)
{
	for (size_t i = 0; i < node->entry_count; i++) {
		buffer_format(w->lines, "\t\tmeta time < %llu ",
			      (unsigned long long)node->entries[i].last.low);
		write_target(w, node->entries[i].target, w->lines);
		buffer_u8(w->lines, '\n');
	}
}

/* Authentication headers are protocol 51 to a policy in both families. In IPv6 the kernel takes them for a
 * header on the way to another transport, and looks behind. */
static void write_transports(const struct writing *w, const struct node *node)
{
	const struct lookup lookup = { "meta l4proto", "inet_proto",      write_transport,
				       node->entries,  node->entry_count, "" };
	struct target authentication = node->otherwise;

	for (size_t i = 0; i < node->entry_count; i++) {
		if (node->entries[i].first.low == TRANSPORT_AH)
			authentication = node->entries[i].target;
	}
	buffer_format(w->lines, "\t\tip6 nexthdr %d ", TRANSPORT_AH);
	write_target(w, authentication, w->lines);
	buffer_u8(w->lines, '\n');
	write_lookup(w, &lookup);
}

static void write_node(const struct writing *w, const struct node *node)
{
	const struct lookup ports = { port_expression(node->transport),
				      port_type(node->transport),
				      write_number,
				      node->entries,
				      node->entry_count,
				      "" };

	switch (node->by) {
	case BY_INTERFACE: write_interfaces(w, node); break;
	case BY_TRANSPORT: write_transports(w, node); break;
	case BY_PORT: write_lookup(w, &ports); break;
	case BY_SOURCE:
	case BY_DESTINATION: write_address_families(w, node); break;
	case BY_TIME: write_times(w, node); break;
	case BY_END: break;
	}
	if (node->otherwise.kind == TO_NEXT)
		return;
	buffer_text(w->lines, "\t\t");
	write_target(w, node->otherwise, w->lines);
	buffer_u8(w->lines, '\n');
}

/* A stage is jumped to: what it does not decide comes back, and goes on to the next. */
static void write_stages(const struct writing *w)
{
	for (size_t i = 0; i < w->floor->stage_count; i++) {
		const struct target target = w->floor->stages[i].target;

		buffer_text(w->lines, "\t\t");
		if (target.kind == TO_NODE)
			buffer_format(w->lines, "jump %s-%08x", w->direction, name_of(w, target));
		else
			write_target(w, target, w->lines);
		buffer_u8(w->lines, '\n');
	}
}

static void write_chain(struct writing *w, const char *behind)
{
	buffer_text(w->parts, "\n\tchain ");
	buffer_text(w->parts, w->direction);
	buffer_text(w->parts, behind);
	buffer_text(w->parts, " {\n");
	buffer_span(w->parts, buffer_read(w->lines));
	buffer_text(w->parts, "\t}\n");
	w->parts->failed |= w->lines->failed;
	buffer_clear(w->lines);
}

void nft_floor(const struct firewall *firewall, enum direction direction, struct buffer *out)
{
	const struct floor *const floor = &firewall->floors[direction];
	struct buffer lines = buffer_new(FIREWALL_TEXT_LIMIT);
	struct writing w = { .firewall = firewall,
			     .floor = floor,
			     .direction = direction_text(direction),
			     .out_going = direction == DIRECTION_OUT,
			     .parts = out,
			     .lines = &lines };
	char behind[16];

	write_stages(&w);
	nft_none(firewall, direction, &lines);
	write_chain(&w, "");
	for (size_t i = floor->node_count; i > 0; i--) {
		w.node = &floor->nodes[i - 1];
		write_node(&w, w.node);
		snprintf(behind, sizeof(behind), "-%08x", w.node->name);
		write_chain(&w, behind);
	}
	buffer_free(&lines);
}
