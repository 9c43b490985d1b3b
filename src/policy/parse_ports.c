/* parse_ports.c: what stands in a door beside its name: ports, types of messages, transports. */
#include "base/suggest.h"
#include "policy/door.h"

enum { MOST_SHOWN = 40 }; /* bytes of a word in a message */

bool is_digits(struct span s)
{
	uint64_t number;

	return span_number(s, UINT64_MAX, &number);
}

struct diagnostic *refuse_door(struct parser *p, const struct door_words *words, const char *problem)
{
	return parser_error(p, &words->token->place, "'%s': %s", parser_words(p, words->token), problem);
}

bool add_match(struct parser *p, struct door *door, unsigned transport, uint16_t first, uint16_t last)
{
	struct match *grown;

	for (size_t i = 0; i < door->match_count; i++) {
		const struct match *const known = &door->matches[i];

		if (known->transport == transport && known->first == first && known->last == last)
			return true;
	}
	grown = arena_array(p->arena, door->match_count + 1, sizeof(*grown));
	if (grown == NULL)
		return parser_memory(p);
	if (door->match_count > 0)
		memcpy(grown, door->matches, door->match_count * sizeof(*grown));
	grown[door->match_count++] = (struct match){ (uint16_t)transport, first, last };
	door->matches = grown;
	return true;
}

static const struct port_bounds *range_named(struct span word)
{
	for (size_t i = 0; i < PORT_RANGES; i++) {
		if (span_is(word, catalog_port_ranges[i].name))
			return &catalog_port_ranges[i];
	}
	return NULL;
}

static bool refuse_number(struct parser *p, const struct door_words *words, struct span number, unsigned most)
{
	const char *const what = most > UINT8_MAX ? "port" : "type";
	const struct service *const service = catalog_service(words->name);
	const int shown = span_left(number) > MOST_SHOWN ? MOST_SHOWN : (int)span_left(number);
	struct diagnostic *error;

	if (span_left(number) == 0) {
		refuse_door(p, words, "one end of the range is missing");
		return false;
	}
	if (is_digits(number))
		error = parser_error(p, &words->token->place, "%s %.*s is out of range (0-%u)", what, shown,
				     (const char *)number.at, most);
	else
		error = parser_error(p, &words->token->place, "'%.*s' is not a %s", shown,
				     (const char *)number.at, what);
	if (service != NULL && service->door_count > 0)
		parser_fix(p, error, "the %s of %s is %s/%u", what, service->name, service->name,
			   service->doors[0].first);
	return false;
}

static struct diagnostic *last_error(struct parser *p)
{
	struct diagnostics *const d = p->diagnostics;

	return d->count > 0 && d->count < DIAGNOSTICS_LIMIT ? &d->list[d->count - 1] : NULL;
}

/* number | number "-" number */
static bool read_numbers(struct parser *p, const struct door_words *words, unsigned most, struct door *door)
{
	struct span last = words->ports, first = span_until(&last, '-');
	uint64_t from, to;

	if (first.failed)
		first = last = words->ports;
	if (!span_number(first, most, &from))
		return refuse_number(p, words, first, most);
	if (!span_number(last, most, &to))
		return refuse_number(p, words, last, most);
	if (from > to) {
		struct diagnostic *const error = refuse_door(p, words, "the range ends before it begins");

		parser_fix(p, error, "%.*s/%u-%u", (int)span_left(words->name), (const char *)words->name.at,
			   (unsigned)to, (unsigned)from);
		return false;
	}
	door->first = (uint16_t)from;
	door->last = (uint16_t)to;
	return true;
}

bool read_ports(struct parser *p, const struct door_words *words, struct door *door)
{
	const struct port_bounds *const range = range_named(words->ports);
	struct suggestion near = { .typed = "" };
	char typed[32];

	if (range != NULL) {
		door->range_name = range->name;
		door->first = range->first;
		door->last = range->last;
		return true;
	}
	if (span_left(words->ports) == 0) {
		refuse_door(p, words, "the port is missing behind the slash");
		return false;
	}
	if (read_numbers(p, words, UINT16_MAX, door))
		return true;
	near.typed = span_copy_text(words->ports, typed, sizeof(typed));
	for (size_t i = 0; i < PORT_RANGES; i++)
		suggest_offer(&near, catalog_port_ranges[i].name);
	if (near.best != NULL)
		parser_fix(p, last_error(p), "did you mean '%s'?", near.best);
	return false;
}

/* icmp/echo-request, icmp/8 */
static bool read_icmp(struct parser *p, const struct door_words *words, struct door *door)
{
	const unsigned transport = door->transport->number;
	struct suggestion near = { .typed = "" };
	const struct icmp_type *type;
	struct diagnostic *error;
	char typed[64];

	door->icmp_type = catalog_icmp_named(transport, words->ports);
	if (door->icmp_type != NULL)
		door->first = door->last = door->icmp_type->type;
	else if (span_peek(words->ports, 0) >= '0' && span_peek(words->ports, 0) <= '9') {
		if (!read_numbers(p, words, UINT8_MAX, door))
			return false;
	} else {
		near.typed = span_copy_text(words->ports, typed, sizeof(typed));
		error = parser_error(p, &words->token->place, "%s has no message type '%s'",
				     door->transport->name, near.typed);
		for (size_t i = 0; error != NULL && (type = catalog_icmp_nth(i)) != NULL; i++) {
			if (type->transport == transport)
				suggest_offer(&near, type->name);
		}
		if (near.best != NULL)
			parser_fix(p, error, "did you mean %s/%s?", door->transport->name, near.best);
		return false;
	}
	return add_match(p, door, transport, door->first, door->last);
}

static bool is_icmp(const struct transport *transport)
{
	return transport->number == TRANSPORT_ICMP || transport->number == TRANSPORT_ICMPV6;
}

unsigned known_port(const struct service *service)
{
	return service->door_count > 0 ? service->doors[0].first : 0;
}

bool read_transport(struct parser *p, const struct door_words *words, struct door *door)
{
	const struct service *const service = catalog_service(words->ports);
	struct diagnostic *error;

	if (words->parts > 2) {
		error = refuse_door(p, words, "a transport stands before the ports or behind them, not both");
		parser_fix(p, error, "%s/%.*s", door->transport->name, (int)span_left(words->ports),
			   (const char *)words->ports.at);
		return false;
	}
	if (words->parts == 1) {
		door->last = UINT16_MAX;
		return add_match(p, door, door->transport->number, 0, UINT16_MAX);
	}
	if (is_icmp(door->transport))
		return read_icmp(p, words, door);
	if (!door->transport->has_ports) {
		error = parser_error(p, &words->token->place, "%s has no ports", door->transport->name);
		parser_fix(p, error, "%s", door->transport->name);
		return false;
	}
	if (service != NULL) {
		error = refuse_door(p, words, "a port is a number here");
		parser_fix(p, error, "%s/%u for the protocol, %s/%u for the port whatever is spoken there",
			   service->name, known_port(service), door->transport->name, known_port(service));
		return false;
	}
	return read_ports(p, words, door) &&
	       add_match(p, door, door->transport->number, door->first, door->last);
}
