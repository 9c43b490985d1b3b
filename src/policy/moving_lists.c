/* Lists of ports, transports, addresses and interfaces, and what two of them have in common. */
#include "base/address.h"
#include "catalog/catalog.h"
#include "policy/moving.h"

#include <string.h>

enum { PORT_COUNT = 1 << 16 };

bool moving_next_term(struct span *list, struct span *ret_term)
{
	static const char between[] = "{ ,}\t\n\r\"";
	struct span term;

	while (span_left(*list) > 0 && memchr(between, list->at[0], sizeof(between)) != NULL)
		list->at++;
	term = *list;
	while (span_left(*list) > 0 && memchr(between, list->at[0], sizeof(between)) == NULL)
		list->at++;
	term.end = list->at;
	*ret_term = term;
	return span_left(term) > 0;
}

/* A name such as "ssh" or "https" is the port that it is known by. */
static bool port_named(struct span transport, struct span name, uint64_t *ret_port)
{
	const struct transport *const wanted = catalog_transport_named(transport);
	const struct service *const service = catalog_service(name);

	for (size_t i = 0; service != NULL && wanted != NULL && i < service->door_count; i++) {
		if (service->doors[i].transport == wanted->number) {
			*ret_port = service->doors[i].first;
			return service->doors[i].first == service->doors[i].last;
		}
	}
	return false;
}

bool moving_read_ports(struct span transport, struct span term, uint64_t *ret_first, uint64_t *ret_last)
{
	struct span first = term, last = term;

	for (size_t i = 0; i < span_left(term); i++) {
		if (term.at[i] == ':' || term.at[i] == '-') {
			first.end = term.at + i;
			last.at = term.at + i + 1;
			break;
		}
	}
	if (span_number(first, UINT16_MAX, ret_first) && span_number(last, UINT16_MAX, ret_last))
		return *ret_first <= *ret_last;
	if (!port_named(transport, term, ret_first))
		return false;
	*ret_last = *ret_first;
	return true;
}

/* ---- ports ---- */

static bool mark_ports(struct span transport, struct span list, bool ports[static PORT_COUNT])
{
	struct span term;
	uint64_t first, last;

	memset(ports, 0, PORT_COUNT);
	while (moving_next_term(&list, &term)) {
		if (!moving_read_ports(transport, term, &first, &last))
			return false;
		memset(ports + first, 1, last - first + 1);
	}
	return true;
}

/* The text of those that are marked `with`; failed where they are too many, or without memory. */
static struct span ports_text(struct arena *arena, const bool ports[static PORT_COUNT], bool with)
{
	struct buffer text = buffer_new(TERMS_MOST * PORTS_TEXT);
	struct span ret;

	for (size_t i = 0; i < PORT_COUNT; i++) {
		const size_t first = i;

		if (ports[i] != with)
			continue;
		while (i + 1 < PORT_COUNT && ports[i + 1] == with)
			i++;
		buffer_format(&text, "%s%zu-%zu", text.length > 0 ? "," : "", first, i);
	}
	ret = span_text("");
	if (text.length > 0) {
		const char *const copy = arena_span_text(arena, buffer_read(&text));

		ret = span_text(copy != NULL ? copy : "");
		ret.failed = copy == NULL;
	}
	ret.failed |= text.failed;
	buffer_free(&text);
	return ret;
}

bool moving_other_ports(struct arena *arena, struct span list, struct span *ret_others)
{
	bool ports[PORT_COUNT];

	if (!mark_ports(span_of(NULL, 0), list, ports))
		return false;
	*ret_others = ports_text(arena, ports, false);
	return !ret_others->failed && span_left(*ret_others) > 0;
}

static enum moving_fit common_ports(struct arena *arena, struct span transport, struct span outer,
				    struct span *ports)
{
	bool marked[PORT_COUNT], others[PORT_COUNT];

	if (!mark_ports(transport, outer, marked) || !mark_ports(transport, *ports, others))
		return MOVING_CANNOT;
	for (size_t i = 0; i < PORT_COUNT; i++)
		marked[i] &= others[i];
	*ports = ports_text(arena, marked, true);
	return ports->failed ? MOVING_CANNOT : span_left(*ports) == 0 ? MOVING_NEVER : MOVING_FITS;
}

/* ---- addresses and words ---- */

static size_t read_addresses(struct span list, struct address_range ranges[static TERMS_MOST])
{
	struct span term;
	size_t count = 0;

	while (moving_next_term(&list, &term)) {
		if (count == TERMS_MOST || !address_range_parse(term, &ranges[count++], NULL))
			return 0;
	}
	return count;
}

static struct address larger(const struct address *a, const struct address *b)
{
	return address_compare(a, b) > 0 ? *a : *b;
}

static struct address lesser(const struct address *a, const struct address *b)
{
	return address_compare(a, b) < 0 ? *a : *b;
}

