/* format_parts.c: doors, addresses, rules and questions on one line, as the normal form writes them. */
#include "policy/format.h"
#include "policy/parser.h"

enum { STATEMENT_TEXT = 8192 };

void text_format(const char *text, struct buffer *out)
{
	buffer_u8(out, '"');
	for (; *text != '\0'; text++) {
		if (*text == '"' || *text == '\\')
			buffer_u8(out, '\\');
		buffer_u8(out, (uint8_t)*text);
	}
	buffer_u8(out, '"');
}

const char *text_statement(struct arena *arena, const char *keyword, const char *text)
{
	struct buffer line = buffer_new(2 * POLICY_PART_LIMIT + STATEMENT_TEXT);
	const char *kept;

	buffer_format(&line, "%s ", keyword);
	text_format(text, &line);
	kept = line.failed ? NULL : arena_span_text(arena, buffer_read(&line));
	buffer_free(&line);
	return kept;
}

void word_format(const char *word, struct buffer *out)
{
	const bool plain = word[0] != '\0' && word[strcspn(word, " \t,=\"#\\")] == '\0';

	if (plain && !is_reserved(span_text(word)))
		buffer_text(out, word);
	else
		text_format(word, out);
}

static void ports_format(const struct door *door, struct buffer *out)
{
	buffer_u8(out, '/');
	if (door->range_name != NULL || door->icmp_type != NULL) {
		buffer_text(out, door->range_name != NULL ? door->range_name : door->icmp_type->name);
		return;
	}
	buffer_decimal(out, door->first);
	if (door->first == door->last)
		return;
	buffer_u8(out, '-');
	buffer_decimal(out, door->last);
}

/* A transport alone has all ports, and so no ports are written. */
static bool whole_transport(const struct door *door)
{
	return door->service == NULL && door->range_name == NULL && door->icmp_type == NULL &&
	       door->first == 0 && door->last == UINT16_MAX;
}

void door_format(const struct door *door, struct buffer *out)
{
	if (door->all) {
		buffer_text(out, "all");
		return;
	}
	buffer_text(out, door->service != NULL ? door->service->name : door->transport->name);
	if (door->own_ports || whole_transport(door))
		return;
	ports_format(door, out);
	if (door->service != NULL && door->transport != NULL) {
		buffer_u8(out, '/');
		buffer_text(out, door->transport->name);
	}
}

void doors_format(const struct door *doors, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_text(out, ", ");
		door_format(&doors[i], out);
	}
}

void term_format(const struct address_term *term, struct buffer *out)
{
	static const char *const words[] = {
		[ADDRESS_ANY] = "any",
		[ADDRESS_SELF] = "self",
		[ADDRESS_LOCAL] = "local",
		[ADDRESS_MULTICAST] = "multicast",
		[ADDRESS_BROADCAST] = "broadcast",
	};
	char text[ADDRESS_RANGE_TEXT];

	switch (term->kind) {
	case ADDRESS_RANGE: buffer_text(out, address_range_text(&term->range, text)); break;
	case ADDRESS_NAMED: buffer_text(out, term->name->name); break;
	default: buffer_text(out, words[term->kind]);
	}
}

static void terms_format(const struct address_term *terms, size_t count, struct buffer *out)
{
	for (size_t i = 0; i < count; i++) {
		if (i > 0)
			buffer_text(out, ", ");
		term_format(&terms[i], out);
	}
}

void addresses_format(const struct address_list *list, struct buffer *out)
{
	terms_format(list->terms, list->count, out);
	if (list->except_count == 0)
		return;
	buffer_text(out, " except ");
	terms_format(list->except, list->except_count, out);
}

static void part_format(const char *keyword, const struct address_list *list, struct buffer *out)
{
	if (list->count == 0)
		return;
	buffer_u8(out, ' ');
	buffer_text(out, keyword);
	buffer_u8(out, ' ');
	addresses_format(list, out);
}

static void switches_format(const struct rule *rule, struct buffer *out)
{
	if (rule->log)
		buffer_text(out, " log");
	if (rule->limit.count > 0)
		buffer_format(out, " limit %u/%s", rule->limit.count, rule->limit.unit);
	if (rule->strict)
		buffer_text(out, " strict");
	if (rule->test)
		buffer_text(out, " test");
}

void rule_format(const struct rule *rule, struct buffer *out)
{
	buffer_text(out, verdict_text(rule->verdict));
	buffer_u8(out, ' ');
	if (rule->direction_given) {
		buffer_text(out, direction_text(rule->direction));
		buffer_u8(out, ' ');
	}
	doors_format(rule->doors, rule->door_count, out);
	part_format("from", &rule->from, out);
	part_format("to", &rule->to, out);
	for (size_t i = 0; i < rule->interface_count; i++) {
		buffer_text(out, i == 0 ? " on " : ", ");
		word_format(rule->interfaces[i], out);
	}
	switches_format(rule, out);
}

static void asked_door_format(const struct question *question, struct buffer *out)
{
	const struct transport *const transport = catalog_transport(question->door.transport);
	const struct icmp_type *type;

	if (transport == NULL) {
		buffer_format(out, "%u", question->door.transport);
		return;
	}
	if (transport->number == TRANSPORT_ICMP || transport->number == TRANSPORT_ICMPV6) {
		type = catalog_icmp(transport->number, (uint8_t)question->door.first);
		if (type != NULL)
			buffer_format(out, "%s/%s", transport->name, type->name);
		else
			buffer_format(out, "%s/%u", transport->name, question->door.first);
	} else if (!transport->has_ports)
		buffer_text(out, transport->name);
	else if (question->service != NULL)
		buffer_format(out, "%s/%u/%s", question->service->name, question->door.first,
			      transport->name);
	else
		buffer_format(out, "%s/%u", transport->name, question->door.first);
}

void question_format(const struct question *question, struct buffer *out)
{
	char text[ADDRESS_TEXT];

	if (question->direction != DIRECTION_IN)
		buffer_format(out, "%s ", direction_text(question->direction));
	asked_door_format(question, out);
	if (question->has_source)
		buffer_format(out, " from %s", address_text(&question->source, text));
	if (question->has_destination)
		buffer_format(out, " to %s", address_text(&question->destination, text));
	if (question->interface != NULL) {
		buffer_text(out, " on ");
		word_format(question->interface, out);
	}
}
