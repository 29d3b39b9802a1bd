import { expect, test } from 'vitest';
import { signInFault } from '../../domain/second-proof.ts';

const person = { name: 'Mette', email: 'Mette.K@Skov.example' };
const fault = (claims: object, required?: { name: string; value: string }[]) =>
  signInFault(claims as Record<string, unknown>, { person }, required);

test('T77: a sign-in proves a request only by its own address, ASCII case aside, and only once the issuer has verified it', () => {
  expect(fault({ email: 'mette.k@skov.example', email_verified: true })).toBeUndefined();
  for (const email_verified of [false, 'true', 1, undefined])
    expect(fault({ email: 'mette.k@skov.example', email_verified })).toBe('unverified');
  expect(fault({ email: ['mette.k@skov.example'], email_verified: true })).toBe('unverified');
  for (const email of ['mette.\u212A@skov.example', ' mette.k@skov.example', 'mettek@skov.example', ''])
    expect(fault({ email, email_verified: true })).toBe('no-match');
});

test('T77: claims that the configuration asks for must be there with their values', () => {
  const signed = { email: 'mette.k@skov.example', email_verified: true };
  const required = [{ name: 'acr', value: 'substantial' }];
  expect(fault({ ...signed, acr: 'substantial' }, required)).toBeUndefined();
  expect(fault({ ...signed, acr: ['low', 'substantial'] }, required)).toBeUndefined();
  for (const more of [{}, { acr: 'low' }]) expect(fault({ ...signed, ...more }, required)).toBe('too-weak');
});