static enum moving_fit kept(struct arena *arena, struct buffer *text, struct span *list)
{
	const char *const copy = text->failed ? NULL : arena_span_text(arena, buffer_read(text));

	buffer_free(text);
	if (copy == NULL)
		return MOVING_CANNOT;
	*list = span_text(copy);
	return span_left(*list) > 0 ? MOVING_FITS : MOVING_NEVER;
}

static enum moving_fit common_addresses(struct arena *arena, struct span outer, struct span *list)
{
	struct address_range a[TERMS_MOST], b[TERMS_MOST];
	const size_t a_count = read_addresses(outer, a), b_count = read_addresses(*list, b);
	struct buffer text = buffer_new(TERMS_MOST * ADDRESS_RANGE_TEXT);
	char word[ADDRESS_RANGE_TEXT];

	if (a_count == 0 || b_count == 0)
		return MOVING_CANNOT;
	for (size_t i = 0; i < a_count * b_count; i++) {
		const struct address_range *const one = &a[i / b_count], *const other = &b[i % b_count];
		const struct address_range both = { .first = larger(&one->first, &other->first),
						    .last = lesser(&one->last, &other->last) };

		if (address_compare(&both.first, &both.last) <= 0)
			buffer_format(&text, "%s%s", text.length > 0 ? "," : "",
				      address_range_text(&both, word));
	}
	return kept(arena, &text, list);
}

static bool same(struct span a, struct span b)
{
	return span_left(a) == span_left(b) && memcmp(a.at, b.at, span_left(a)) == 0;
}

static bool has_term(struct span list, struct span wanted)
{
	struct span term;

	while (moving_next_term(&list, &term)) {
		if (same(term, wanted))
			return true;
	}
	return false;
}

static enum moving_fit common_words(struct arena *arena, struct span outer, struct span *list)
{
	struct buffer text = buffer_new(1 << 16);
	struct span rest = *list, term;

	while (moving_next_term(&rest, &term)) {
		if (has_term(outer, term)) {
			buffer_text(&text, text.length > 0 ? "," : "");
			buffer_span(&text, term);
		}
	}
	return kept(arena, &text, list);
}

static bool has_wildcard(struct span list)
{
	return span_find(list, "*") != SIZE_MAX || span_find(list, "+") != SIZE_MAX;
}

/* ---- rules ---- */

enum list_kind { OF_WORDS, OF_PORTS, OF_ADDRESSES };

static enum moving_fit narrow(struct arena *arena, enum list_kind kind, const struct moving_rule *rule,
			      struct span outer, struct span *list)
{
	if (span_left(outer) == 0 || same(outer, *list))
		return MOVING_FITS;
	if (span_left(*list) == 0) {
		*list = outer;
		return MOVING_FITS;
	}
	if (kind == OF_PORTS)
		return common_ports(arena, rule->transport, outer, list);
	if (kind == OF_ADDRESSES)
		return common_addresses(arena, outer, list);
	return has_wildcard(outer) || has_wildcard(*list) ? MOVING_CANNOT : common_words(arena, outer, list);
}

/* What neither wants: both lists. */
static bool join(struct arena *arena, struct span outer, struct span *list)
{
	const char *text;

	if (span_left(outer) == 0 || span_left(*list) == 0) {
		*list = span_left(outer) == 0 ? *list : outer;
		return true;
	}
	text = arena_format(arena, "%.*s,%.*s", (int)span_left(outer), (const char *)outer.at,
			    (int)span_left(*list), (const char *)list->at);
	*list = span_text(text != NULL ? text : "");
	return text != NULL;
}

enum moving_fit moving_narrow(struct arena *arena, const struct moving_rule *outer, struct moving_rule *rule)
{
	const struct {
		enum list_kind kind;
		struct span outer, *list;
	} lists[] = {
		{ OF_WORDS, outer->transport, &rule->transport },
		{ OF_PORTS, outer->ports, &rule->ports },
		{ OF_ADDRESSES, outer->from, &rule->from },
		{ OF_ADDRESSES, outer->to, &rule->to },
		{ OF_WORDS, outer->on, &rule->on },
		{ OF_WORDS, outer->leaves, &rule->leaves },
	};
	enum moving_fit fit = MOVING_FITS;

	if (outer->family != 0 && rule->family != 0 && outer->family != rule->family)
		return MOVING_NEVER;
	if (rule->family == 0)
		rule->family = outer->family;
	for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]) && fit == MOVING_FITS; i++)
		fit = narrow(arena, lists[i].kind, rule, lists[i].outer, lists[i].list);
	if (fit == MOVING_FITS &&
	    (!join(arena, outer->not_from, &rule->not_from) || !join(arena, outer->not_to, &rule->not_to)))
		fit = MOVING_CANNOT;
	if (span_left(rule->comment) == 0)
		rule->comment = outer->comment;
	rule->direction = outer->direction;
	return fit;
}
