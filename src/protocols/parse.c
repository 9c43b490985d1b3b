/* parse.c: what parsers ask of the engine. */
#include "protocols/parse.h"

#include <stdio.h>

void parse_event(struct parse *parse, const void *record)
{
	parse->engine->event(parse, parse->protocol->name, parse->protocol->parser->emit, record, NULL);
}

void parse_event_as(struct parse *parse, const char *type, parse_emit *emit, const void *record)
{
	parse->engine->event(parse, type, emit, record, NULL);
}

void parse_event_meeting(struct parse *parse, const char *type, parse_emit *emit, const void *record,
			 const struct parse_memo *memo)
{
	parse->engine->event(parse, type, emit, record, memo);
}

void parse_remember(struct parse *parse, const struct parse_memo *memo)
{
	parse->engine->remember(parse, memo);
}

void parse_weakness(struct parse *parse, const struct weakness *weakness, const char *format, ...)
{
	char evidence[FACT_VALUE];
	va_list list;

	if (!parse->engine->is_news(parse, weakness))
		return;
	va_start(list, format);
	(void)vsnprintf(evidence, sizeof(evidence), format, list);
	va_end(list);
	parse->engine->weakness(parse, weakness, evidence);
}

void parse_weakness_about(struct parse *parse, const struct weakness *weakness, const struct address *about,
			  const char *format, ...)
{
	char evidence[FACT_VALUE];
	va_list list;

	if (parse->engine->weakness_about == NULL)
		return;
	va_start(list, format);
	(void)vsnprintf(evidence, sizeof(evidence), format, list);
	va_end(list);
	parse->engine->weakness_about(parse, weakness, about, evidence);
}

void parse_software(struct parse *parse, enum side side, struct span product, struct span version)
{
	parse->engine->software(parse, side, product, version);
}

void parse_expect(struct parse *parse, const struct expectation *expectation)
{
	parse->engine->expect(parse, expectation);
}

void parse_skip(struct parse *parse, uint64_t length)
{
	parse->skip += length;
}

void parse_want(struct parse *parse, size_t length)
{
	parse->want = length < PARSE_UNREAD_LIMIT ? length : PARSE_UNREAD_LIMIT;
}

void parse_upgrade(struct parse *parse, const struct protocol *to)
{
	parse->upgraded = true;
	parse->upgraded_to = to;
}

void parse_leave(struct parse *parse, struct span bytes)
{
	parse->left = parse_keep(parse, bytes);
}

void parse_open(struct parse *parse, enum tunnel tunnel, uint32_t key, enum carried carried,
		struct span bytes)
{
	parse->engine->open(parse, tunnel, key, carried, bytes);
}

struct span parse_keep(struct parse *parse, struct span bytes)
{
	return parse->engine->keep(parse, bytes);
}

void parse_forget(struct parse *parse)
{
	parse->engine->forget(parse);
	parse->left = span_of(NULL, 0);
}
