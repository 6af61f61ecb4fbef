#ifndef IO_LOOP_PRIVATE_H
#define IO_LOOP_PRIVATE_H

/* For siblings in src/io only. */
struct event_base;
struct loop;
struct event_base *loop_event_base(struct loop *loop);

#endif
