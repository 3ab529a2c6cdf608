/* A VST3 plugin for tests, in one file of C: an effect or an instrument, by options.

   Only what a host needs is here, written from the public binary interface: an object begins with
   a pointer to a table of functions, and the object itself is their first argument. The component,
   the processor and the controller are one object with four such pointers. On Linux a class
   identifier is 16 bytes in the order in which they are written.

   Options, given as -D: see plugins.py, which compiles this. */

#include <math.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEVER 0
#define ON_LOAD 1
#define IN_PROCESS 2

#ifndef NAME
#define NAME "Test"
#endif
#ifndef INSTRUMENT
#define INSTRUMENT 0
#endif
#ifndef CHANNELS
#define CHANNELS 0 /* 0: mono and stereo, whatever is asked for */
#endif
#ifndef LATENCY
#define LATENCY 0
#endif
#ifndef TAIL
#define TAIL 0
#endif
#ifndef FEEDBACK
#define FEEDBACK 0.5
#endif
#ifndef CRASH
#define CRASH NEVER
#endif
#ifndef HANG
#define HANG NEVER
#endif
#ifndef AFTER
#define AFTER 0
#endif
#ifndef NOISE
#define NOISE 0
#endif
#ifndef CLASSES
#define CLASSES 1
#endif
#ifndef FORGETFUL
#define FORGETFUL 0
#endif

enum { OK = 0, NO = 1, BAD = 2, NOT_MADE = 3, NO_INTERFACE = -1 };
enum { AUDIO = 0, EVENT = 1, INPUT = 0, OUTPUT = 1 };
enum { MONO = 1 << 19, STEREO = 3 };
enum { AUTOMATED = 1, READ_ONLY = 2, LIST = 8 };
enum { NOTE_ON = 0, NOTE_OFF = 1 };
enum { VOLUME = 7 }; /* the MIDI controller */

#define ID(a, b, c, d)                                                                             \
    {(uint8_t)((uint32_t)(a) >> 24), (uint8_t)((uint32_t)(a) >> 16), (uint8_t)((uint32_t)(a) >> 8), \
     (uint8_t)(a), (uint8_t)((uint32_t)(b) >> 24), (uint8_t)((uint32_t)(b) >> 16),                  \
     (uint8_t)((uint32_t)(b) >> 8), (uint8_t)(b), (uint8_t)((uint32_t)(c) >> 24),                   \
     (uint8_t)((uint32_t)(c) >> 16), (uint8_t)((uint32_t)(c) >> 8), (uint8_t)(c),                   \
     (uint8_t)((uint32_t)(d) >> 24), (uint8_t)((uint32_t)(d) >> 16), (uint8_t)((uint32_t)(d) >> 8), \
     (uint8_t)(d)}

typedef uint8_t Id[16];
static const Id UNKNOWN_ID = ID(0x00000000, 0x00000000, 0xC0000000, 0x00000046);
static const Id FACTORY_ID = ID(0x7A4D811C, 0x52114A1F, 0xAED9D2EE, 0x0B43BF9F);
static const Id FACTORY_2_ID = ID(0x0007B650, 0xF24B4C0B, 0xA464EDB9, 0xF00B2ABB);
static const Id BASE_ID = ID(0x22888DDB, 0x156E45AE, 0x8358B348, 0x08190625);
static const Id COMPONENT_ID = ID(0xE831FF31, 0xF2D54301, 0x928EBBEE, 0x25697802);
static const Id PROCESSOR_ID = ID(0x42043F99, 0xB7DA453C, 0xA569E79D, 0x9AAEC33D);
static const Id CONTROLLER_ID = ID(0xDCD7BBE3, 0x7742448D, 0xA874AACC, 0x979C759E);
static const Id MIDI_MAPPING_ID = ID(0xDF0FF9F7, 0x49B74669, 0xB63AB732, 0x7ADBF5E5);

typedef uint16_t Text[128];

/* What the host passes. */

typedef struct { int32_t media, direction, channels; Text name; int32_t type; uint32_t flags; } Bus;
typedef struct { int32_t mode, sample_size, most_samples; double rate; } Setup;
typedef struct { int32_t channels; uint64_t silent; float **samples; } Buffers;
typedef struct {
    uint32_t id;
    Text title, short_title, units;
    int32_t steps;
    double initial;
    int32_t unit, flags;
} Parameter;
typedef struct {
    int32_t bus, offset;
    double beat;
    uint16_t flags, type;
    union {
        struct { int16_t channel, key; float tuning, velocity; int32_t length, note; } on;
        struct { int16_t channel, key; float velocity; int32_t note; float tuning; } off;
        struct { void *a; double b, c; } largest;
    };
} Event;

