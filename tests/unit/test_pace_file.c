/* test_pace_file.c - the file that processes share: what is refused, what is made anew; and that
 * many processes, some of them killed, never hold more sessions than allowed. */
#include "pace_fixture.h"

TestSuite(pace_file, .init = begin, .fini = end);

enum content { EMPTY, BLANK, TEXT, SHORT, OF_BLOCKS, OLDER, NEWER, OTHER_GEOMETRY, LINKED_TWICE };

static void file_make(enum content content, mode_t mode)
{
    struct pace *pace = open_pace();
    pace_close(&pace);
    int fd = open(path, O_RDWR);
    const uint32_t older = PACE_VERSION - 1, newer = PACE_VERSION + 1, buckets = 7;
    char blank[4096] = {0}, other[80];
    bool done = true;
    snprintf(other, sizeof(other), "%s.other", path);
    switch (content) {
    case EMPTY:
        done = ftruncate(fd, 0) == 0;
        break;
    case BLANK:
        done = pwrite(fd, blank, sizeof(blank), 0) > 0;
        break;
    case TEXT:
        done = pwrite(fd, "root:x:0:0:root", 15, 0) == 15;
        break;
    case SHORT:
        done = ftruncate(fd, 10) == 0;
        break;
    case OF_BLOCKS:
        done = ftruncate(fd, 8192) == 0;
        break;
    case OLDER:
        done = pwrite(fd, &older, 4, offsetof(struct pace_header, version)) == 4;
        break;
    case NEWER:
        done = pwrite(fd, &newer, 4, offsetof(struct pace_header, version)) == 4;
        break;
    case OTHER_GEOMETRY:
        done = pwrite(fd, &buckets, 4, offsetof(struct pace_header, buckets)) == 4;
        break;
    case LINKED_TWICE:
        done = link(path, other) == 0;
        break;
    }
    cr_assert(done && fchmod(fd, mode) == 0);
    close(fd);
}

Test(pace_file, files)
{
    static const struct {
        const char *label;
        enum content content;
        mode_t mode;
        const char *why; /* NULL: good */
    } rows[] = {
        {"empty", EMPTY, 0600, NULL},
        {"blank: its maker died", BLANK, 0600, NULL},
        {"older", OLDER, 0600, NULL},
        {"somebody's text", TEXT, 0600, "not a pace file"},
        {"ten bytes", SHORT, 0600, "not a pace file"},
        {"cut short", OF_BLOCKS, 0600, "damaged; remove it"},
        {"newer", NEWER, 0600, "newer"},
        {"of another shape", OTHER_GEOMETRY, 0600, "damaged; remove it"},
        {"readable by others", EMPTY, 0604, "others may read or write it"},
        {"writable by the group", EMPTY, 0620, "others may read or write it"},
        {"two names", LINKED_TWICE, 0600, "more than one name"},
    };
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char why[200] = "", other[80];
        file_make(rows[i].content, rows[i].mode);
        struct pace *pace = pace_open(&pace_settings, "", why, sizeof(why));
        cr_expect_eq(pace != NULL, rows[i].why == NULL, "%s: %s", rows[i].label, why);
        if (rows[i].why != NULL) {
            cr_expect_not_null(strstr(why, rows[i].why), "%s: %s", rows[i].label, why);
            cr_expect_eq(strncmp(why, path, strlen(path)), 0, "%s", why);
        } else {
            struct pace_permit *permit = go(pace, "Google", &plenty);
            pace_end(&permit);
        }
        pace_close(&pace);
        snprintf(other, sizeof(other), "%s.other", path);
        unlink(other);
        unlink(path);
    }
}

