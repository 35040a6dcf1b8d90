// A SpikeSR backend in a page: node backend.mjs CASE ANSWER. Nothing but node; stores float32, computes in double.
import { readFileSync, writeFileSync } from "node:fs";

class Refused extends Error {}

const readers = { F64: [8, "getFloat64"], F32: [4, "getFloat32"], I32: [4, "getInt32"], I64: [8, "getBigInt64"], BOOL: [1, "getUint8"] };

function read(path) {
  const raw = readFileSync(path);
  const size = Number(raw.readBigUInt64LE(0));
  const header = JSON.parse(raw.toString("utf8", 8, 8 + size));
  const { __metadata__: meta, ...entries } = header;
  const view = new DataView(raw.buffer, raw.byteOffset + 8 + size);
  const tensors = new Map();
  for (const [name, { dtype, shape, data_offsets: [first, last] }] of Object.entries(entries)) {
    const [width, get] = readers[dtype];
    const data = Float64Array.from({ length: (last - first) / width }, (_, i) => Math.fround(Number(view[get](first + i * width, true))));
    tensors.set(name, { shape, data });
  }
  return { op: meta.op, attrs: JSON.parse(meta.attrs), tensors };
}

function write(path, answer) {
  const header = {}, parts = [];
  let at = 0;
  for (const [name, { shape, data }] of Object.entries(answer)) {
    const bytes = Buffer.from(Float32Array.from(data).buffer);
    header[name] = { dtype: "F32", shape, data_offsets: [at, at += bytes.length] };
    parts.push(bytes);
  }
  const text = Buffer.from(JSON.stringify(header)), size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  writeFileSync(path, Buffer.concat([size, text, ...parts]));
}

const like = (tensor, f) => ({ shape: tensor.shape, data: tensor.data.map(f) });

// y = f(x), and g f'(x).
const pointwise = (f, slope) => (attrs, t) => {
  const x = t.get("in/x"), g = t.get("grad_out/y");
  return { "out/y": like(x, (v) => f(v)), ...(g && { "grad_in/x": like(x, (v, i) => g.data[i] * slope(v)) }) };
};

// 1 / (1 + e^-x) without an overflow, to its last digit on the negative side.
const sigmoid = (x) => (x >= 0 ? 1 / (1 + Math.exp(-x)) : Math.exp(x) / (1 + Math.exp(x)));

function softmax(attrs, t) {
  const x = t.get("in/x"), g = t.get("grad_out/y"), n = x.shape.at(-1);
  const y = new Float64Array(x.data.length), grad = new Float64Array(x.data.length);
  for (let row = 0; row < y.length; row += n) {
    const top = Math.max(...x.data.subarray(row, row + n));
    let sum = 0, dot = 0;
    for (let i = row; i < row + n; i++) sum += y[i] = Math.exp(x.data[i] - top);
    for (let i = row; i < row + n; i++) dot += (y[i] /= sum) * (g?.data[i] ?? 0);
    for (let i = row; g && i < row + n; i++) grad[i] = y[i] * (g.data[i] - dot);
  }
  return { "out/y": { shape: x.shape, data: y }, ...(g && { "grad_in/x": { shape: x.shape, data: grad } }) };
}

// x [N, C s^2, H, W] -> y [N, C, s H, s W]: channel c s^2 + i s + j goes to row h s + i, column w s + j.
function pixelShuffle({ scale: s }, t) {
  const x = t.get("in/x"), g = t.get("grad_out/y"), [n, packed, height, width] = x.shape, shape = [n, packed / (s * s), s * height, s * width];
  const y = new Float64Array(x.data.length), grad = new Float64Array(x.data.length);
  for (let at = 0; at < y.length; at++) {
    const w = at % width, h = Math.floor(at / width) % height, channel = Math.floor(at / width / height);
    const to = (Math.floor(channel / (s * s)) * s * height + h * s + Math.floor(channel / s) % s) * s * width + w * s + channel % s;
    y[to] = x.data[at];
    grad[at] = g?.data[to] ?? 0;
  }
  return { "out/y": { shape, data: y }, ...(g && { "grad_in/x": { shape: x.shape, data: grad } }) };
}

const operators = {
  relu: [pointwise((x) => (x > 0 ? x : 0 * x), (x) => (x > 0 ? 1 : 0)), []],
  sigmoid: [pointwise(sigmoid, (x) => sigmoid(x) * sigmoid(-x)), []],
  softmax: [softmax, []],
  pixel_shuffle: [pixelShuffle, ["scale"]],
};

try {
  const [, , path, out] = process.argv, { op, attrs, tensors } = read(path), [compute, names] = operators[op] ?? [];
  const given = Object.keys(attrs).filter((name) => name !== "train");
  if (!compute || given.length !== names.length || names.some((name) => !(name in attrs))) throw new Refused(`${op}: attributes ${given}`);
  for (const name of tensors.keys()) if (/^(in|param)\//.test(name) && name !== "in/x") throw new Refused(`${op}: unknown tensor ${name}`);
  if (!tensors.has("in/x")) throw new Refused(`${op}: in/x is missing`);
  write(out, compute(attrs, tensors));
} catch (reason) {
  if (!(reason instanceof Refused)) throw reason;
  console.error(reason.message);
  process.exitCode = 2;
}
