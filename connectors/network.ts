import { lookup } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const subnets = (...texts: readonly string[]): BlockList => {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', prefix] = text.split('/');
    list.addSubnet(address, Number(prefix), isIP(address) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
};

// IANA's special-purpose registries. Of IPv6 only global unicast is public, less the parts that lead elsewhere.
const special4 = subnets(
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.0.0.0/24'],
  ...['192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24', '203.0.113.0/24'],
  ...['224.0.0.0/4', '240.0.0.0/4'],
);
const special6 = subnets('2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20');
const global6 = subnets('2000::/3');
const loopback = subnets('127.0.0.0/8', '::1/128');

const family = (address: string) => (isIP(address) === 6 ? 'ipv6' : 'ipv4');

const isPublic = (address: string): boolean =>
  isIP(address) === 4
    ? !special4.check(address)
    : isIP(address) === 6 && global6.check(address, 'ipv6') && !special6.check(address, 'ipv6');

/** Whether a host is this machine, by name or address. */
export const isLoopback = (host: string): boolean =>
  host === 'localhost' || (isIP(host) !== 0 && loopback.check(host, family(host)));

/** Whether a connector may connect to an address: a public one, or this machine where that is allowed. */
export const isAllowed = (address: string, allowLoopback: boolean): boolean =>
  isPublic(address) || (allowLoopback && isLoopback(address));

/**
 * Resolves names as Node does and refuses them when any address is not allowed. Node connects to what this answers, so that a name
 * cannot resolve to something else between the check and the connection.
 */
export const guardedLookup =
  (allowLoopback: boolean): LookupFunction =>
  (host, options, answer) =>
    lookup(host, { ...options, all: true }, (error, addresses) => {
      if (error) return answer(error, '', 0);
      const refused = addresses.some(({ address }) => !isAllowed(address, allowLoopback));
      if (refused) return answer(new AddressRefused(), '', 0);
      const [first] = addresses;
      return options.all ? answer(null, addresses) : answer(null, first?.address ?? '', first?.family);
    });

/** A host's name or address leads to a private or special network. */
export class AddressRefused extends Error {
  override readonly name = 'AddressRefused';
  constructor() {
    super('the host resolves to an address that is not public');
  }
}