#define UNKNOWN                                                                                    \
    int32_t (*query)(void *, const uint8_t *, void **);                                            \
    uint32_t (*add)(void *);                                                                       \
    uint32_t (*release)(void *)

typedef struct Points {
    const struct {
        UNKNOWN;
        uint32_t (*id)(struct Points *);
        int32_t (*count)(struct Points *);
        int32_t (*get)(struct Points *, int32_t, int32_t *, double *);
        int32_t (*put)(struct Points *, int32_t, double, int32_t *);
    } *its;
} Points;
typedef struct Changes {
    const struct {
        UNKNOWN;
        int32_t (*count)(struct Changes *);
        Points *(*get)(struct Changes *, int32_t);
        Points *(*put)(struct Changes *, const uint32_t *, int32_t *);
    } *its;
} Changes;
typedef struct Events {
    const struct {
        UNKNOWN;
        int32_t (*count)(struct Events *);
        int32_t (*get)(struct Events *, int32_t, Event *);
        int32_t (*put)(struct Events *, Event *);
    } *its;
} Events;
typedef struct Stream {
    const struct {
        UNKNOWN;
        int32_t (*read)(struct Stream *, void *, int32_t, int32_t *);
        int32_t (*write)(struct Stream *, void *, int32_t, int32_t *);
    } *its;
} Stream;
typedef struct {
    int32_t mode, sample_size, samples, n_inputs, n_outputs;
    Buffers *inputs, *outputs;
    Changes *changes, *told;
    Events *events, *sent;
    void *context;
} Block;

/* The parameters. All values are between 0 and 1, as the host sees them. */

#if INSTRUMENT
enum { LEVEL, N_PARAMETERS };
static const char *const TITLES[] = {"Level"};
static const double INITIAL[] = {1};
static const int STEPS[] = {0};
static const int FLAGS[] = {AUTOMATED};
#else
enum { GAIN, MODE, METER, LEARN, N_PARAMETERS };
static const char *const TITLES[] = {"Gain", "Mode", "Meter", "Learn"};
static const double INITIAL[] = {0.5, 0, 0, 0};
static const int STEPS[] = {0, 2, 0, 1};
static const int FLAGS[] = {AUTOMATED, AUTOMATED | LIST, READ_ONLY, AUTOMATED};
static const char *const WORDS[] = {"straight", "inverted", "halved"};
static const double FACTORS[] = {1, -1, 0.5};
#endif

#define N_VOICES 32
#define RELEASE_SECONDS 0.05
#define DECAY_SECONDS 0.5
#define LASTS_SECONDS 4 /* of a held note: e^-8 of its beginning is left */

typedef struct { int on, channel, key; float velocity; int64_t played, released; } Voice;

typedef struct {
    const void *component, *processor, *controller, *midi;
    int references, channels, trial;
    double values[N_PARAMETERS];
    double learned; /* the level that was heard while Learn was on: kept in the state alone */
    double rate;
    int64_t heard; /* samples since it was switched on */
    float *late[2], *echoes[2];
    int at_late, at_echo;
    Voice voices[N_VOICES];
} Plugin;

static void widen(uint16_t *to, const char *from) {
    int i = 0;
    for (; from[i] && i < 127; i++) to[i] = (uint8_t)from[i];
    to[i] = 0;
}

static void misbehave(int when, Plugin *plugin, int samples) {
    if (NOISE) {
        if (when == ON_LOAD || plugin->heard == 0) {
            printf("noise on stdout from " NAME "\n");
            fflush(stdout);
            fprintf(stderr, "noise on stderr from " NAME "\n");
        }
    }
    if (when == IN_PROCESS && (plugin->trial || plugin->heard + samples <= AFTER)) return;
    if (CRASH == when) {
        signal(SIGSEGV, SIG_DFL);
        raise(SIGSEGV);
    }
    while (HANG == when) sleep(1);
}

