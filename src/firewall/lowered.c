/* The lowered form as text: what is looked up, and where it leads.
 *
 *     in
 *       stage 1 (rules 1 to 4): lookup 3
 *       lookup 3 by transport: tcp lookup 2; else rule ping
 *
 * Keys that lead to the same place stand together. */
#include "firewall/lower.h"

static const char *const dimension_names[DIMENSIONS] = {
	[BY_INTERFACE] = "interface", [BY_TRANSPORT] = "transport",     [BY_PORT] = "port",
	[BY_SOURCE] = "source",       [BY_DESTINATION] = "destination", [BY_TIME] = "time",
};

static void write_target(const struct firewall *firewall, struct target target, struct buffer *out)
{
	switch (target.kind) {
	case TO_NEXT: buffer_text(out, "next"); break;
	case TO_RULE: buffer_format(out, "rule %s", firewall->policy->rules[target.index].id); break;
	case TO_NODE: buffer_format(out, "lookup %u", target.index + 1); break;
	}
}

static void write_addresses(const struct entry *entry, struct buffer *out)
{
	const struct address_range range = { number_address(entry->first), number_address(entry->last) };
	char text[ADDRESS_RANGE_TEXT];

	buffer_text(out, address_range_text(&range, text));
}

static void write_key(const struct node *node, const struct entry *entry, struct buffer *out)
{
	const unsigned first = (unsigned)entry->first.low, last = (unsigned)entry->last.low;
	const struct transport *const transport = catalog_transport(first);

	switch (node->by) {
	case BY_INTERFACE: buffer_text(out, entry->interface); break;
	case BY_TRANSPORT:
		if (transport != NULL)
			buffer_text(out, transport->name);
		else
			buffer_format(out, "%u", first);
		break;
	case BY_PORT:
		buffer_format(out, "%u", first);
		if (first != last)
			buffer_format(out, "-%u", last);
		break;
	case BY_SOURCE:
	case BY_DESTINATION: write_addresses(entry, out); break;
	case BY_TIME: buffer_format(out, "before %llu", (unsigned long long)entry->last.low); break;
	case BY_END: break;
	}
}

static void write_line(const struct firewall *firewall, const struct node *node, const struct entry *entry,
		       struct buffer *out)
{
	buffer_text(out, "    ");
	write_key(node, entry, out);
	buffer_text(out, ": ");
	write_target(firewall, entry->target, out);
	buffer_u8(out, '\n');
}

static void write_node(const struct firewall *firewall, const struct floor *floor, size_t number,
		       struct buffer *out)
{
	const struct node *const node = &floor->nodes[number];
	const struct transport *const transport = node->by == BY_PORT ? catalog_transport(node->transport)
								      : NULL;

	buffer_format(out, "  lookup %zu by %s", number + 1, dimension_names[node->by]);
	if (transport != NULL)
		buffer_format(out, " of %s", transport->name);
	buffer_u8(out, '\n');
	for (size_t i = 0; i < node->entry_count; i++)
		write_line(firewall, node, &node->entries[i], out);
	buffer_text(out, "    else: ");
	write_target(firewall, node->otherwise, out);
	buffer_u8(out, '\n');
}

void firewall_lowered(const struct firewall *firewall, struct buffer *out)
{
	for (enum direction direction = 0; direction < DIRECTIONS; direction++) {
		const struct floor *const floor = &firewall->floors[direction];

		if (floor->stage_count == 0)
			continue;
		buffer_format(out, "%s\n", direction_text(direction));
		for (size_t i = 0; i < floor->stage_count; i++) {
			const struct stage *const stage = &floor->stages[i];

			buffer_format(out, "  stage %zu, rules %u to %u: ", i + 1, stage->first + 1,
				      stage->last + 1);
			write_target(firewall, stage->target, out);
			buffer_u8(out, '\n');
		}
		for (size_t i = floor->node_count; i > 0; i--)
			write_node(firewall, floor, i - 1, out);
	}
}
