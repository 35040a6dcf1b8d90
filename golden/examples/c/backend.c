/* A SpikeSR backend in a page: cc -O2 backend.c -o backend -lm; ./backend CASE ANSWER. Nothing but C; computes in float. */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { int rank, n, shape[6]; float *v; } Tensor;

static char *header; /* the file's JSON, ended with a 0 */
static const uint8_t *data; /* what comes after it */
static int attributes, tensors, answers;
static struct { const char *name; Tensor t; } answer[8];

static void refuse(const char *what) { fprintf(stderr, "%s is missing, unknown or does not fit\n", what); exit(2); }
static Tensor *find(const char *name) {
  char key[64], *at;
  snprintf(key, sizeof key, "\"%s\":{", name);
  if (!(at = strstr(header, key))) return NULL;
  Tensor *t = calloc(1, sizeof *t);
  char *p = strstr(at, "\"shape\":[") + 9, kind = strstr(at, "\"dtype\":\"")[9], wide = strstr(at, "\"dtype\":\"")[10] == '6';
  for (t->n = 1; *p != ']'; p += *p == ',') t->n *= t->shape[t->rank++] = strtol(p, &p, 10);
  const uint8_t *raw = data + strtol(strstr(at, "\"data_offsets\":[") + 16, NULL, 10);
  t->v = calloc(t->n, sizeof *t->v);
  for (int i = 0, width = wide ? 8 : kind == 'B' ? 1 : 4; i < t->n; i++) { /* F64, F32, I64, I32 or BOOL, little-endian */
    int64_t bits = 0; double f64; float f32;
    memcpy(&bits, raw + (size_t)width * i, width), memcpy(&f64, &bits, 8), memcpy(&f32, &bits, 4);
    t->v[i] = kind != 'F' ? (wide ? (float)bits : (float)(int32_t)bits) : wide ? (float)f64 : f32;
  }
  tensors += strncmp(name, "grad_out/", 9) != 0;
  return t;
}
static Tensor *need(const char *name) { Tensor *t = find(name); if (!t) refuse(name); return t; }
static Tensor *make(const char *name, const Tensor *like) {
  answer[answers].name = name, answer[answers].t = *like, answer[answers].t.v = calloc(like->n, sizeof(float));
  return &answer[answers++].t;
}

/* The text of an attribute: attrs is JSON within a JSON string, so its quotes are \" */
static const char *attribute(const char *name) {
  char key[64], *at;
  snprintf(key, sizeof key, "\\\"%s\\\":", name);
  if (attributes++, !(at = strstr(header, key))) refuse(name);
  return at + strlen(key) + strspn(at + strlen(key), " ");
}
static int count(const char *text) { int n = 0; for (char *p = header; (p = strstr(p, text)); p++) n++; return n; }
static void taken(void) {
  if (count("\\\":") - count("\\\"train\\\":") != attributes) refuse("an attribute");
  if (count("\"in/") + count("\"param/") != tensors) refuse("a tensor");
}
static float sigmoid(float x) { return x >= 0 ? 1 / (1 + expf(-x)) : expf(x) / (1 + expf(x)); }