static void clear(Plugin *plugin) {
    plugin->heard = plugin->at_late = plugin->at_echo = 0;
    memset(plugin->voices, 0, sizeof plugin->voices);
    for (int c = 0; c < 2; c++) {
        memset(plugin->late[c], 0, (LATENCY + 1) * sizeof(float));
        memset(plugin->echoes[c], 0, (TAIL + 1) * sizeof(float));
    }
}

/* Every interface: the object is found from the pointer to its table. */

static Plugin *PLUGIN_OF(void *self, size_t offset) { return (Plugin *)((char *)self - offset); }
#define OF_COMPONENT(self) PLUGIN_OF(self, offsetof(Plugin, component))
#define OF_PROCESSOR(self) PLUGIN_OF(self, offsetof(Plugin, processor))
#define OF_CONTROLLER(self) PLUGIN_OF(self, offsetof(Plugin, controller))
#define OF_MIDI(self) PLUGIN_OF(self, offsetof(Plugin, midi))

static int32_t query(Plugin *plugin, const uint8_t *id, void **found) {
    *found = NULL;
    if (!memcmp(id, UNKNOWN_ID, 16) || !memcmp(id, BASE_ID, 16) || !memcmp(id, COMPONENT_ID, 16))
        *found = &plugin->component;
    else if (!memcmp(id, PROCESSOR_ID, 16))
        *found = &plugin->processor;
    else if (!memcmp(id, CONTROLLER_ID, 16))
        *found = &plugin->controller;
    else if (INSTRUMENT && !memcmp(id, MIDI_MAPPING_ID, 16))
        *found = &plugin->midi;
    if (!*found) return NO_INTERFACE;
    plugin->references++;
    return OK;
}

static uint32_t release(Plugin *plugin) {
    if (--plugin->references) return (uint32_t)plugin->references;
    for (int c = 0; c < 2; c++) {
        free(plugin->late[c]);
        free(plugin->echoes[c]);
    }
    free(plugin);
    return 0;
}

#define OWN_UNKNOWN(OF)                                                                            \
    static int32_t OF##_query(void *self, const uint8_t *id, void **found) {                       \
        return query(OF(self), id, found);                                                         \
    }                                                                                              \
    static uint32_t OF##_add(void *self) { return (uint32_t)++OF(self)->references; }              \
    static uint32_t OF##_release(void *self) { return release(OF(self)); }
OWN_UNKNOWN(OF_COMPONENT)
OWN_UNKNOWN(OF_PROCESSOR)
OWN_UNKNOWN(OF_CONTROLLER)
OWN_UNKNOWN(OF_MIDI)
#define UNKNOWN_OF(OF) OF##_query, OF##_add, OF##_release

/* The component: its buses and its state. */

static int32_t initialise(void *self, void *host) { return OK; }
static int32_t terminate(void *self) { return OK; }
static int32_t controller_class(void *self, uint8_t *id) { return NOT_MADE; }
static int32_t set_io_mode(void *self, int32_t mode) { return NOT_MADE; }

static int32_t bus_count(void *self, int32_t media, int32_t direction) {
    if (media == AUDIO) return direction == OUTPUT || !INSTRUMENT;
    return INSTRUMENT && direction == INPUT;
}

static int32_t bus(void *self, int32_t media, int32_t direction, int32_t index, Bus *bus) {
    if (index || !bus_count(self, media, direction)) return BAD;
    memset(bus, 0, sizeof *bus);
    bus->media = media;
    bus->direction = direction;
    bus->channels = media == AUDIO ? OF_COMPONENT(self)->channels : 16;
    widen(bus->name, direction == INPUT ? "Input" : "Output");
    bus->flags = 1; /* active from the beginning */
    return OK;
}

static int32_t routing(void *self, void *in, void *out) { return NOT_MADE; }
static int32_t activate_bus(void *self, int32_t media, int32_t direction, int32_t index, uint8_t on) {
    return OK;
}

static int32_t set_active(void *self, uint8_t on) {
    clear(OF_COMPONENT(self));
    return OK;
}

typedef struct { char magic[4]; uint32_t n; double values[N_PARAMETERS], learned; } State;

static int32_t set_state(Plugin *plugin, Stream *stream) {
    State state;
    int32_t n = 0;
    if (!stream || stream->its->read(stream, &state, sizeof state, &n) != OK) return NO;
    if (n != sizeof state || memcmp(state.magic, "TEST", 4)) return NO;
    memcpy(plugin->values, state.values, sizeof plugin->values);
    if (!FORGETFUL) plugin->learned = state.learned;
    return OK;
}

