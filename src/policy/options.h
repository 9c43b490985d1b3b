/* options.h: the options of a rule as rows of a table, in the order of the normal form: first those that
 * stand on the rule's own line, then those that get a line each. */
#ifndef POLICY_OPTIONS_H
#define POLICY_OPTIONS_H

#include "policy/parser.h"

/* What follows the keyword, and what it is kept as. */
enum option_value {
	VALUE_SWITCH,   /* nothing; bool */
	VALUE_RATE,     /* 10/second; struct rate */
	VALUE_ID,       /* a name; const char *, and id_given */
	VALUE_PROCESS,  /* a word, or a text; const char * */
	VALUE_TEXT,     /* const char * */
	VALUE_APPROVED, /* a text and perhaps a date */
	VALUE_DATE,     /* int32_t */
};

struct option {
	const char *keyword;
	enum option_value value;
	size_t offset; /* of its field in struct rule */
	int field;     /* enum rule_field, or NO_FIELD */
	bool on_head;  /* stands on the rule's own line in normal form */
	bool allow_only;
	const char *why; /* why it is for allow rules only */
};

enum { NO_FIELD = -1 };

enum option_number {
	OPTION_LOG,
	OPTION_LIMIT,
	OPTION_STRICT,
	OPTION_TEST,
	OPTION_ID,
	OPTION_BY,
	OPTION_SERVICE,
	OPTION_OWNER,
	OPTION_BECAUSE,
	OPTION_APPROVED,
	OPTION_MITIGATION,
	OPTION_BOUNDARY,
	OPTION_DATA,
	OPTION_REVIEW,
	OPTION_UNTIL,
	OPTIONS
};

extern const struct option options[OPTIONS];

/* The option of this keyword, or NULL. */
const struct option *option_named(struct span keyword);

/* Whether the rule has it. */
bool rule_has_option(const struct rule *rule, const struct option *option);

/* Parses the option whose keyword comes next into the rule. After an error what is left of its line is
 * skipped, as far as it is not another option. */
void parse_option(struct parser *p, const struct option *option, struct rule *rule);

/* The field of a rule that the option sets. */
static inline void *option_field(const struct option *option, struct rule *rule)
{
	return (char *)rule + option->offset;
}

/* Takes note that an option stands here; false, reported, if it stood in this statement before. */
bool note_option(struct parser *p, enum option_number number, const struct place *place);

/* Skips to the next word that begins a clause or a line. */
void skip_to_clause(struct parser *p);

/* YYYY-MM-DD behind the keyword `what`; DATE_NONE, reported, if there is none. */
int32_t parse_date(struct parser *p, const char *what);

#endif
