import { describe, expect, test } from 'vitest';
import type { Config } from '../../domain/config.ts';
import { isStaff } from '../../domain/staff.ts';

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

  test('nobody where no issuer is configured', () => {
    expect(isStaff(verified('dpo@nordlys.example'), { dpo, signIn: undefined })).toBe(false);
  });
});