static int32_t get_state(Plugin *plugin, Stream *stream) {
    State state;
    memset(&state, 0, sizeof state);
    memcpy(state.magic, "TEST", 4);
    state.n = N_PARAMETERS;
    memcpy(state.values, plugin->values, sizeof plugin->values);
    state.learned = plugin->learned;
#if !INSTRUMENT
    state.values[METER] = 0; /* what is shown is no setting */
#endif
    return stream->its->write(stream, &state, sizeof state, NULL);
}

static int32_t component_set_state(void *self, Stream *stream) {
    return set_state(OF_COMPONENT(self), stream);
}
static int32_t component_get_state(void *self, Stream *stream) {
    return get_state(OF_COMPONENT(self), stream);
}

static const struct {
    UNKNOWN;
    int32_t (*initialise)(void *, void *);
    int32_t (*terminate)(void *);
    int32_t (*controller_class)(void *, uint8_t *);
    int32_t (*set_io_mode)(void *, int32_t);
    int32_t (*bus_count)(void *, int32_t, int32_t);
    int32_t (*bus)(void *, int32_t, int32_t, int32_t, Bus *);
    int32_t (*routing)(void *, void *, void *);
    int32_t (*activate_bus)(void *, int32_t, int32_t, int32_t, uint8_t);
    int32_t (*set_active)(void *, uint8_t);
    int32_t (*set_state)(void *, Stream *);
    int32_t (*get_state)(void *, Stream *);
} COMPONENT = {UNKNOWN_OF(OF_COMPONENT), initialise, terminate, controller_class, set_io_mode,
               bus_count, bus, routing, activate_bus, set_active, component_set_state,
               component_get_state};

/* The processor. */

static int32_t set_arrangements(void *self, uint64_t *in, int32_t n_in, uint64_t *out, int32_t n_out) {
    if (n_out != 1 || n_in != !INSTRUMENT) return NO;
    int channels = out[0] == MONO ? 1 : out[0] == STEREO ? 2 : 0;
    int only = CHANNELS ? CHANNELS : INSTRUMENT ? 2 : channels;
    if (!channels || channels != only) return NO;
    if (n_in && in[0] != out[0]) return NO;
    OF_PROCESSOR(self)->channels = channels;
    return OK;
}

static int32_t arrangement(void *self, int32_t direction, int32_t index, uint64_t *found) {
    if (index || !bus_count(self, AUDIO, direction)) return BAD;
    *found = OF_PROCESSOR(self)->channels == 1 ? MONO : STEREO;
    return OK;
}

static int32_t can_process(void *self, int32_t sample_size) { return sample_size ? NO : OK; }
static uint32_t latency(void *self) { return LATENCY; }
static uint32_t tail(void *self) { return TAIL * 20; }

static int32_t setup(void *self, Setup *setup) {
    Plugin *plugin = OF_PROCESSOR(self);
    plugin->rate = setup->rate;
    /* Pedalboard tries out what it loads, in blocks of these lengths: no time to misbehave. */
    plugin->trial = setup->most_samples == (INSTRUMENT ? 2048 : 512);
    return OK;
}

static int32_t set_processing(void *self, uint8_t on) {
    clear(OF_PROCESSOR(self));
    return OK;
}

/* The changes that come by the sample ``now``; ``next`` counts those of each queue that came. */
static void follow(Plugin *plugin, Changes *changes, int *next, int now) {
    int n = changes ? changes->its->count(changes) : 0;
    for (int i = 0; i < n && i < N_PARAMETERS; i++) {
        Points *points = changes->its->get(changes, i);
        uint32_t id = points->its->id(points);
        int count = points->its->count(points);
        for (; next[i] < count; next[i]++) {
            int32_t offset;
            double value;
            if (points->its->get(points, next[i], &offset, &value) != OK) break;
            if (offset > now) break;
            if (id < N_PARAMETERS) plugin->values[id] = value;
        }
    }
}

