/* policy.h: the documented view. A policy is a file in plain lines (doc/policy-language.md) that says which
 * doors may be open, to whom, speaking what, owned by whom and why. First match wins; what no rule allows
 * is denied.
 *
 *     struct policy *policy = policy_read(arena, "host.policy", &diagnostics);
 *     struct decider *decider = decider_new(policy, &surroundings, &err);
 *     struct decision decision = policy_decide(decider, &question);
 *
 * The model keeps what was written, so that it can be printed again, and beside it what it comes to, so that
 * it can be asked. It lives in the caller's arena, and so do all its texts; nothing is freed by itself. */
#ifndef POLICY_POLICY_H
#define POLICY_POLICY_H

#include "base/arena.h"
#include "base/error.h"
#include "base/json.h"
#include "catalog/catalog.h"

enum {
	POLICY_FILE_LIMIT = 64 * 1024 * 1024, /* bytes of one file */
	POLICY_LINE_LIMIT = 64 * 1024,        /* bytes of one line */
	POLICY_INCLUDE_DEPTH = 16,
	POLICY_INCLUDE_FILES = 1000,
	DIAGNOSTICS_LIMIT = 10000, /* further ones are counted, not kept */
};

/* Where something was written. The file's text is kept for the line that an error shows. */
struct place {
	const char *file;
	uint32_t line, column; /* from 1; the column counts characters. Line 0: the file as a whole */
	uint32_t length;       /* characters that it is about, at least 1 */
	struct span text;      /* the whole line */
};

/* ---- diagnostics: errors of the parser and findings of the lint, in one form ---- */

enum severity { SEVERITY_ERROR, SEVERITY_WARNING, SEVERITY_REMARK };

struct diagnostic {
	enum severity severity;
	const char *id; /* of a lint: "shadowed"; of the parser: "syntax" */
	struct place place;
	const char *text;
	const char *fix;    /* what to write instead, or NULL */
	struct place other; /* where the other part of it stands; file is NULL without one */
};

struct diagnostics {
	struct arena *arena;
	struct diagnostic *list; /* in the order of place */
	size_t count, capacity;
	size_t errors, warnings, remarks; /* counted beyond the limit as well */
};

struct diagnostics *diagnostics_new(struct arena *arena);

/* Adds one; text is formatted into the arena. Returns it, so that fix and other can be set; NULL past the
 * limit. */