/* H = V - (V - V_r)/tau + X, or V + (X - (V - V_r))/tau; S = H >= V_th; reset; and back through time. */
static void lif(void) {
  float tau = atof(attribute("tau")), threshold = atof(attribute("v_threshold")), alpha = atof(attribute("alpha"));
  int decay = *attribute("decay_input") == 't', detach = *attribute("detach_reset") == 't', soft = *attribute("v_reset") == 'n';
  float rest = soft ? 0 : atof(strstr(header, "\\\"v_reset\\\":") + 12), keep = 1 - 1 / tau;
  const char *surrogate = attribute("surrogate") + 2;
  int is_sigmoid = !strncmp(surrogate, "sigmoid", 7);
  Tensor *x = need("in/x"), *gs = find("grad_out/spike"), *gv = find("grad_out/v");
  taken();
  if (!is_sigmoid && strncmp(surrogate, "atan", 4)) refuse("the surrogate");
  Tensor *spike = make("out/spike", x), *trace = make("out/v", x), *gx = gs || gv ? make("grad_in/x", x) : NULL;
  int m = x->n / x->shape[0];
  float *h = calloc(x->n, sizeof *h);
  for (int i = 0; i < m; i++) {
    float v = rest, carry = 0;
    for (int at = i; at < x->n; at += m) {
      h[at] = decay ? v + (x->v[at] - (v - rest)) / tau : v - (v - rest) / tau + x->v[at];
      spike->v[at] = h[at] >= threshold;
      trace->v[at] = v = soft ? h[at] - threshold * spike->v[at] : spike->v[at] ? rest : h[at];
    }
    for (int at = i + x->n - m; gx && at >= 0; at -= m) {
      float u = h[at] - threshold, a = 1.57079632679f * alpha * u;
      float slope = is_sigmoid ? alpha * sigmoid(alpha * u) * sigmoid(-alpha * u) : alpha / 2 / (1 + a * a);
      float g = (gv ? gv->v[at] : 0) + carry, through = detach ? 0 : (soft ? -threshold : rest - h[at]) * slope;
      float gh = (gs ? gs->v[at] : 0) * slope + g * ((soft ? 1 : 1 - spike->v[at]) + through);
      carry = gh * keep;
      gx->v[at] = decay ? gh / tau : gh;
    }
  }
}

/* The mean of the last two axes. */
static void avg_pool(void) {
  Tensor *x = need("in/x"), *g = find("grad_out/y"), small = *x;
  int n = x->shape[x->rank - 1] * x->shape[x->rank - 2];
  taken();
  small.n = x->n / n, small.shape[x->rank - 1] = small.shape[x->rank - 2] = 1;
  Tensor *y = make("out/y", &small), *gx = g ? make("grad_in/x", x) : NULL;
  for (int i = 0; i < x->n; i++) y->v[i / n] += x->v[i];
  for (int i = 0; i < y->n; i++) y->v[i] /= n;
  for (int i = 0; gx && i < x->n; i++) gx->v[i] = g->v[i / n] / n;
}

int main(int argc, char **argv) {
  FILE *file = argc == 3 ? fopen(argv[1], "rb") : NULL;
  static uint8_t raw[1 << 26];
  uint64_t length, at = 0, size = file ? fread(raw, 1, sizeof raw, file) : 0;
  memcpy(&length, raw, 8);
  if (size < 8 || length > size - 8) refuse("CASE or ANSWER");
  header = calloc(length + 1, 1), memcpy(header, raw + 8, length), data = raw + 8 + length;
  char *op = strstr(header, "\"op\":\"");
  if (op && !strncmp(op + 6, "lif\"", 4)) lif();
  else if (op && !strncmp(op + 6, "avg_pool\"", 9)) avg_pool();
  else refuse("the operator");
  char text[4096] = "{";
  for (int i = 0; i < answers; i++) {
    Tensor *t = &answer[i].t;
    int n = strlen(text);
    n += sprintf(text + n, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[", i ? "," : "", answer[i].name);
    for (int k = 0; k < t->rank; k++) n += sprintf(text + n, k ? ",%d" : "%d", t->shape[k]);
    sprintf(text + n, "],\"data_offsets\":[%d,%d]}", (int)at, (int)(at + 4 * t->n)), at += 4 * t->n;
  }
  length = strlen(strcat(text, "}"));
  if (!(file = fopen(argv[2], "wb")) || !fwrite(&length, 8, 1, file) || !fwrite(text, length, 1, file)) return 1;
  for (int i = 0; i < answers; i++) fwrite(answer[i].t.v, 4, answer[i].t.n, file);
  return fclose(file) != 0;
}
