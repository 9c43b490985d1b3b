/* parser.h: what the rooms of the parser share. Each parse function takes its words off the lexer, adds what
 * it understood to the model, and reports what it did not. After an error it goes on at the next place where
 * something new begins (an element of a list, an option, a statement), so that every error of a file is
 * reported and none of them twice. */
#ifndef POLICY_PARSER_H
#define POLICY_PARSER_H

#include "policy/lexer.h"
#include "policy/names.h"

enum { POLICY_WRITTEN = 32 /* options of one statement; each may stand once */ };

struct parser {
	struct arena *arena;
	struct policy *policy;
	struct diagnostics *diagnostics;
	struct lexer lexer;
	const struct host_lookup *lookup; /* NULL: names of hosts are not looked up */
	struct source_file *file;         /* the one being read */
	const struct include *chain;      /* the include statements that led to it; NULL in memory */
	struct source_file **files;
	size_t file_count, file_capacity;
	struct let **lets; /* every name, each where it stays until all are known */
	size_t let_count, lets_capacity, rules_capacity, expectations_capacity, acceptances_capacity;
	struct names names; /* of `let`, to struct let */
	struct names ids;   /* to struct place */
	struct names early; /* used before their `let`, to struct early_use */
	struct place mode_place, host_place;
	size_t proposals; /* how often the whole catalogue was searched for a word */
	bool exhausted;   /* memory ran out; reported once at the end */

	/* of the statement being read */
	struct written written[POLICY_WRITTEN];
	size_t written_count;
	bool has_options;                    /* it is a rule */
	uint32_t first_line, first_line_end; /* the column behind its last word on its first line */
	struct place places[RULE_FIELDS];    /* of its options; file is NULL where there is none */
	struct place bare;                   /* the last text that was written without quotes */

	/* room for lists while their length is not known; the model gets copies that fit */
	struct door *doors;
	struct address_term *terms;
	const char **interfaces;
	size_t doors_capacity, terms_capacity, interfaces_capacity;
};

/* Reports an error, and what to write instead; both as printf does. */
struct diagnostic *parser_error(struct parser *p, const struct place *place, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void parser_fix(struct parser *p, struct diagnostic *diagnostic, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Says that memory ran out; false always. */
bool parser_memory(struct parser *p);

/* Looks at the next word, takes it, takes it only if it is this one. */
const struct token *parser_peek(struct parser *p);
struct token parser_take(struct parser *p);
bool parser_accept(struct parser *p, const char *word);
bool parser_comma(struct parser *p);

/* The text of a token for a message, cut when it is long. Lives in the arena; never NULL. */
const char *parser_words(struct parser *p, const struct token *token);

/* Whether it is a word of the language, such as "from" or "log", and so cannot be a name. */
bool is_reserved(struct span word);

/* Whether the word begins as an address does, and no name does. */
bool looks_like_address(struct span word);

/* Whether the word may begin the next part of a rule: from, to, on or an option. */
bool begins_clause(const struct token *token);

/* A text: a word or a quoted one, with its escapes resolved. NULL, reported, if there is none. `what` is the
 * keyword before it. */
const char *parse_text(struct parser *p, const char *what);

/* doors: at least one; false, reported, without any good one. */
bool parse_doors(struct parser *p, struct door **ret_doors, size_t *ret_count);

/* addresses [ "except" addresses ], behind "from", "to" or "=". */
bool parse_addresses(struct parser *p, struct address_list *ret_list, const char *what);

/* [in|out|through], if it is there. */
bool parse_direction(struct parser *p, enum direction *ret_direction);

/* interfaces, behind "on". */
bool parse_interfaces(struct parser *p, const char ***ret_interfaces, size_t *ret_count);

/* A concrete question up to the end of the statement. NULL, reported, if it is none. */
struct question *parse_question(struct parser *p, size_t *ret_count, const char **ret_text);

/* Reports that a word is not expected here, with the likely reason, and skips to the next clause. */
void parse_unexpected(struct parser *p);

/* The statements, each from behind its first word. */
typedef void parse_statement(struct parser *p, struct statement *statement, const struct token *keyword);
parse_statement parse_rule, parse_let, parse_expected, parse_accept, parse_mode, parse_host, parse_require,
	parse_include;

/* Reads all statements of p->file. */
void parse_file(struct parser *p);

/* Grows an array of the model for one more; NULL, noted, without memory. */
void *parser_grow(struct parser *p, void *array, size_t count, size_t *capacity, size_t size);

/* A copy of a list that fits it; NULL for an empty one, and, noted, without memory. */
void *parser_keep(struct parser *p, const void *list, size_t count, size_t size);

/* The place of the statement that begins at the token: to the end of its first line. */
struct place statement_place(const struct parser *p, const struct token *keyword);

/* Begins a parser, and ends it: what needs the whole policy is checked. NULL if there was an error. */
bool parser_begin(struct parser *p, struct arena *arena, struct diagnostics *diagnostics);
struct policy *parser_end(struct parser *p, const char *path);

/* A file or a directory, opened and parsed. `at` is the include statement, or NULL for the first. */
void read_path(struct parser *p, const char *path, const struct place *at);

/* Moves the names into the model's array, and has every address point there. */
bool keep_names(struct parser *p);

/* Gives every rule that has none an id made of its content. */
bool make_rule_ids(struct parser *p);

#endif
