import { describe, expect, test } from 'vitest';
import { decidersOf } from '../../domain/deciders.ts';
import { type Summary, under, type Viewer } from '../../domain/overview.ts';

const dorte = { name: 'Dorte Ågård', email: 'dpo@nordlys.example', language: 'da' as const };
const kim = { name: 'Kim Holst', email: 'kim@nordlys.example', language: 'da' as const };
const withKim = { dpo: { ...dorte, deputies: [kim] } };
const withoutKim = { dpo: dorte };

const keyOf = (role: string): string => decidersOf(withKim).find((each) => each.role === role)?.key ?? '';
const as = (role: string, config: Viewer['config']): Viewer => ({ key: keyOf(role), config });
const handed = { reference: 'K7F-4QX-92M', waits: 'dpo', handedTo: keyOf('deputy-1') } as unknown as Summary;
const mine = (viewer: Viewer | undefined, each: Summary = handed) => under('mine', [each], '2026-11-26', viewer).length;

describe('what waits for whoever looks', () => {
  test('is a case that was handed over for the deputy who has it, and not for the DPO', () => {
    expect([mine(as('deputy-1', withKim)), mine(as('dpo', withKim))]).toEqual([1, 0]);
  });

  test('is for the DPO again once the configuration no longer names the deputy: it would wait for nobody', () => {
    expect([mine(as('deputy-1', withoutKim)), mine(as('dpo', withoutKim))]).toEqual([0, 1]);
  });

  test('is what waits for any who decides, for staff who decide nothing', () => {
    expect(mine(undefined)).toBe(1);
    expect(mine(undefined, { ...handed, waits: 'owner' })).toBe(0);
  });
});
