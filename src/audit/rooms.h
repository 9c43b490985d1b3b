/* rooms.h: what the rooms of the audit share. Each room looks at one thing and adds its findings.
 *
 *     doors.c         passive sockets -> doors          documented.c  which rule answers for a door
 *     exposed.c       reachable from more than that     spoken.c      what the server said of itself
 *     holders.c       who listens                       rules.c       what the rules lack
 *     acceptance.c    what somebody answers for         findings.c    the list, and its order
 *     outside.c       the same of a host that was scanned */
#ifndef AUDIT_ROOMS_H
#define AUDIT_ROOMS_H

#include "audit/audit.h"

struct work {
	struct audit *audit;
	const struct audit_input *input;
	struct arena *arena;
	struct decider *decider; /* NULL without a policy */
	size_t door_capacity, finding_capacity;
	bool no_memory; /* sticks; audit_run() fails then */
};

/* ---- doors.c ---- */

void doors_collect(struct work *work);
struct audit_door *door_add(struct work *work);
void doors_sort(struct work *work);
bool socket_is_door(const struct host_socket *socket);

/* Whether it may be the port of a client that waits for answers: see audit_door.temporary. */
bool socket_may_be_client(const struct host *host, const struct host_socket *socket);

/* The interface with this index in this namespace, or NULL. */
const struct host_interface *interface_at(const struct host *host, uint32_t space, uint32_t index);

/* ---- plan.c ---- */

/* How a passive socket is reached from this host; false if it is not to be knocked at. */
bool knock_address(const struct host *host, const struct host_socket *socket, struct knock_door *ret_door);
const struct knock_result *knock_result_of(const struct audit_input *input, const struct host_socket *socket);
const struct knock_result *knock_result_nth(const struct audit_input *input, size_t nth);

/* In the order of the plan. */
int knock_door_compare(const struct knock_door *a, const struct knock_door *b);

/* ---- outside.c ---- */

/* Whether somebody looked from where the rule lets him in, and nobody answered for certain. True wherever
 * this host itself is looked at. */
bool outside_would_answer(const struct work *work, const struct door *door);

/* Doors that answer whom their rules leave out. */
void find_answered(struct work *work);

/* Where there is no policy: services for few that can be reached. */
void find_reachable(struct work *work);

/* "it answered 192.0.2.9" */
const char *outside_words(struct work *work, const struct audit_door *door);

/* ---- documented.c ---- */

/* Asks the policy about every door, and adds the doors that are only documented. */
void documented_judge(struct work *work);

/* The question for one socket: its address and interface, from anybody. */
struct question socket_question(const struct host *host, const struct host_socket *socket);

bool mismatch_is_open(enum mismatch mismatch); /* it depends on what the question leaves open */
bool rule_is_past(const struct rule *rule, int32_t today);

/* ---- spoken.c ---- */

/* Whether what the server said is clear text, with no way to TLS. */
bool spoken_is_clear(const struct knock_result *result);

/* Whether what is spoken can be the service. TLS whose inside stayed unknown may carry what is documented;
 * a rule for plain tls allows anything inside; and a service whose privacy is negotiated may come with TLS
 * around it or without. */
bool spoken_can_be(const char *spoken, const struct service *service);

/* Whether what is spoken can be what the rule documents at this door. A rule may name several protocols for
 * one port: any of them will do. *ret_service, which may be NULL, becomes the first of them, or NULL if none
 * is named. */
bool spoken_is_documented(const char *spoken, const struct rule *rule, unsigned transport, uint16_t port,
			  const struct service **ret_service);

/* ---- the rooms that find ---- */

void find_undocumented(struct work *work);
void find_wider(struct work *work);
void find_spoken(struct work *work);
void find_wrong_process(struct work *work);
void find_in_rules(struct work *work);
void find_accepted(struct work *work);

/* Marks what is accepted, and says nothing of acceptances that have ended: for an audit that could not see
 * everything. */
void accept_findings(struct work *work);

/* ---- findings.c ---- */

/* Adds a finding of this kind; the evidence is formatted. NULL without memory. The subject is the door, else
 * the rule; set what differs from the kind's usual texts in what comes back. */
struct finding *finding_add(struct work *work, enum finding_kind kind, const struct audit_door *door,
			    const struct rule *rule, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* Who stands behind a door, in words: "nginx (812) of www-data, nginx.service". */
const char *door_behind(struct work *work, const struct audit_door *door);
const char *rule_words(struct work *work, const struct rule *rule); /* "allow http/80 from any" */

void findings_sort(struct work *work);

/* Keeps a text that may be NULL for lack of memory, and notes that. */
const char *keep(struct work *work, const char *text);

#endif