#if INSTRUMENT
static void press(Plugin *plugin, const Event *event) {
    if (event->type == NOTE_ON && event->on.velocity > 0) {
        Voice *chosen = &plugin->voices[0];
        for (int v = 0; v < N_VOICES; v++) {
            Voice *voice = &plugin->voices[v];
            if (!voice->on) {
                chosen = voice;
                break;
            }
            if (voice->played > chosen->played) chosen = voice;
        }
        *chosen = (Voice){1, event->on.channel, event->on.key, event->on.velocity, 0, -1};
    } else if (event->type == NOTE_ON || event->type == NOTE_OFF) {
        int channel = event->type == NOTE_ON ? event->on.channel : event->off.channel;
        int key = event->type == NOTE_ON ? event->on.key : event->off.key;
        for (int v = 0; v < N_VOICES; v++) {
            Voice *voice = &plugin->voices[v];
            if (voice->on && voice->released < 0 && voice->channel == channel && voice->key == key)
                voice->released = 0;
        }
    }
}

/* The next sample of a note: it begins at its peak, so that its first sample can be told. */
static double sing(Plugin *plugin, Voice *voice) {
    double seconds = (double)voice->played / plugin->rate, left = 1;
    if (voice->released >= 0) left -= (double)voice->released++ / (RELEASE_SECONDS * plugin->rate);
    if (left <= 0 || seconds > LASTS_SECONDS) {
        voice->on = 0;
        return 0;
    }
    voice->played++;
    double frequency = 440 * pow(2, (voice->key - 69) / 12.0);
    return 0.25 * voice->velocity * left * exp(-seconds / DECAY_SECONDS)
           * cos(2 * M_PI * frequency * seconds);
}
#endif

static int32_t process(void *self, Block *block) {
    Plugin *plugin = OF_PROCESSOR(self);
    int next[N_PARAMETERS] = {0};
    follow(plugin, block->changes, next, 0);
    if (!block->samples || !block->n_outputs) return OK;
    misbehave(IN_PROCESS, plugin, block->samples);
    plugin->heard += block->samples;
    Buffers *out = block->outputs;
    double peak = 0;
#if INSTRUMENT
    Event event;
    int next_event = 0, n_events = block->events ? block->events->its->count(block->events) : 0;
#endif
    for (int i = 0; i < block->samples; i++) {
        follow(plugin, block->changes, next, i);
        double dry[2] = {0, 0}, factor;
#if INSTRUMENT
        for (; next_event < n_events; next_event++) {
            if (block->events->its->get(block->events, next_event, &event) != OK) continue;
            if (event.offset > i) break;
            press(plugin, &event);
        }
        for (int v = 0; v < N_VOICES; v++)
            if (plugin->voices[v].on) dry[0] += sing(plugin, &plugin->voices[v]);
        dry[1] = dry[0];
        factor = plugin->values[LEVEL];
#else
        for (int c = 0; c < out->channels && c < 2; c++) {
            dry[c] = block->inputs[0].samples[c][i];
            if (fabs(dry[c]) > peak) peak = fabs(dry[c]);
        }
        factor = 2 * plugin->values[GAIN] * FACTORS[(int)(plugin->values[MODE] * 2 + 0.5)];
        factor *= plugin->learned;
#endif
        for (int c = 0; c < out->channels && c < 2; c++) {
            float sample = (float)(factor * dry[c]);
            if (LATENCY) {
                float kept = plugin->late[c][plugin->at_late];
                plugin->late[c][plugin->at_late] = sample;
                sample = kept;
            }
            if (TAIL) {
                sample += (float)FEEDBACK * plugin->echoes[c][plugin->at_echo];
                plugin->echoes[c][plugin->at_echo] = sample;
            }
            out->samples[c][i] = sample;
        }
        if (LATENCY) plugin->at_late = (plugin->at_late + 1) % (LATENCY + !LATENCY);
        if (TAIL) plugin->at_echo = (plugin->at_echo + 1) % (TAIL + !TAIL);
    }
    out->silent = 0;
#if !INSTRUMENT
    if (plugin->values[LEARN] > 0.5 && peak > 0) plugin->learned = peak;
    plugin->values[METER] = peak < 1 ? peak : 1;
    if (block->told) {
        uint32_t id = METER;
        int32_t index;
        Points *points = block->told->its->put(block->told, &id, &index);
        if (points) points->its->put(points, 0, plugin->values[METER], &index);
    }
#endif
    return OK;
}

