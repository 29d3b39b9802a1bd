import { isIPv6 } from 'node:net';

const group = (text: string): string => Number.parseInt(text, 16).toString(16);
const groupsOf = (text = ''): string[] => text.split(':').filter(Boolean).map(group);

/**
 * What a client is counted by: its IPv4 address, or the /64 that its IPv6 address is in. A line has a whole /64, so that one machine could
 * come from another address each time (T18).
 */
export const networkOf = (address: string): string => {
  if (!isIPv6(address)) return address;
  const mapped = /[\d.]+$/.exec(address)?.[0] ?? '';
  if (mapped.includes('.')) return mapped;
  const [head, tail] = address.split('%')[0]?.split('::') ?? [];
  const [first, last] = [groupsOf(head), groupsOf(tail)];
  const between = Array.from({ length: 8 - first.length - last.length }, () => '0');
  return `${[...first, ...between, ...last].slice(0, 4).join(':')}::/64`;
};
