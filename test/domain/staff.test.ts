import { describe, expect, test } from 'vitest';
import type { Config } from '../../domain/config.ts';
import { isStaff, together, verifiedEmail } from '../../domain/staff.ts';

const dpo = {
  name: 'Karen Højgaard',
  email: 'dpo@nordlys.example',
  language: 'da',
  deputies: [{ name: 'Bo Lund', email: 'Bo@nordlys.example', language: 'da' }],
} as Config['dpo'];

const signIn = { issuer: 'https://login.example', clientId: 'x', secret: 'y', scope: 'openid email' };
const at = (staff: NonNullable<Config['signIn']>['staff']) => ({ dpo, signIn: { ...signIn, staff } });
const verified = (email: string) => ({ email, email_verified: true });

describe('who is staff', () => {
  test.each([
    ['the DPO', 'dpo@nordlys.example', true],
    ['the DPO in capitals', 'DPO@Nordlys.example', true],
    ['a deputy', 'bo@nordlys.example', true],
    ['a colleague', 'kim@nordlys.example', false],
  ])('where nobody is named: %s', (_, email, is) => {
    expect(isStaff(verified(email), at({}))).toBe(is);
    expect(isStaff({ email, email_verified: false }, at({}))).toBe(false);
    expect(isStaff({ email, email_verified: 'true' }, at({}))).toBe(false);
    expect(isStaff({ email }, at({}))).toBe(false);
  });

  test('only those whose addresses are named', () => {
    const staff = at({ emails: ['jura@nordlys.example'] });
    expect(isStaff(verified('jura@nordlys.example'), staff)).toBe(true);
    expect(isStaff(verified('dpo@nordlys.example'), staff)).toBe(false);
  });

  test('only those who have the claim, as a value or among its values', () => {
    const staff = at({ claim: { name: 'roles', value: 'Dpo' } });
    expect(isStaff({ roles: ['Reader', 'Dpo'] }, staff)).toBe(true);
    expect(isStaff({ roles: 'Dpo' }, staff)).toBe(true);
    for (const roles of ['DpoReader', ['Dpo '], ['dpo'], [['Dpo']], undefined, { Dpo: true }])
      expect(isStaff({ ...verified('dpo@nordlys.example'), roles }, staff)).toBe(false);
  });

  test('T04: nobody by an address that only Unicode case makes one of theirs', () => {
    const kim = at({ emails: ['kim@nordlys.example'] });
    expect(isStaff(verified('KIM@nordlys.example'), kim)).toBe(true);
    for (const email of [
      '\u212Aim@nordlys.example',
      'k\u0130m@nordlys.example',
      'kim@nordlys.example ',
      '\uFF2Bim@nordlys.example',
    ])
      expect(isStaff(verified(email), kim)).toBe(false);
  });

  test('nobody where no issuer is configured', () => {
    expect(isStaff(verified('dpo@nordlys.example'), { dpo, signIn: undefined })).toBe(false);
  });
});

test('T77: that one address is verified says nothing about another, which the issuer names in another place', () => {
  const [own, others] = ['own@nordlys.example', 'dpo@nordlys.example'];
  const of = (token: object, userinfo: object) => verifiedEmail(together(token as never, userinfo as never));
  expect(of({ sub: 'x', email: others }, { sub: 'x', ...verified(own) })).toBe(own);
  expect(of({ email: others }, { email_verified: true })).toBeUndefined();
  expect(of({ email_verified: true }, { email: others })).toBeUndefined();
  expect(of({ email: others, email_verified: false }, verified(others))).toBeUndefined();
  expect(of(verified(own), { email: others })).toBe(own);
  expect(of({}, verified(own))).toBe(own);
});