static const struct {
    UNKNOWN;
    int32_t (*set_arrangements)(void *, uint64_t *, int32_t, uint64_t *, int32_t);
    int32_t (*arrangement)(void *, int32_t, int32_t, uint64_t *);
    int32_t (*can_process)(void *, int32_t);
    uint32_t (*latency)(void *);
    int32_t (*setup)(void *, Setup *);
    int32_t (*set_processing)(void *, uint8_t);
    int32_t (*process)(void *, Block *);
    uint32_t (*tail)(void *);
} PROCESSOR = {UNKNOWN_OF(OF_PROCESSOR), set_arrangements, arrangement, can_process, latency,
               setup, set_processing, process, tail};

/* The controller: parameters, and no window. */

static int32_t set_component_state(void *self, Stream *stream) { return OK; }
static int32_t controller_state(void *self, Stream *stream) { return OK; }
static int32_t parameter_count(void *self) { return N_PARAMETERS; }

static int32_t parameter(void *self, int32_t index, Parameter *found) {
    if (index < 0 || index >= N_PARAMETERS) return BAD;
    memset(found, 0, sizeof *found);
    found->id = (uint32_t)index;
    widen(found->title, TITLES[index]);
    widen(found->short_title, TITLES[index]);
    found->steps = STEPS[index];
    found->initial = INITIAL[index];
    found->flags = FLAGS[index];
    return OK;
}

/* What a parameter is called in numbers: Gain goes from 0 to 2. */
static double scale(uint32_t id) { return !INSTRUMENT && id == 0 ? 2 : STEPS[id] ? STEPS[id] : 1; }

static int32_t to_text(void *self, uint32_t id, double value, uint16_t *text) {
    char narrow[32];
    if (id >= N_PARAMETERS) return BAD;
    snprintf(narrow, sizeof narrow, "%.3f", value * scale(id));
#if !INSTRUMENT
    if (id == MODE) snprintf(narrow, sizeof narrow, "%s", WORDS[(int)(value * 2 + 0.5)]);
    if (id == LEARN) snprintf(narrow, sizeof narrow, "%s", value > 0.5 ? "On" : "Off");
#endif
    widen(text, narrow);
    return OK;
}

static int32_t from_text(void *self, uint32_t id, uint16_t *text, double *value) {
    char narrow[128] = "";
    if (id >= N_PARAMETERS) return BAD;
    for (int i = 0; i < 127 && text[i]; i++) narrow[i] = (char)text[i];
#if !INSTRUMENT
    for (int i = 0; id == MODE && i < 3; i++)
        if (!strcmp(narrow, WORDS[i])) return *value = i / 2.0, OK;
    if (id == LEARN) return *value = !strcmp(narrow, "On"), OK;
#endif
    return *value = atof(narrow) / scale(id), OK;
}

static double to_plain(void *self, uint32_t id, double value) {
    return id < N_PARAMETERS ? value * scale(id) : value;
}
static double from_plain(void *self, uint32_t id, double plain) {
    return id < N_PARAMETERS ? plain / scale(id) : plain;
}
static double get_value(void *self, uint32_t id) {
    return id < N_PARAMETERS ? OF_CONTROLLER(self)->values[id] : 0;
}
static int32_t set_value(void *self, uint32_t id, double value) {
    if (id >= N_PARAMETERS) return BAD;
    OF_CONTROLLER(self)->values[id] = value;
    return OK;
}
static int32_t set_handler(void *self, void *handler) { return OK; }
static void *view(void *self, const char *name) { return NULL; }

static const struct {
    UNKNOWN;
    int32_t (*initialise)(void *, void *);
    int32_t (*terminate)(void *);
    int32_t (*set_component_state)(void *, Stream *);
    int32_t (*set_state)(void *, Stream *);
    int32_t (*get_state)(void *, Stream *);
    int32_t (*parameter_count)(void *);
    int32_t (*parameter)(void *, int32_t, Parameter *);
    int32_t (*to_text)(void *, uint32_t, double, uint16_t *);
    int32_t (*from_text)(void *, uint32_t, uint16_t *, double *);
    double (*to_plain)(void *, uint32_t, double);
    double (*from_plain)(void *, uint32_t, double);
    double (*get_value)(void *, uint32_t);
    int32_t (*set_value)(void *, uint32_t, double);
    int32_t (*set_handler)(void *, void *);
    void *(*view)(void *, const char *);
} CONTROLLER = {UNKNOWN_OF(OF_CONTROLLER), initialise, terminate, set_component_state,
                controller_state, controller_state, parameter_count, parameter, to_text,
                from_text, to_plain, from_plain, get_value, set_value, set_handler, view};

