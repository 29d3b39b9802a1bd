import { describe, expect, test } from 'vitest';
import { guardedLookup, isAllowed } from '../../connectors/network.ts';

describe('addresses that a connector may call', () => {
  test.each(['93.184.216.34', '1.1.1.1', '172.32.0.1', '2a02:26f0::1', '2606:4700::1111'])(
    '%s is public',
    (address) => {
      expect(isAllowed(address, false)).toBe(true);
      expect(isAllowed(address, true)).toBe(true);
    },
  );

  test.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.168.0.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    'fe80::1',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '::ffff:10.0.0.1',
    '::ffff:a9fe:a9fe',
    '64:ff9b::10.0.0.1',
    '2001::1',
    '2002:a00:1::1',
    'no address',
    '',
  ])('%s is not, whatever is allowed', (address) => {
    expect(isAllowed(address, false)).toBe(false);
    expect(isAllowed(address, true)).toBe(false);
  });

  test.each(['127.0.0.1', '127.8.8.8', '::1'])('%s is this machine, where that is allowed', (address) => {
    expect(isAllowed(address, false)).toBe(false);
    expect(isAllowed(address, true)).toBe(true);
  });

  test('are judged when the name is resolved, so that it can not change before the connection', async () => {
    const resolved = (allowLoopback: boolean, all: boolean) =>
      new Promise((resolve) =>
        guardedLookup(allowLoopback)('localhost', { all, family: 4 }, (error, address) => resolve(error ?? address)),
      );
    expect(await resolved(false, true)).toMatchObject({ name: 'AddressRefused' });
    expect(await resolved(true, true)).toEqual([{ address: '127.0.0.1', family: 4 }]);
    expect(await resolved(true, false)).toBe('127.0.0.1');
  });
});
