/** Decides which addresses a callback may connect to, and makes sure that the checked address is the one connected to. */
import { type LookupAddress, lookup as resolve } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

/** Credentials lie behind these (instance metadata, container credentials, link-local neighbours): no setting opens them. */
const FORBIDDEN_RANGES = ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/64'];

/** What is not the public internet: IANA's special-purpose registries (RFC 6890), multicast, and IPv6 that carries IPv4 inside. */
const NON_PUBLIC_RANGES = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '::/96',
  '64:ff9b::/96',
  '64:ff9b:1::/48',
  '100::/64',
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
  '5f00::/16',
  'fc00::/7',
  'fec0::/10',
  'ff00::/8',
];

export class AddressGuard {
  readonly #forbidden = blockList(FORBIDDEN_RANGES);
  readonly #nonPublic = blockList(NON_PUBLIC_RANGES);
  readonly #allowHosts: ReadonlySet<string>;

  /** @param allowHosts hosts, as they stand in URLs, that may be private or loopback */
  constructor(allowHosts: readonly string[]) {
    this.#allowHosts = new Set(allowHosts.map((host) => host.toLowerCase()));
  }

  /** Refuses a URL that names a refused address itself: those are connected to without a look-up. */
  refuseLiteral({ hostname }: URL): void {
    const address = hostname.replace(/^\[|\]$/g, '');
    if (isIP(address) !== 0) this.#refuse(address, hostname);
  }

  /** A look-up for connections to the URL's host that fails if any of its addresses is refused. */
  lookupFor({ hostname }: URL): LookupFunction {
    return (name, options, callback) => {
      resolve(name, { ...options, all: true }, (error, addresses) => {
        if (error !== null) return callback(error, '', 0);
        try {
          for (const { address } of addresses) this.#refuse(address, hostname);
        } catch (refusal) {
          return callback(refusal as Error, '', 0);
        }
        answerLookup(addresses, options.all === true, callback);
      });
    };
  }

  #refuse(address: string, host: string): void {
    const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (this.#forbidden.check(address, family)) {
      throw new Error(`${host} leads to ${address}, an address callbacks may never reach`);
    }
    if (this.#nonPublic.check(address, family) && !this.#allowHosts.has(host)) {
      throw new Error(
        `${host} leads to ${address}, which is not public: add the host to CALLBACK_ALLOW_HOSTS`,
      );
    }
  }
}

function answerLookup(
  addresses: LookupAddress[],
  all: boolean,
  callback: Parameters<LookupFunction>[2],
): void {
  const [first] = addresses;
  if (all) callback(null, addresses);
  else if (first === undefined) callback(new Error('the name has no address'), '', 0);
  else callback(null, first.address, first.family);
}

/** IPv4-mapped IPv6 addresses (::ffff:10.0.0.1) are checked by Node against the IPv4 ranges. */
function blockList(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', prefix] = range.split('/');
    list.addSubnet(network, Number(prefix), isIP(network) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}