/* MIDI controllers: the channel volume is the level. */

static int32_t assignment(void *self, int32_t bus, int16_t channel, int16_t controller, uint32_t *id) {
    if (bus || controller != VOLUME) return NO;
    *id = 0;
    return OK;
}

static const struct {
    UNKNOWN;
    int32_t (*assignment)(void *, int32_t, int16_t, int16_t, uint32_t *);
} MIDI = {UNKNOWN_OF(OF_MIDI), assignment};

/* The factory, of which there is one for ever. */

typedef struct { char vendor[64], url[256], email[128]; int32_t flags; } Maker;
typedef struct { Id id; int32_t instances; char category[32], name[64]; } Class;
typedef struct {
    Class its;
    uint32_t flags;
    char kinds[128], vendor[64], version[64], sdk[64];
} Class2;

static int32_t factory_query(void *self, const uint8_t *id, void **found) {
    int known = !memcmp(id, UNKNOWN_ID, 16) || !memcmp(id, FACTORY_ID, 16)
                || !memcmp(id, FACTORY_2_ID, 16);
    *found = known ? self : NULL;
    return known ? OK : NO_INTERFACE;
}
static uint32_t factory_count(void *self) { return 1; }

static int32_t maker(void *self, Maker *found) {
    memset(found, 0, sizeof *found);
    strcpy(found->vendor, "Restyle tests");
    return OK;
}
static int32_t class_count(void *self) { return CLASSES; }

static int32_t class_of(void *self, int32_t index, Class *found) {
    if (index < 0 || index >= CLASSES) return BAD;
    memset(found, 0, sizeof *found);
    strncpy((char *)found->id, NAME, 15);
    found->id[15] = (uint8_t)index;
    found->instances = 0x7FFFFFFF;
    strcpy(found->category, "Audio Module Class");
    snprintf(found->name, sizeof found->name, index ? "%s %d" : "%s", NAME, index + 1);
    return OK;
}

static int32_t class_2_of(void *self, int32_t index, Class2 *found) {
    memset(found, 0, sizeof *found);
    if (class_of(self, index, &found->its) != OK) return BAD;
    strcpy(found->kinds, INSTRUMENT ? "Instrument|Synth" : "Fx");
    strcpy(found->vendor, "Restyle tests");
    strcpy(found->version, "1.0.0");
    strcpy(found->sdk, "VST 3.7");
    return OK;
}

static int32_t create(void *self, const uint8_t *class, const uint8_t *interface, void **made) {
    Plugin *plugin = calloc(1, sizeof *plugin);
    plugin->component = &COMPONENT;
    plugin->processor = &PROCESSOR;
    plugin->controller = &CONTROLLER;
    plugin->midi = &MIDI;
    plugin->references = 1;
    plugin->channels = CHANNELS ? CHANNELS : 2;
    plugin->learned = 1;
    plugin->rate = 44100;
    memcpy(plugin->values, INITIAL, sizeof INITIAL);
    for (int c = 0; c < 2; c++) {
        plugin->late[c] = calloc(LATENCY + 1, sizeof(float));
        plugin->echoes[c] = calloc(TAIL + 1, sizeof(float));
    }
    int32_t result = query(plugin, interface, made);
    release(plugin);
    return result;
}

static const struct {
    UNKNOWN;
    int32_t (*maker)(void *, Maker *);
    int32_t (*class_count)(void *);
    int32_t (*class_of)(void *, int32_t, Class *);
    int32_t (*create)(void *, const uint8_t *, const uint8_t *, void **);
    int32_t (*class_2_of)(void *, int32_t, Class2 *);
} FACTORY = {factory_query, factory_count, factory_count, maker, class_count, class_of, create,
             class_2_of};
static const void *factory = &FACTORY;

__attribute__((visibility("default"))) void *GetPluginFactory(void) {
    misbehave(ON_LOAD, NULL, 0);
    return &factory;
}
__attribute__((visibility("default"))) int ModuleEntry(void *library) { return 1; }
__attribute__((visibility("default"))) int ModuleExit(void) { return 1; }