Test(pace_file, what_is_not_a_file_of_ours)
{
    char why[200] = "", target[80];
    snprintf(target, sizeof(target), "%s.target", path);
    cr_assert_eq(symlink(target, path), 0);
    cr_expect_null(pace_open(&pace_settings, "", why, sizeof(why)));
    cr_expect_not_null(strstr(why, "a symbolic link"), "%s", why);
    cr_expect_neq(access(target, F_OK), 0, "made what the link names");
    unlink(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    cr_expect_null(pace_open(&pace_settings, "", why, sizeof(why)));
    cr_expect_not_null(strstr(why, "not a regular file"), "%s", why);
    unlink(path);
    pace_settings.file = folder;
    cr_expect_null(pace_open(&pace_settings, "", why, sizeof(why)));
    cr_expect_not_null(strstr(why, "directory"), "%s", why);
    pace_settings.file = "/nonexistent/pace";
    cr_expect_null(pace_open(&pace_settings, "", why, sizeof(why)));
    cr_expect_not_null(strstr(why, "No such file"), "%s", why);
    pace_settings.file = path;
    if (geteuid() == 0) {
        close(open(path, O_CREAT | O_RDWR, 0600));
        cr_assert_eq(chown(path, 65534, 65534), 0);
        cr_expect_null(pace_open(&pace_settings, "", why, sizeof(why)));
        cr_expect_not_null(strstr(why, "another user"), "%s", why);
    }
}

Test(pace_file, kept_over_a_restart_but_not_over_a_reboot)
{
    struct pace *pace = open_pace();
    for (int i = 0; i < 3; i++)
        session(pace, "Google", PACE_REFUSED, 5);
    pace_close(&pace);
    pace = open_pace();
    cr_expect_eq(no_go(pace, "Google", &plenty, "breaker").memo, 5);
    int fd = open(path, O_RDWR);
    cr_assert_eq(pwrite(fd, "0", 1, offsetof(struct pace_header, boot_id)), 1);
    cr_assert_eq(pwrite(fd, "z", 1, offsetof(struct pace_header, boot_id) + 1), 1);
    close(fd);
    struct pace *second = open_pace();
    no_go(second, "Google", &plenty, "breaker");
    pace_close(&second);
    pace_close(&pace);
    pace = open_pace();
    session(pace, "Google", PACE_SERVED, 0);
    pace_close(&pace);
}

Test(pace_file, a_clock_ahead_holds_nobody_up)
{
    struct pace *pace = open_pace();
    session(pace, "Google", PACE_SERVED, 0);
    uint64_t key = pace_pair("Google", "").key;
    struct pace_bucket *bucket = pace_bucket_of(pace, key);
    for (size_t i = 0; i < PACE_SHARED; i++)
        if (atomic_load(&bucket->keys[i]) == key) {
            atomic_store(&bucket->cells[i].start_us, INT64_MAX / 2);
            atomic_store(&bucket->cells[i].slow, UINT64_MAX - 0xFB);
            atomic_store(&bucket->cells[i].breaker, UINT64_MAX);
        }
    struct pace_limits limits = {.sessions = 20, .starts_per_second = 1};
    struct pace_permit *permit;
    struct pace_decision decision = pace_start(pace, "Google", "", &limits, &permit);
    cr_assert_eq(decision.answer, PACE_WAIT);
    cr_assert(decision.wait_ms <= 1000);
    clock_test_shift(decision.wait_ms);
    permit = go(pace, "Google", &limits);
    pace_end(&permit);
    pace_close(&pace);
}

Test(pace_file, the_default_file_is_per_user_and_internet)
{
    char why[200], internet[40], a[64] = "", b[64] = "";
    pace_settings.file = "";
    for (int i = 0; i < 2; i++) {
        snprintf(internet, sizeof(internet), "test %d of %d", i, getpid());
        struct pace *pace = pace_open(&pace_settings, internet, why, sizeof(why));
        cr_assert_not_null(pace, "%s", why);
        char link[40];
        snprintf(link, sizeof(link), "/proc/self/fd/%d", pace->fd);
        cr_assert_gt(readlink(link, i == 0 ? a : b, sizeof(a) - 1), 0);
        unlink(i == 0 ? a : b);
        pace_close(&pace);
    }
    cr_expect_str_neq(a, b);
    char start[40];
    snprintf(start, sizeof(start), "/vrfy-%u-", (unsigned)geteuid());
    cr_expect_not_null(strstr(a, start), "%s", a);
    cr_expect_not_null(strstr(a, ".pace"), "%s", a);
}

/* ---- what may happen between two steps, and what the dead leave ---- */

/* As SIGKILL does: its lock is gone, what it wrote stays. */
static void die(struct pace **pace)
{
    close((*pace)->fd);
    munmap((*pace)->file, sizeof(struct pace_file));
    free(*pace);
    *pace = NULL;
}

Test(pace_file, a_successor_is_not_taken_for_the_dead)
{
    static const struct pace_limits two = {.sessions = 2, .starts_per_second = 1000000};
    struct pace *dead = open_pace();
    struct pace_permit *lost[] = {go(dead, "Google", &two), go(dead, "Google", &two)};
    pace_owner owner = dead->me;
    die(&dead);
    struct pace *pace = open_pace();
    cr_assert_eq(pace->me >> 20, owner >> 20, "not the same index: the test proves nothing");
    cr_expect_not(pace_owner_alive(pace, owner));
    struct pace_permit *held[] = {go(pace, "Google", &two), go(pace, "Google", &two)};
    no_go(pace, "Google", &two, "sessions");
    for (size_t i = 0; i < 2; i++) {
        pace_end(&held[i]);
        free(lost[i]);
    }
    pace_close(&pace);
}

Test(pace_file, who_dies_changing_a_bucket_leaves_it_to_the_next)
{
    struct pace *dead = open_pace(), *alive = open_pace(), *pace = open_pace();
    struct pace_bucket *bucket = pace_bucket_of(pace, pace_pair("Google", "").key);
    atomic_store(&bucket->keys[PACE_SHARED], alive->me);
    no_go(pace, "Google", &plenty, "sessions");
    atomic_store(&bucket->keys[PACE_SHARED], dead->me);
    for (size_t i = 0; i < PACE_SHARED; i++)
        atomic_store(&bucket->keys[i], PACE_TAKEN);
    no_go(pace, "Google", &plenty, "sessions");
    die(&dead);
    struct pace_permit *permit = go(pace, "Google", &plenty);
    cr_expect_eq(atomic_load(&bucket->keys[PACE_SHARED]), 0);
    pace_end(&permit);
    pace_close(&alive);
    pace_close(&pace);
}

Test(pace_file, a_cell_taken_over_between_finding_and_counting)
{
    static char names[MANY][24];
    struct pace *slow = open_pace(), *quick = open_pace();
    struct pace_permit *held[PACE_SHARED];
    names_of_one_bucket(names, MANY);
    struct pace_pair pair = pace_pair(names[0], "");
    struct pace_cell *found = pace_cell_find(slow, &pair, clock_mono_us());
    cr_expect(pace_cell_still_of(slow, found, pair.key));
    for (size_t i = 0; i < PACE_SHARED; i++)
        held[i] = go(quick, names[1 + i], &plenty);
    cr_assert(pace_cell_hold(slow, found));
    cr_expect_not(pace_cell_still_of(slow, found, pair.key));
    pace_cell_release(slow, found);
    /* And the other way round: what is counted in time keeps the cell. */
    pace_end(&held[0]);
    clock_test_shift(1);
    found = pace_cell_find(slow, &pair, clock_mono_us());
    cr_assert(pace_cell_hold(slow, found));
    held[0] = go(quick, names[20], &plenty);
    cr_expect(pace_cell_still_of(slow, found, pair.key));
    cr_expect_eq(state_of(quick, "(several)")->sessions, 1);
    pace_cell_release(slow, found);
    for (size_t i = 0; i < PACE_SHARED; i++)
        pace_end(&held[i]);
    pace_close(&slow);
    pace_close(&quick);
}

Test(pace_file, a_shared_cell_left_between_finding_and_counting)
{
    static char names[MANY][24];
    struct pace *slow = open_pace(), *quick = open_pace();
    struct pace_permit *held[PACE_SHARED + 1];
    names_of_one_bucket(names, MANY);
    for (size_t i = 0; i <= PACE_SHARED; i++)
        held[i] = go(quick, names[1 + i], &plenty);
    struct pace_pair pair = pace_pair(names[0], "");
    struct pace_cell *found = pace_cell_find(slow, &pair, clock_mono_us());
    cr_expect(pace_cell_still_of(slow, found, pair.key));
    for (size_t i = 0; i <= PACE_SHARED; i++)
        pace_end(&held[i]);
    clock_test_shift(1);
    held[0] = go(quick, names[0], &plenty);
    cr_expect_not(pace_cell_still_of(slow, found, pair.key), "it has a cell of its own now");
    pace_end(&held[0]);
    pace_close(&slow);
    pace_close(&quick);
}

/* ---- many processes ---- */

static pid_t child_start(void (*run)(void *arg), void *arg)
{
    pid_t pid = fork();
    if (pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        run(arg);
        _exit(0);
    }
    return pid;
}

static void child_kill(pid_t pid)
{
    kill(pid, SIGKILL);
    cr_assert_eq(waitpid(pid, NULL, 0), pid);
}

static void sleep_us(long us)
{
    nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

static const struct pace_limits five = {.sessions = 5, .starts_per_second = 1000000};

static void take_all(void *arg)
{
    atomic_int *taken = arg;
    char why[200];
    struct pace *pace = pace_open(&pace_settings, "", why, sizeof(why));
    struct pace_permit *permit;
    while (pace_start(pace, "Google", "", &five, &permit).answer == PACE_GO)
        atomic_fetch_add(taken, 1);
    atomic_fetch_add(taken, 1000);
    pause();
}

static void *shared_memory(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(at, MAP_FAILED);
    return at;
}

Test(pace_file, the_sessions_of_the_killed_come_back_at_once)
{
    atomic_int *taken = shared_memory(sizeof(*taken));
    struct pace *pace = open_pace();
    struct pace_permit *held[5];
    for (int round = 1; round <= 5; round++) {
        atomic_store(taken, 0);
        pid_t pid = child_start(take_all, taken);
        while (atomic_load(taken) < 1000)
            sleep_us(1000);
        cr_expect_eq(atomic_load(taken), 1005);
        no_go(pace, "Google", &five, "sessions");
        cr_expect_eq(state_of(pace, "Google")->sessions, 5);
        child_kill(pid);
        for (size_t i = 0; i < COUNT_OF(held); i++)
            held[i] = go(pace, "Google", &five);
        no_go(pace, "Google", &five, "sessions");
        for (size_t i = 0; i < COUNT_OF(held); i++)
            pace_end(&held[i]);
    }
    pace_close(&pace);
}

/* The hammer's referee: each session must get one of five locks.  They are taken on the descriptor
 * that the process is known to live by, so the kernel frees both in one step. */
struct hammer {
    atomic_int sessions, violations;
    char names[MANY][24];
};

static bool referee(struct pace *pace, short type, int at)
{
    struct flock range = {.l_type = type, .l_start = ((off_t)1 << 41) + at, .l_len = 1};
    return fcntl(pace->fd, F_OFD_SETLK, &range) == 0;
}

static void hammer_run(void *arg)
{
    struct hammer *hammer = arg;
    char why[200];
    struct pace *pace = pace_open(&pace_settings, "", why, sizeof(why));
    struct pace_permit *permit, *other;
    for (unsigned n = 0;; n++) {
        int at = 0;
        /* Claims and takeovers go on around it. */
        if (pace_start(pace, hammer->names[n % MANY], "", &plenty, &other).answer == PACE_GO &&
            n % 3 == 0)
            pace_end(&other);
        if (pace_start(pace, hammer->names[0], "", &five, &permit).answer == PACE_GO) {
            while (at < 5 && !referee(pace, F_WRLCK, at))
                at++;
            atomic_fetch_add(at < 5 ? &hammer->sessions : &hammer->violations, 1);
            sleep_us(n % 7 * 50);
            referee(pace, F_UNLCK, at);
            pace_end(&permit);
        }
        if (n % 3 != 0)
            pace_end(&other);
    }
}

Test(pace_file, eight_processes_never_hold_more_than_five, .timeout = 200)
{
    enum { CHILDREN = 8, KILLS = 100 };
    struct hammer *hammer = shared_memory(sizeof(*hammer));
    struct pace *pace = open_pace();
    pid_t children[CHILDREN];
    names_of_one_bucket(hammer->names, MANY);
    for (size_t i = 0; i < CHILDREN; i++)
        children[i] = child_start(hammer_run, hammer);
    for (int kills = 0; kills < KILLS; kills++) {
        int before = atomic_load(&hammer->sessions);
        while (atomic_load(&hammer->sessions) < before + 50)
            sleep_us(500);
        size_t victim = (size_t)kills * 5 % CHILDREN;
        child_kill(children[victim]);
        children[victim] = child_start(hammer_run, hammer);
    }
    for (size_t i = 0; i < CHILDREN; i++)
        child_kill(children[i]);
    cr_expect_eq(atomic_load(&hammer->violations), 0, "%d of %d sessions",
                 atomic_load(&hammer->violations), atomic_load(&hammer->sessions));
    struct pace_permit *held[5];
    for (size_t i = 0; i < COUNT_OF(held); i++)
        held[i] = go(pace, hammer->names[0], &five);
    for (size_t i = 0; i < COUNT_OF(held); i++)
        pace_end(&held[i]);
    pace_close(&pace);
}

static void open_and_hold(void *arg)
{
    char why[200];
    atomic_int *ok = arg;
    struct pace *pace = pace_open(&pace_settings, "", why, sizeof(why));
    struct pace_permit *permit;
    if (pace == NULL)
        return;
    while (pace_start(pace, "Google", "", &plenty, &permit).answer != PACE_GO)
        sleep_us(1000);
    atomic_fetch_add(ok, 1);
    pause();
}

Test(pace_file, many_who_open_at_once_get_the_same_file)
{
    static const enum content contents[] = {EMPTY, OLDER};
    atomic_int *ok = shared_memory(sizeof(*ok));
    for (size_t i = 0; i < COUNT_OF(contents); i++) {
        pid_t children[16];
        file_make(contents[i], 0600);
        atomic_store(ok, 0);
        for (size_t c = 0; c < COUNT_OF(children); c++)
            children[c] = child_start(open_and_hold, ok);
        while (atomic_load(ok) < (int)COUNT_OF(children))
            sleep_us(1000);
        struct pace *pace = open_pace();
        cr_expect_eq(state_of(pace, "Google")->sessions, COUNT_OF(children));
        for (size_t c = 0; c < COUNT_OF(children); c++)
            child_kill(children[c]);
        cr_expect_eq(state_of(pace, "Google")->sessions, 0);
        pace_close(&pace);
        unlink(path);
    }
}
