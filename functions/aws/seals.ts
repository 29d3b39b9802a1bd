import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import { smallCall } from './small-call.ts';

const generateMac = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': 'TrentService.GenerateMac' };

/** One key per purpose (security.md 3.3): a pseudonym can't be checked with the key of a seal. */
type Use = 'pseudonym' | 'stamp' | 'form' | 'sign-in';

/**
 * Keys derived from an HMAC key that never leaves KMS: one GenerateMac per purpose and process, then plain HMAC-SHA-256 and AES-256-GCM
 * in the process.
 */
export const sealsWith = (KeyId: string) => {
  const derived = new Map<Use, Promise<Buffer>>();
  const derive = async (use: Use): Promise<Buffer> => {
    const Message = Buffer.from(`privacy-at ${use} v1`).toString('base64');
    const ask = JSON.stringify({ KeyId, MacAlgorithm: 'HMAC_SHA_256', Message });
    const { Mac } = JSON.parse(await smallCall({ service: 'kms', headers: generateMac, body: ask })) as { Mac: string };
    return Buffer.from(Mac, 'base64');
  };
  const keyFor = (use: Use): Promise<Buffer> => {
    const held = derived.get(use) ?? derive(use);
    derived.set(use, held);
    // A failed call is not kept: the next caller asks KMS again.
    held.catch(() => derived.delete(use));
    return held;
  };
  const mac = async (use: Use, text: string) =>
    createHmac('sha256', createSecretKey(await keyFor(use)))
      .update(text)
      .digest();

  return {
    /** A name for an address or a client that nobody can turn back without the key. */
    pseudonym: async (text: string): Promise<string> =>
      (await mac('pseudonym', text)).toString('base64url').slice(0, 22),

    /** Says when a form was made, and which one: `seconds.nonce.mac`. */
    async stamp(now: Date): Promise<string> {
      const text = `${Math.floor(now.getTime() / 1000)}.${randomBytes(12).toString('base64url')}`;
      return `${text}.${(await mac('stamp', text)).toString('base64url')}`;
    },

    /** Age in seconds and nonce of a stamp of ours, or undefined. */
    async readStamp(stamp: string, now: Date): Promise<{ age: number; nonce: string } | undefined> {
      const [seconds = '', nonce = '', given = ''] = stamp.split('.');
      const wanted = await mac('stamp', `${seconds}.${nonce}`);
      // Compared as bytes: signs beyond ASCII would make texts of one length buffers of two, which timingSafeEqual refuses.
      const bytes = Buffer.from(given, 'base64url');
      if (bytes.length !== wanted.length || !timingSafeEqual(bytes, wanted)) return undefined;
      return { age: Math.floor(now.getTime() / 1000) - Number(seconds), nonce };
    },

    /** Sixteen bytes that only we can compute from a nonce: the same form sent twice gives the same request. */
    idFrom: async (nonce: string): Promise<Buffer> => mac('stamp', `request ${nonce}`),

    /** Encrypts what a person has typed so far, or a sign-in under way, for their own cookie. */
    async seal(bytes: Uint8Array, use: Extract<Use, 'form' | 'sign-in'> = 'form'): Promise<string> {
      const iv = randomBytes(12);
      const cipher = createCipheriv('aes-256-gcm', await keyFor(use), iv);
      const body = Buffer.concat([cipher.update(bytes), cipher.final()]);
      return Buffer.concat([iv, cipher.getAuthTag(), body]).toString('base64url');
    },

    /** Opens a seal of ours for the same use; undefined for anything else. */
    async open(sealed: string, use: Extract<Use, 'form' | 'sign-in'> = 'form'): Promise<Buffer | undefined> {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < 28) return undefined;
      const decipher = createDecipheriv('aes-256-gcm', await keyFor(use), bytes.subarray(0, 12));
      decipher.setAuthTag(bytes.subarray(12, 28));
      try {
        return Buffer.concat([decipher.update(bytes.subarray(28)), decipher.final()]);
      } catch {
        return undefined;
      }
    },
  };
};
export type Seals = ReturnType<typeof sealsWith>;
