import { createECDH, type KeyObject, randomBytes } from 'node:crypto';

// ECDSA on P-256 over a digest that the caller already made (KMS's MessageType DIGEST): Node's crypto always hashes itself.
// Textbook arithmetic, neither fast nor constant in time: the keys are the local cloud's own and guard nothing.

const P = 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n;
const N = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const G: Point = [
  0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
];

type Point = readonly [x: bigint, y: bigint];

/** A DER-encoded signature of a 32-byte digest. */
export function signDigest(digest: Buffer, key: KeyObject): Buffer {
  const d = fromBytes(Buffer.from(key.export({ format: 'jwk' }).d as string, 'base64url'));
  for (;;) {
    const k = fromBytes(randomBytes(32)) % N;
    if (k === 0n) continue;
    const r = abscissa(k) % N;
    const s = modulo(inverse(k, N) * (fromBytes(digest) + r * d), N);
    if (r !== 0n && s !== 0n) return toDer(r, s);
  }
}

/** Whether a DER-encoded signature is one of this 32-byte digest under this public key. */
export function verifyDigest(digest: Buffer, key: KeyObject, signature: Buffer): boolean {
  const [r, s] = fromDer(signature) ?? [0n, 0n];
  if (r <= 0n || r >= N || s <= 0n || s >= N) return false;
  const { x, y } = key.export({ format: 'jwk' });
  const q: Point = [fromBytes(Buffer.from(x as string, 'base64url')), fromBytes(Buffer.from(y as string, 'base64url'))];
  const w = inverse(s, N);
  const sum = add(multiply(G, modulo(fromBytes(digest) * w, N)), multiply(q, modulo(r * w, N)));
  return sum !== undefined && sum[0] % N === r;
}

function abscissa(k: bigint): bigint {
  const curve = createECDH('prime256v1');
  curve.setPrivateKey(toBytes(k));
  return fromBytes(curve.getPublicKey().subarray(1, 33));
}

function multiply(point: Point, times: bigint): Point | undefined {
  let sum: Point | undefined;
  let doubled: Point | undefined = point;
  for (let rest = times; rest > 0n; rest >>= 1n) {
    if (rest & 1n) sum = add(sum, doubled);
    doubled = add(doubled, doubled);
  }
  return sum;
}

/** The sum of two points; undefined is the point at infinity. */
function add(a: Point | undefined, b: Point | undefined): Point | undefined {
  if (a === undefined) return b;
  if (b === undefined) return a;
  if (a[0] === b[0] && a[1] !== b[1]) return undefined;
  const slope =
    a[0] === b[0]
      ? (3n * a[0] * a[0] - 3n) * inverse(2n * a[1], P)
      : (b[1] - a[1]) * inverse(modulo(b[0] - a[0], P), P);
  const x = modulo(slope * slope - a[0] - b[0], P);
  return [x, modulo(slope * (a[0] - x) - a[1], P)];
}

function inverse(value: bigint, modulus: bigint): bigint {
  let [r, nextR, t, nextT] = [modulus, modulo(value, modulus), 0n, 1n];
  while (nextR !== 0n) {
    const quotient = r / nextR;
    [r, nextR, t, nextT] = [nextR, r - quotient * nextR, nextT, t - quotient * nextT];
  }
  return modulo(t, modulus);
}

const modulo = (value: bigint, modulus: bigint): bigint => ((value % modulus) + modulus) % modulus;
const fromBytes = (bytes: Buffer): bigint => BigInt(`0x${bytes.toString('hex') || '0'}`);
const toBytes = (value: bigint): Buffer => Buffer.from(value.toString(16).padStart(64, '0'), 'hex');

function toDer(r: bigint, s: bigint): Buffer {
  const content = Buffer.concat([derInteger(r), derInteger(s)]);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, 'hex');
  const positive = (bytes[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, positive.length]), positive]);
}

function fromDer(der: Buffer): [bigint, bigint] | undefined {
  const rLength = der[3] ?? 0;
  const sLength = der[5 + rLength] ?? 0;
  const shaped = der[0] === 0x30 && der[1] === der.length - 2 && der[2] === 0x02 && der[4 + rLength] === 0x02;
  if (!shaped || der.length !== 6 + rLength + sLength) return undefined;
  return [fromBytes(der.subarray(4, 4 + rLength)), fromBytes(der.subarray(6 + rLength))];
}
