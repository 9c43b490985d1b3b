#include "audit/connections.h"

#include <stdlib.h>

struct looking {
	const struct live_input *input;
	struct live_view *view;
	const struct tracked **sorted; /* by their ends */
	bool *owned;                   /* of each of these: a socket of this host is its end */
	uint32_t session[SESSION_DEPTH];
	size_t session_count;
	struct tracked asked_from; /* the connection that SSH_CONNECTION names */
};

/* ---- the host's own addresses ---- */

static const struct host_interface *interface_of(const struct host *host, const struct address *a)
{
	for (size_t i = 0; i < host->interface_count; i++) {
		const struct host_interface *const interface = &host->interfaces[i];

		if (interface->space != 0)
			continue;
		for (size_t k = 0; k < interface->address_count; k++) {
			if (address_compare(&interface->addresses[k], a) == 0 ||
			    (interface->loopback && address_in(a, &interface->networks[k])))
				return interface;
		}
	}
	return NULL;
}

/* ---- finding what is tracked of a socket ---- */

static int by_ends(const struct tracked *a, const struct tracked *b)
{
	int order = address_compare(&a->source, &b->source);

	if (order == 0)
		order = address_compare(&a->destination, &b->destination);
	if (order == 0)
		order = a->source_port - b->source_port;
	if (order == 0)
		order = a->destination_port - b->destination_port;
	return order != 0 ? order : a->transport - b->transport;
}

static int compare_tracked(const void *a, const void *b)
{
	return by_ends(*(const struct tracked *const *)a, *(const struct tracked *const *)b);
}

static const struct tracked *find(const struct looking *l, const struct tracked *asked)
{
	const struct tracked **const found = l->input->tracked_count == 0
						     ? NULL
						     : bsearch(&asked, l->sorted, l->input->tracked_count,
							       sizeof(const struct tracked *),
							       compare_tracked);

	if (found == NULL)
		return NULL;
	l->owned[found - l->sorted] = true;
	return *found;
}

static bool sort_tracked(struct looking *l, struct arena *arena)
{
	const size_t count = l->input->tracked_count;

	l->sorted = arena_array(arena, count + 1, sizeof(const struct tracked *));
	l->owned = arena_array(arena, count + 1, sizeof(*l->owned));
	if (l->sorted == NULL || l->owned == NULL)
		return false;
	for (size_t i = 0; i < count; i++)
		l->sorted[i] = &l->input->tracked[i];
	if (count > 1)
		qsort(l->sorted, count, sizeof(const struct tracked *), compare_tracked);
	return true;
}

static struct tracked turned(const struct tracked *t)
{
	struct tracked other = *t;

	other.source = t->destination;
	other.destination = t->source;
	other.source_port = t->destination_port;
	other.destination_port = t->source_port;
	return other;
}

/* ---- whose it is ---- */

static bool is_held_by_session(const struct looking *l, const struct host_socket *socket)
{
	const struct host *const host = l->input->host;

	for (size_t i = 0; i < socket->holder_count; i++) {
		const uint32_t pid = host->processes[host->holders[socket->holder + i].process].pid;

		for (size_t k = 0; k < l->session_count; k++) {
			if (l->session[k] == pid)
				return true;
		}
	}
	return false;
}

/* Of sshd: terminals that outlive their connection, and sudo, leave nothing else of it. */
static void read_ssh_connection(struct looking *l)
{
	struct span words = span_text(l->input->ssh_connection != NULL ? l->input->ssh_connection : "");
	struct tracked *const t = &l->asked_from;
	const struct span source = span_word(&words), from = span_word(&words);
	const struct span destination = span_word(&words), to = span_word(&words);
	uint64_t source_port, destination_port;

	if (to.failed || !address_parse(source, &t->source) || !address_parse(destination, &t->destination) ||
	    !span_number(from, UINT16_MAX, &source_port) || !span_number(to, UINT16_MAX, &destination_port))
		return;
	t->source_port = (uint16_t)source_port;
	t->destination_port = (uint16_t)destination_port;
	t->transport = TRANSPORT_TCP;
}

/* ---- judging ---- */

static bool is_denied(const struct looking *l, const struct decision *decision)
{
	return decision->verdict != VERDICT_ALLOW && l->input->policy->mode == MODE_ENFORCE &&
	       (decision->rule == NULL || !decision->rule->test);
}

