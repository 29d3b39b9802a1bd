import { expect, test } from 'vitest';
import { networkOf } from '../../functions/lib/network.ts';

test('T18: every address of one IPv6 line is one client, however it is written, and an IPv4 address is itself', () => {
  const line = [
    '2001:db8:0:7::1',
    '2001:0DB8:0000:0007:ffff:ffff:ffff:ffff',
    '2001:db8:0:7:1:2:3:4',
    '2001:db8:0:7::%eth0',
  ];
  expect(new Set(line.map(networkOf))).toEqual(new Set(['2001:db8:0:7::/64']));
  expect(networkOf('2001:db8:0:8::1')).not.toBe(networkOf('2001:db8:0:7::1'));
  expect(networkOf('2001:db8::7')).toBe('2001:db8:0:0::/64');
  expect(networkOf('::1')).toBe('0:0:0:0::/64');
  expect(networkOf('203.0.113.9')).toBe('203.0.113.9');
  expect(networkOf('::ffff:203.0.113.9')).toBe('203.0.113.9');
  expect(networkOf('::ffff:203.0.113.8')).not.toBe(networkOf('::ffff:203.0.113.9'));
  for (const odd of ['', 'unknown', '1:2:3']) expect(networkOf(odd)).toBe(odd);
});
