/* answer.c: what is kept of a server's words. Every part has a fixed size, whatever the server sends. */
#include "protocols/protocols.h"

#include <stdio.h>

/* The value of this key: the old one, a new one, or NULL when there is no room. */
static char *value_of(struct answer *answer, const char *key)
{
	for (size_t i = 0; i < answer->fact_count; i++)
		if (strcmp(answer->facts[i].key, key) == 0)
			return answer->facts[i].value;
	if (answer->fact_count == ANSWER_FACTS)
		return NULL;
	answer->facts[answer->fact_count].key = key;
	return answer->facts[answer->fact_count++].value;
}

void answer_fact(struct answer *answer, const char *key, struct span value)
{
	char *kept;

	if (span_left(value) == 0 || *value.at == '\0')
		return;
	kept = value_of(answer, key);
	if (kept != NULL)
		(void)span_copy_text(value, kept, FACT_VALUE);
}

void answer_fact_format(struct answer *answer, const char *key, const char *format, ...)
{
	char value[FACT_VALUE];
	va_list list;

	va_start(list, format);
	(void)vsnprintf(value, sizeof(value), format, list);
	va_end(list);
	answer_fact(answer, key, span_text(value));
}

void answer_product(struct answer *answer, struct span product, struct span version)
{
	(void)span_copy_text(product, answer->product, sizeof(answer->product));
	(void)span_copy_text(version, answer->version, sizeof(answer->version));
}

void answer_weakness(struct answer *answer, const struct weakness *weakness, const char *format, ...)
{
	va_list list;

	for (size_t i = 0; i < answer->weakness_count; i++)
		if (answer->weaknesses[i].weakness == weakness)
			return;
	if (answer->weakness_count == ANSWER_WEAKNESSES)
		return;
	answer->weaknesses[answer->weakness_count].weakness = weakness;
	va_start(list, format);
	(void)vsnprintf(answer->weaknesses[answer->weakness_count].evidence, FACT_VALUE, format, list);
	va_end(list);
	answer->weakness_count++;
}

const char *answer_get(const struct answer *answer, const char *key)
{
	for (size_t i = 0; i < answer->fact_count; i++)
		if (strcmp(answer->facts[i].key, key) == 0)
			return answer->facts[i].value;
	return NULL;
}