static void judge(struct looking *l, const struct tracked *t, enum direction direction, const char *interface,
		  const struct host_socket *socket)
{
	const bool has_type = t->transport == TRANSPORT_ICMP || t->transport == TRANSPORT_ICMPV6;
	const uint16_t door = has_type ? t->icmp_type : t->destination_port;
	const struct question question = {
		.direction = direction,
		.door = { .transport = t->transport, .first = door, .last = door },
		.has_source = true,
		.has_destination = true,
		.source = t->source,
		.destination = t->destination,
		.interface = interface,
	};
	const struct decision decision = policy_decide(l->input->decider, &question);
	struct live *live;

	l->view->alive++;
	if (!is_denied(l, &decision))
		return;
	live = &l->view->denied[l->view->denied_count++];
	*live = (struct live){
		.connection = *t,
		.direction = direction,
		.socket = socket,
		.rule = decision.rule,
		.depends = decision.undecided != NULL,
		.session = (socket != NULL && t->transport == TRANSPORT_TCP &&
			    is_held_by_session(l, socket)) ||
			   by_ends(t, &l->asked_from) == 0,
	};
	l->view->session_count += live->session;
}

static bool is_connection(const struct host_socket *socket)
{
	if (socket->space != 0 || socket->family != SOCKET_INET || socket->raw ||
	    socket->kind != SOCKET_ACTIVE || address_is_unspecified(&socket->peer))
		return false;
	if (socket->transport == TRANSPORT_UDP)
		return true;
	return socket->transport == TRANSPORT_TCP && !socket->mptcp &&
	       (socket->state == STATE_ESTABLISHED || socket->state == STATE_CLOSE_WAIT ||
		socket->state == STATE_FIN_WAIT1 || socket->state == STATE_FIN_WAIT2);
}

/* Who began is what the tracker saw first; else who has a listener was called. */
static void judge_socket(struct looking *l, const struct host_socket *socket)
{
	const struct host_interface *const interface = interface_of(l->input->host, &socket->local);
	const struct tracked out = { .source = socket->local,
				     .destination = socket->peer,
				     .source_port = socket->local_port,
				     .destination_port = socket->peer_port,
				     .transport = socket->transport };
	const struct tracked in = turned(&out);
	const struct tracked *known = find(l, &in);
	enum direction direction = DIRECTION_IN;

	if (interface_of(l->input->host, &socket->peer) != NULL)
		return;
	if (known == NULL) {
		known = find(l, &out);
		direction = known != NULL || socket->door == NO_SOCKET ? DIRECTION_OUT : DIRECTION_IN;
	}
	if (known == NULL) {
		known = direction == DIRECTION_IN ? &in : &out;
		l->view->untracked[l->view->untracked_count++] = *known;
	}
	judge(l, known, direction, interface != NULL ? interface->name : NULL, socket);
}

static void judge_tracked(struct looking *l, const struct tracked *t)
{
	const struct host_interface *const source = interface_of(l->input->host, &t->source);
	const struct host_interface *const destination = interface_of(l->input->host, &t->destination);

	if (!t->answered || (source != NULL && destination != NULL))
		return;
	if (source != NULL)
		judge(l, t, DIRECTION_OUT, source->name, NULL);
	else if (destination != NULL)
		judge(l, t, DIRECTION_IN, destination->name, NULL);
	else
		judge(l, t, DIRECTION_THROUGH, NULL, NULL);
}

static int session_first(const void *a, const void *b)
{
	const struct live *const x = a, *const y = b;

	return x->session != y->session ? y->session - x->session : by_ends(&x->connection, &y->connection);
}

bool audit_live(struct arena *arena, const struct live_input *input, struct live_view *ret_view,
		struct error *err)
{
	const struct host *const host = input->host;
	struct looking l = { .input = input, .view = ret_view };

	*ret_view = (struct live_view){ 0 };
	ret_view->denied = arena_array(arena, host->socket_count + input->tracked_count + 1,
				       sizeof(*ret_view->denied));
	ret_view->untracked = arena_array(arena, host->socket_count + 1, sizeof(*ret_view->untracked));
	if (ret_view->denied == NULL || ret_view->untracked == NULL || !sort_tracked(&l, arena))
		return error_memory(err);
	l.session_count = session_processes(l.session);
	read_ssh_connection(&l);
	for (size_t i = 0; i < host->socket_count; i++) {
		if (is_connection(&host->sockets[i]))
			judge_socket(&l, &host->sockets[i]);
	}
	for (size_t i = 0; i < input->tracked_count; i++) {
		if (!l.owned[i])
			judge_tracked(&l, l.sorted[i]);
	}
	if (ret_view->denied_count > 1)
		qsort(ret_view->denied, ret_view->denied_count, sizeof(*ret_view->denied), session_first);
	return true;
}