struct diagnostic *diagnostics_add(struct diagnostics *d, enum severity severity, const char *id,
				   const struct place *place, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Puts them in the order of place, files in the order in which they were first spoken of. */
void diagnostics_sort(struct diagnostics *d);

/* ---- the model ---- */

enum policy_verdict { VERDICT_ALLOW, VERDICT_DENY, VERDICT_REJECT };
enum direction { DIRECTION_IN, DIRECTION_OUT, DIRECTION_THROUGH, DIRECTIONS };
enum policy_mode { MODE_ENFORCE, MODE_TEST, MODE_OBSERVE };

const char *verdict_text(enum policy_verdict verdict);
const char *direction_text(enum direction direction);
const char *mode_text(enum policy_mode mode);

/* What a written door comes to: a transport and a stretch of ports, or of ICMP types. A transport without
 * ports has 0 to 65535, and so has TRANSPORT_ANY. */
struct match {
	uint16_t transport;
	uint16_t first, last;
};

/* A door as it was written. */
struct door {
	const struct service *service;     /* the protocol named, or NULL */
	const struct transport *transport; /* written in front or behind, or NULL */
	const struct icmp_type *icmp_type; /* icmp/echo-request, or NULL */
	bool all;                          /* "all" */
	bool own_ports;                    /* a protocol without ports: its own */
	uint16_t first, last;
	const char *range_name; /* "well-known", or NULL */
	struct match *matches;  /* at least one */
	size_t match_count;
	struct place place;
};

enum address_kind {
	ADDRESS_ANY,
	ADDRESS_RANGE,
	ADDRESS_SELF,
	ADDRESS_LOCAL,
	ADDRESS_MULTICAST,
	ADDRESS_BROADCAST,
	ADDRESS_NAMED
};

struct address_term {
	enum address_kind kind;
	struct address_range range;     /* of ADDRESS_RANGE */
	const struct policy_name *name; /* of ADDRESS_NAMED */
	struct place place;
};

/* No term at all means that nothing was written, and that is any address. */
struct address_list {
	struct address_term *terms, *except;
	size_t count, except_count;
};

/* let NAME = addresses */
struct policy_name {
	const char *name;
	struct address_list addresses;
	struct place place;
};

struct rate {
	uint32_t count; /* 0: no limit */
	uint32_t per_seconds;
	const char *unit; /* "second", "minute", "hour", "day" */
};

#define DATE_NONE INT32_MIN

/* The fields that `require` may name, and that make a rule a document. */
enum rule_field {
	FIELD_OWNER,
	FIELD_BECAUSE,
	FIELD_APPROVED,
	FIELD_REVIEW,
	FIELD_SERVICE,
	FIELD_MITIGATION,
	FIELD_BOUNDARY,
	FIELD_DATA,
	FIELD_UNTIL,
	FIELD_BY,
	RULE_FIELDS
};
extern const char *const rule_field_names[RULE_FIELDS];

struct rule {
	const char *id; /* given, or made from the rule's content: never NULL */
	bool id_given, direction_given;
	enum policy_verdict verdict;
	enum direction direction;
	struct door *doors;
	size_t door_count;
	struct address_list from, to;
	const char **interfaces; /* none: any */
	size_t interface_count;
	bool log, strict, test;
	struct rate limit;
	const char *by, *service, *owner, *because, *approved, *mitigation, *boundary, *data; /* or NULL */
	int32_t approved_on, review, until; /* days, or DATE_NONE */
	size_t number;                      /* from 0, over all files */
	struct place place, on_place;       /* of the rule, of its interfaces */
	const struct place *option_places;  /* by field: where it was written; file is NULL if it was not */
};

/* A concrete question: may this pass? Also an `expect` line. What is not known is left open. */
struct question {
	enum direction direction;
	const struct service *service; /* the protocol, if known */
	struct match door;             /* one transport, one port or type: first == last */
	bool has_source, has_destination;
	struct address source, destination;
	const char *interface; /* or NULL */
};

struct policy_expectation {
	enum policy_verdict verdict;
	struct question *questions; /* a door such as dns/53 asks for tcp and udp */
	size_t question_count;
	const char *text; /* the question in normal form */
	struct place place;
};

/* accept FINDING on DOORS because TEXT until DATE: a finding that somebody answers for, for a time. */
struct acceptance {
	const char *finding;
	struct door *doors; /* none: wherever it is found */
	size_t door_count;
	const char *because;
	int32_t until;
	struct place place;
};

struct policy {
	const char *path;
	const char *host; /* or NULL */
	enum policy_mode mode;
	bool required[RULE_FIELDS];
	struct policy_name *names; /* in the order in which they were written */
	struct rule *rules;
	struct policy_expectation *expectations;
	struct acceptance *acceptances;
	size_t name_count, rule_count, expectation_count, acceptance_count;
	struct source_file *files; /* what was written, with its comments: for policy_format() */
	size_t file_count;
};

/* Who looks up what the name of a host stands for: at least one address and at most HOST_ADDRESSES, in the
 * arena. False with words where it stands for nothing, or nobody can tell. */
enum { HOST_ADDRESSES = 64 };
struct host_lookup {
	bool (*look_up)(void *context, struct arena *arena, const char *name, struct address **ret_addresses,
			size_t *ret_count, struct error *err);
	void *context;
};

/* Reads a file and what it includes, or all *.policy files of a directory in the order of their names. Names
 * of hosts become names as `let` gives them, for what they stand for now; with `lookup` NULL they are errors.
 * NULL if there is any error; all of them are in diagnostics then. Remarks may be there in any case. */
struct policy *policy_read(struct arena *arena, const char *path, const struct host_lookup *lookup,
			   struct diagnostics *diagnostics);

/* The same from memory; `include` is refused there. The text must outlive the policy. */
struct policy *policy_parse(struct arena *arena, const char *name, struct span text,
			    struct diagnostics *diagnostics);

/* Parses "mysql/3306 from 203.0.113.9" as asked on the command line: [in|out|through] door [from address]
 * [to address] [on interface]. NULL with diagnostics; *ret_count questions otherwise. */
struct question *question_parse(struct arena *arena, const char *text, size_t *ret_count,
				struct diagnostics *diagnostics);

/* The nth file that the policy was read from, with its text as it was read; false behind the last. */
bool policy_source(const struct policy *policy, size_t nth, const char **ret_path, struct span *ret_text);

/* Writes the first file in normal form, comments kept. What is written parses to the same model. */
void policy_format(const struct policy *policy, struct buffer *out);

/* Writes a rule, door or list of addresses in normal form, on one line without its documentation. */
void rule_format(const struct rule *rule, struct buffer *out);
void door_format(const struct door *door, struct buffer *out);
void addresses_format(const struct address_list *list, struct buffer *out);
void question_format(const struct question *question, struct buffer *out);

/* Writes the model as JSON: one object, under this key where it stands in another. With places, every
 * statement says in which file and line it stands; without them, two policies that mean the same give the
 * same text. */
void policy_json(const struct policy *policy, const char *key, bool places, struct json *json);

/* ---- the decision ---- */

/* What "self" and "local" stand for on the host that is asked about; found by the host module. */
struct surroundings {
	const struct address_range *self;
	size_t self_count;
	const struct address_range *local; /* networks that it is connected to */
	size_t local_count;
	const struct address_range *broadcast;
	size_t broadcast_count;
	int32_t today;
};

struct decision {
	enum policy_verdict verdict;
	const struct rule *rule; /* NULL: no rule matched, and what no rule allows is denied */
	bool spoken_agrees;      /* false: the question's protocol is not the one that the rule documents */
	const struct rule
		*undecided; /* a rule before it that depends on what the question leaves open, or NULL */
};

/* The rules in a form that answers in a time that does not grow with their number. It borrows the policy and
 * the ranges of the surroundings, and takes at most a gigabyte: a policy that needs more, through rules with
 * very long lists of addresses or ports, is refused in words. Free with decider_free(). */
struct decider;
struct decider *decider_new(const struct policy *policy, const struct surroundings *around,
			    struct error *err);
void decider_free(struct decider *decider);

/* The first rule that matches. Ports decide, the protocol named judges: a rule for http/80 matches tcp port
 * 80 whatever is spoken there, and spoken_agrees says whether it is right. Rules whose `until` is past do not
 * match. Allocates nothing; may be called from several threads. */
struct decision policy_decide(const struct decider *decider, const struct question *question);

/* Why a rule does not match a question. */
enum mismatch {
	MATCHES,
	OTHER_DIRECTION,
	OTHER_TRANSPORT,
	OTHER_PORT,
	OTHER_SOURCE,
	OTHER_DESTINATION,
	OTHER_INTERFACE,
	PAST_UNTIL,
	DEPENDS_ON_SOURCE,
	DEPENDS_ON_DESTINATION,
	DEPENDS_ON_INTERFACE
};

/* Whether an interface is one that a rule writes: the same name, or one that begins as "eth*" says. */
bool interface_matches(const char *written, const char *interface);

/* Whether one of the door's matches holds the transport and the first port that is asked for. */
bool door_holds(const struct door *door, const struct match *asked);

/* The same decision for one rule, read in the plain way: the yardstick for policy_decide(), and the words of
 * `verdict`. */
enum mismatch rule_mismatch(const struct decider *decider, const struct rule *rule,
			    const struct question *question);

/* ---- lint ---- */

/* Adds what is doubtful to diagnostics: rules that can never match (shadowed), that add nothing (redundant),
 * overlaps that contradict, protocols on ports registered for others, clear text open to any without a
 * mitigation, missing owner or reason, an approver who is the owner, review and until dates past, expect
 * lines that fail, a policy without rules. */
bool policy_lint(const struct policy *policy, const struct surroundings *around,
		 struct diagnostics *diagnostics, struct error *err);

#endif
